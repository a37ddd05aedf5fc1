# SPDX-License-Identifier: Apache-2.0
"""Opens exchanges that nahmi itself speaks with, and tells them of our opinions."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from nahmi.errors import ErrorCode, InputError, NahmiError
from nahmi.operate.delivery import Delivery, Outcome
from nahmi.operate.exchange_settings import DirectExchangeSettings
from nahmi.operate.exchanges import ExchangeSession
from nahmi.operate.opinions import LONGEST_REASON, Saying
from nahmi.wire.call import Caller
from nahmi.wire.exchanges.kind import Kind, Opened
from nahmi.wire.exchanges.registry import address_of, kind_of, options_of
from nahmi.wire.exchanges.talk import PAUSES_S, Talk


class DirectExchanges:
    """`ExchangeSource` and `OpinionSender` of exchanges that nahmi itself speaks with.

    Args:
        known: The signal types that the node has.
        clock: The current moment, UTC.
        caller: How to call.
        pauses_s: Before each further try of what only reads.
    """

    def __init__(
        self,
        *,
        known: Callable[[], Sequence[str]],
        clock: Callable[[], datetime],
        caller: Caller | None = None,
        pauses_s: tuple[float, ...] = PAUSES_S,
    ) -> None:
        self._known = known
        self._clock = clock
        self._caller = caller
        self._pauses_s = pauses_s

    @contextmanager
    def session(
        self, exchange: DirectExchangeSettings, go_on: Callable[[], bool]
    ) -> Iterator[ExchangeSession]:
        """See `ExchangeSource.session`."""
        kind = kind_of(exchange)
        yield kind.session(self._opened(exchange, kind, go_on))

    def check(self, exchange: DirectExchangeSettings, *, agrees: bool, reason: str) -> None:
        """See `OpinionSender.check`."""
        kind = kind_of(exchange)
        if not kind.takes_opinions:
            raise _unsayable("This exchange takes no opinions.")
        if reason and agrees:
            raise _unsayable("A reason is for disagreement.")
        if kind.needs_reason and not agrees and not reason:
            raise _unsayable("This exchange wants to know the reason of a disagreement.")
        if len(reason) > LONGEST_REASON or not (reason.isprintable()):
            raise _unsayable("The reason is too long or no plain text.")

    def send(self, exchange: DirectExchangeSettings, saying: Saying) -> Delivery:
        """See `OpinionSender.send`."""
        kind = kind_of(exchange)
        try:
            return kind.say(self._opened(exchange, kind, lambda: True), saying)
        except NahmiError as error:
            is_final = error.code in {ErrorCode.EXCHANGE_REFUSED, ErrorCode.FETCH_REFUSED}
            outcome = Outcome.REFUSED if is_final else Outcome.FAILED
            return Delivery(outcome=outcome, error=error.detail)

    def _opened(
        self, exchange: DirectExchangeSettings, kind: Kind, go_on: Callable[[], bool]
    ) -> Opened:
        options = options_of(exchange, kind)
        talk = Talk(
            address_of(exchange, kind, options),
            internal=exchange.internal,
            seconds=exchange.seconds,
            go_on=go_on,
            caller=self._caller,
            pauses_s=self._pauses_s,
        )
        return Opened(
            talk=talk,
            options=options,
            credentials=kind.credentials(_secret(exchange)),
            known=self._known(),
            clock=self._clock,
        )


def _secret(exchange: DirectExchangeSettings) -> str:
    """The text that the node signs in with; empty when the operator named none."""
    if exchange.credentials_env:
        found = os.environ.get(exchange.credentials_env)
        if found is None:
            raise _missing("The environment variable with the credentials of an exchange is unset.")
        return found.strip()
    if not exchange.credentials_file:
        return ""
    try:
        return Path(exchange.credentials_file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise _missing("The file with the credentials of an exchange cannot be read.") from None


def _missing(detail: str) -> InputError:
    return InputError(
        ErrorCode.FILE_UNREADABLE,
        detail,
        hint="See credentials_file and credentials_env in node.toml.",
    )


def _unsayable(detail: str) -> InputError:
    return InputError(
        ErrorCode.INPUT_INVALID, detail, hint="docs/how-to/connect-exchanges.md says what is taken."
    )
