# SPDX-License-Identifier: Apache-2.0
"""We tell exchanges what we think of what they share.

An opinion is put into the outbox in the transaction that puts it on record, so that neither is
without the other. It leaves when the node delivers, once for each record that asserts the signal.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from nahmi.access.identity import Principal
from nahmi.core.bank import Entry
from nahmi.core.signal import Signal
from nahmi.errors import ErrorCode, InputError
from nahmi.flows.ledger import Ledger, Transaction
from nahmi.operate.exchange_settings import AnyExchangeSettings, DirectExchangeSettings
from nahmi.operate.exchanges import Exchange, ExchangeStore
from nahmi.operate.opinions import OPINION_KIND, OpinionMessage, OpinionSender, topic_of
from nahmi.operate.outbox import NewMessage
from nahmi.protect.shared import PROVENANCE
from nahmi.protect.signals.registry import signal_types


class Outgoing(Protocol):
    """The part of `OutboxStore` that is needed here."""

    def put(
        self, messages: Sequence[NewMessage], *, now: datetime, within: Transaction = None
    ) -> int:
        """See `OutboxStore.put`."""
        ...


class Entries(Protocol):
    """The part of `BankReader` that is needed here."""

    def entry(self, entry_id: int, *, member_id: int | None = None) -> Entry:
        """See `BankReader.entry`."""
        ...


class Opining:
    """Takes our opinions. Safe to share between threads.

    Args:
        settings: What the operator set.
        store: What is known of exchanges.
        entries: The entries of banks.
        sender: Tells exchanges.
        outbox: Where messages wait.
        ledger: Puts what is done on record.
        make_id: A new name for a message.
    """

    def __init__(  # noqa: PLR0913 - each is a part of its own
        self,
        settings: Sequence[AnyExchangeSettings],
        *,
        store: ExchangeStore,
        entries: Entries,
        sender: OpinionSender,
        outbox: Outgoing,
        ledger: Ledger,
        make_id: Callable[[], str],
    ) -> None:
        self._settings = {one.name: one for one in settings}
        self._store = store
        self._entries = entries
        self._sender = sender
        self._outbox = outbox
        self._ledger = ledger
        self._make_id = make_id

    def say(
        self,
        principal: Principal,
        name: str,
        what: int | Signal,
        *,
        agrees: bool,
        reason: str = "",
    ) -> int:
        """Tell an exchange that we agree or disagree; how many of its records that concerns.

        Args:
            principal: Who says it.
            name: The exchange.
            what: An entry that came from it, or a signal that it shares.
            agrees: Agreement or disagreement.
            reason: Why we disagree, as the exchange names its reasons.

        Raises:
            InputError: EXCHANGE_MISSING. INPUT_INVALID: it takes no such opinion, or does not share
                that.
            StoreError: ENTRY_MISSING.
        """
        settings, exchange = self._settings.get(name), self._store.exchange(name)
        if settings is None or exchange is None:
            raise InputError(
                ErrorCode.EXCHANGE_MISSING,
                "There is no such exchange, or nothing was fetched from it.",
                hint="`nahmi exchange list` shows those that there are.",
            )
        if not isinstance(settings, DirectExchangeSettings):
            raise _unsayable("Exchanges that are plug-ins take no opinions.")
        self._sender.check(settings, agrees=agrees, reason=reason)
        signal = self._signal(principal, name, what)
        with self._ledger.change(
            principal, "exchange:say", f"exchange:{exchange.exchange_id}"
        ) as change:
            messages = self._messages(principal, exchange, signal, agrees=agrees, reason=reason)
            if not messages:
                raise _unsayable("The exchange does not share this signal.")
            self._outbox.put(messages, now=change.now, within=change.transaction)
            change.detail |= {"agrees": agrees, "records": len(messages)}
            if isinstance(what, int):
                change.detail["entry"] = what
        return len(messages)

    def _signal(self, principal: Principal, name: str, what: int | Signal) -> Signal:
        if isinstance(what, Signal):
            value = signal_types().get(what.signal_type).validate(what.value)
            return Signal(what.signal_type, value)
        draft = self._entries.entry(what, member_id=principal.member_id).draft
        if draft.provenance != f"{PROVENANCE}{name}":
            raise _unsayable("The entry did not come from this exchange.")
        return draft.signal

    def _messages(
        self, principal: Principal, exchange: Exchange, signal: Signal, *, agrees: bool, reason: str
    ) -> list[NewMessage]:
        said = self._make_id()
        return [
            NewMessage(
                member_id=principal.member_id,
                kind=OPINION_KIND,
                target_id=exchange.exchange_id,
                body=OpinionMessage(
                    record=one.record, signal=one.digest, agrees=agrees, reason=reason
                ).write(),
                idempotency_key=f"{topic_of(one.record, one.digest)}{said}",
            )
            for one in self._store.shared(exchange.exchange_id, signal)
        ]


def _unsayable(detail: str) -> InputError:
    return InputError(
        ErrorCode.INPUT_INVALID, detail, hint="`nahmi exchange list` shows the exchanges."
    )
