# SPDX-License-Identifier: Apache-2.0
"""Exchanges as receivers of our opinions."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from nahmi.operate.delivery import Delivery, Outcome
from nahmi.operate.exchange_settings import DirectExchangeSettings
from nahmi.operate.exchanges import Exchange, ExchangeStore
from nahmi.operate.opinions import (
    OPINION_KIND,
    OpinionMessage,
    OpinionSender,
    Saying,
    topic_of,
)
from nahmi.operate.outbox import Message


class Waiting(Protocol):
    """The part of `OutboxStore` that receivers need."""

    def has_later(self, message: Message, beginning: str) -> bool:
        """See `OutboxStore.has_later`."""
        ...


class ExchangeReceivers:
    """Exchanges as receivers of our opinions; see `nahmi.flows.deliver.Receivers`.

    Args:
        settings: What the operator set.
        store: What is known of exchanges.
        sender: Tells exchanges.
        outbox: Where messages wait.
    """

    kind = OPINION_KIND

    def __init__(
        self,
        settings: Sequence[DirectExchangeSettings],
        store: ExchangeStore,
        sender: OpinionSender,
        outbox: Waiting,
    ) -> None:
        self._settings = {one.name: one for one in settings}
        self._store = store
        self._sender = sender
        self._outbox = outbox

    def open(self) -> Collection[int]:
        """See `Receivers.open`; those that are in node.toml."""
        known = self._store.exchanges()
        return {one.exchange_id for one in known if one.name in self._settings}

    def find(self, target_id: int) -> Exchange | None:
        """See `Receivers.find`."""
        known = self._store.exchanges()
        return next(
            (one for one in known if one.exchange_id == target_id and one.name in self._settings),
            None,
        )

    def send(self, to: Exchange, message: Message, *, now: datetime) -> Delivery:
        """See `Receivers.send`; what the exchange says no to is not tried again."""
        del now
        try:
            said = OpinionMessage.read(message.body)
        except msgspec.MsgspecError:
            return Delivery(outcome=Outcome.REFUSED, error="The message cannot be read.")
        if self._outbox.has_later(message, topic_of(said.record, said.signal)):
            # What was said later counts. Sent after it, this one would be taken for the last word.
            return Delivery(outcome=Outcome.DELIVERED)
        shared = self._store.shared_as(to.exchange_id, said.record, said.signal)
        if shared is None:
            return Delivery(
                outcome=Outcome.REFUSED, error="The exchange does not share the signal any more."
            )
        saying = Saying(shared=shared, agrees=said.agrees, reason=said.reason)
        return self._sender.send(self._settings[to.name], saying)

    def gone(self, to: Exchange) -> None:
        """See `Receivers.gone`; an exchange that wants nothing more now may do so tomorrow."""
        del to
