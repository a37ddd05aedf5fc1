# SPDX-License-Identifier: Apache-2.0
"""Calls to one exchange: to its own host alone, patient when it reads, never twice when it writes.

1. Only addresses of the host that the operator set are called, whatever the exchange says, and no
   redirect is followed.
2. What only reads is tried again when there is no answer, a passing fault, or one that cannot be
   read, such as JSON that was cut off. What writes is sent once: its outbox tries again.
3. Whoever waits is asked all the time whether to go on.
4. No error quotes an address, a header or what the exchange said: all may hold secrets or hashes.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeVar

import msgspec

from nahmi.errors import ErrorCode, WireError
from nahmi.wire.call import Answer, Caller
from nahmi.wire.deadline import Deadline
from nahmi.wire.exchanges.attending import attended, rest
from nahmi.wire.exchanges.moments import read_date
from nahmi.wire.hosts import HostRule
from nahmi.wire.target import Target, parse_target

PAUSES_S: Final = (0.2, 0.4, 0.8, 1.6)
"""Before each further try of what only reads."""

MOST_BYTES: Final = 128 << 20
"""Longest answer."""

_OK: Final = frozenset({200})
PASSING: Final = frozenset({429, 500, 502, 503, 504})
"""Statuses of faults that pass."""

_AGAIN: Final = frozenset(
    {ErrorCode.FETCH_FAILED, ErrorCode.FETCH_TIMEOUT, ErrorCode.EXCHANGE_MALFORMED}
)

_Read = TypeVar("_Read")


class Reply(msgspec.Struct, frozen=True):
    """What an exchange answered.

    Attributes:
        status: Its number.
        body: Its bytes.
        retry_after: The header of that name.
        headers: Those that were wanted, by their names in lower case; empty where they are missing.
    """

    status: int
    body: bytes
    retry_after: str = ""
    headers: Mapping[str, str] = {}

    def __repr__(self) -> str:
        return f"Reply(status={self.status}, body=<withheld>)"


class Talk:
    """A conversation with one exchange.

    Args:
        base_url: Where it is, without a slash at the end.
        internal: It may be on this machine or in a private network.
        seconds: How long one call may take.
        go_on: Asked several times a second while the exchange is waited for.
        caller: How to call.
        pauses_s: See `PAUSES_S`.

    Raises:
        InputError: INPUT_INVALID: the address is malformed.
    """

    def __init__(  # noqa: PLR0913 - each is a part of its own
        self,
        base_url: str,
        *,
        internal: bool = False,
        seconds: float = 60,
        go_on: Callable[[], bool] = lambda: True,
        caller: Caller | None = None,
        pauses_s: tuple[float, ...] = PAUSES_S,
    ) -> None:
        target = parse_target(base_url)
        self.base_url = base_url.rstrip("/")
        self._rule = HostRule(
            scheme=target.scheme, host=target.host, port=target.port, is_internal=internal
        )
        self._seconds = seconds
        self._go_on = go_on
        self._caller = caller or Caller()
        self._pauses_s = pauses_s
        self._heard_s: int | None = None

    def no_later(self, seconds: int) -> int:
        """A moment, but none that the exchange has not reached by its own clock.

        Whoever asks up to a moment that lies ahead there misses what is shared until then, and a
        clock of ours that is ahead is easily overlooked.

        Args:
            seconds: Since 1970.
        """
        return seconds if self._heard_s is None else min(seconds, self._heard_s)

    def read(
        self,
        url: str,
        read: Callable[[bytes], _Read],
        *,
        headers: Mapping[str, str] | None = None,
        is_passing: Callable[[Reply], bool] | None = None,
    ) -> _Read:
        """What an address holds, read.

        Args:
            url: A whole address at the exchange's own host.
            read: Makes something of the body, or raises EXCHANGE_MALFORMED.
            headers: To send.
            is_passing: Whether an answer that says no may be another one later; `may_pass` unless
                the exchange says it in another way.

        Raises:
            WireError: FETCH_REFUSED: the address leads elsewhere. EXCHANGE_REFUSED,
                EXCHANGE_MALFORMED, FETCH_FAILED, FETCH_TIMEOUT or FETCH_TOO_LARGE.
        """
        return self.read_reply(
            url, lambda reply: read(reply.body), headers=headers, is_passing=is_passing
        )

    def read_reply(  # noqa: PLR0913 - each is a fact of its own
        self,
        url: str,
        read: Callable[[Reply], _Read],
        *,
        headers: Mapping[str, str] | None = None,
        is_passing: Callable[[Reply], bool] | None = None,
        wanted: Sequence[str] = (),
        is_once: bool = False,
    ) -> _Read:
        """As `read`, with headers of the answer.

        Args:
            url: A whole address at the exchange's own host.
            read: Makes something of the answer, or raises EXCHANGE_MALFORMED.
            headers: To send.
            is_passing: See `read`.
            wanted: Names of headers of the answer, in lower case.
            is_once: To ask twice is not to be given the same twice, so it is asked once.

        Raises:
            WireError: As `read`.
        """

        def once() -> _Read:
            reply = self.send("GET", url, headers=headers, wanted=wanted)
            if reply.status not in _OK:
                raise no(reply.status, is_passing=(is_passing or may_pass)(reply))
            return read(reply)

        for pause in () if is_once else self._pauses_s:
            try:
                return once()
            except WireError as error:
                if error.code not in _AGAIN:
                    raise
                rest(pause, self._go_on)
        return once()

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        wanted: Sequence[str] = (),
    ) -> Reply:
        """One call, once, whatever comes of it.

        Args:
            method: Such as POST.
            url: A whole address at the exchange's own host.
            headers: To send.
            body: To send.
            wanted: Names of headers of the answer, in lower case.

        Raises:
            WireError: FETCH_REFUSED, FETCH_FAILED, FETCH_TIMEOUT or FETCH_TOO_LARGE.
        """
        target = self._target(url)
        return attended(lambda: self._call(target, method, headers, body, wanted), self._go_on)

    def _target(self, url: str) -> Target:
        target = parse_target(url)
        if not self._rule.covers(target):
            raise WireError(ErrorCode.FETCH_REFUSED, "The exchange leads to another host.")
        return target

    def _call(
        self,
        target: Target,
        method: str,
        headers: Mapping[str, str] | None,
        body: bytes | None,
        wanted: Sequence[str],
    ) -> Reply:
        deadline = Deadline(self._seconds)
        addresses = self._caller.pin(target, self._rule, deadline)
        with self._caller.call(
            target, addresses, deadline, method=method, headers=headers, body=body
        ) as answer:
            self._heard_s = read_date(answer.header("date"))
            found = {name: answer.header(name) for name in wanted}
            return Reply(answer.status, _whole(answer), answer.header("retry-after"), found)


def may_pass(reply: Reply) -> bool:
    """Whether an answer that says no may be another one later, by its status.

    Args:
        reply: As it came.
    """
    return reply.status in PASSING


def no(status: int, *, is_passing: bool) -> WireError:
    """The error of an answer that says no; EXCHANGE_REFUSED unless it may pass.

    Args:
        status: Of the answer.
        is_passing: It may pass.
    """
    return WireError(
        ErrorCode.FETCH_FAILED if is_passing else ErrorCode.EXCHANGE_REFUSED,
        f"The exchange answered with status {status}.",
        hint="" if is_passing else "Look at its credentials and options in node.toml.",
    )


def malformed(what: str) -> WireError:
    """The error of an answer that cannot be read.

    Args:
        what: Which answer, in words of our own.
    """
    return WireError(ErrorCode.EXCHANGE_MALFORMED, f"The exchange sent {what} that cannot be read.")


def _whole(answer: Answer) -> bytes:
    body = bytearray()
    for part in answer.parts():
        body += part
        if len(body) > MOST_BYTES:
            raise WireError(
                ErrorCode.FETCH_TOO_LARGE, f"The exchange sent more than {MOST_BYTES} bytes."
            )
    return bytes(body)
