# SPDX-License-Identifier: Apache-2.0
"""Content is fetched by URL, from hosts that the operator named and from no others.

1. Without a rule nothing is fetched.
2. The URL is read strictly, and a rule must cover its scheme, host and port.
3. The name is looked up once, and every address judged; only those are connected to.
4. Redirects are followed on the same scheme, host and port only, thus to the same addresses.
5. The body is counted while it arrives, into a file without a name.
6. One deadline is over all of it.
"""

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import BinaryIO, Final

import msgspec

from nahmi.errors import ErrorCode, InputError, WireError
from nahmi.wire.call import Answer, Caller
from nahmi.wire.deadline import Deadline
from nahmi.wire.hosts import HostRule, rule_for
from nahmi.wire.resolving import Address
from nahmi.wire.target import Target, follow, parse_target

_OK: Final = 200
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_PLAIN: Final = frozenset({"", "identity"})


class FetchLimits(msgspec.Struct, frozen=True, kw_only=True):
    """What one fetch may take.

    Attributes:
        size_bytes: Longest body.
        seconds: From the look-up of the name to the last byte.
        redirects: Most redirects that are followed.
    """

    size_bytes: int = 100 << 20
    seconds: float = 20.0
    redirects: int = 3


class Fetcher:
    """Fetches content; safe to use from many threads.

    Args:
        rules: The hosts that the operator named; none switches fetching off.
        limits: What one fetch may take.
        caller: How to call.
    """

    def __init__(
        self,
        rules: Sequence[HostRule],
        *,
        limits: FetchLimits | None = None,
        caller: Caller | None = None,
    ) -> None:
        self._rules = tuple(rules)
        self._limits = limits or FetchLimits()
        self._caller = caller or Caller()

    @contextmanager
    def fetch(self, url: str) -> Iterator[BinaryIO]:
        """What a URL holds, for as long as the context lasts; then nothing of it is left.

        Args:
            url: Read strictly, as `parse_target` says.

        Returns:
            The content in a file without a name, at its start.

        Raises:
            InputError: INPUT_INVALID: the URL is malformed.
            WireError: FETCH_DISABLED, FETCH_REFUSED, FETCH_FAILED, FETCH_TOO_LARGE or
                FETCH_TIMEOUT. No text holds the URL or a part of it.
        """
        if not self._rules:
            raise WireError(
                ErrorCode.FETCH_DISABLED,
                "Fetching by URL is off.",
                hint="Send the content itself.",
            )
        target = parse_target(url)
        rule = rule_for(target, self._rules)
        if rule is None:
            raise WireError(ErrorCode.FETCH_REFUSED, "The host is not on the operator's list.")
        deadline = Deadline(self._limits.seconds)
        addresses = self._caller.pin(target, rule, deadline)
        with _unnamed_file() as file:
            self._fill(file, target, addresses, deadline)
            file.seek(0)
            yield file

    def _fill(
        self, file: BinaryIO, target: Target, addresses: list[Address], deadline: Deadline
    ) -> None:
        for _ in range(self._limits.redirects + 1):
            with self._caller.call(target, addresses, deadline) as answer:
                if answer.status not in _REDIRECTS:
                    self._read(answer, file)
                    return
                target = _next(target, answer)
        raise WireError(ErrorCode.FETCH_FAILED, "The host redirects too often.")

    def _read(self, answer: Answer, file: BinaryIO) -> None:
        if answer.status != _OK:
            raise WireError(
                ErrorCode.FETCH_FAILED, f"The host answered with status {answer.status}."
            )
        if answer.header("content-encoding").strip().lower() not in _PLAIN:
            raise WireError(
                ErrorCode.FETCH_FAILED, "The host compressed its answer although asked not to."
            )
        # The announced length may be a lie, but one that is too large is not worth reading.
        announced = answer.header("content-length")
        total = 0
        if announced.isdecimal() and int(announced) > self._limits.size_bytes:
            raise self._too_large()
        for part in answer.parts():
            total += len(part)
            if total > self._limits.size_bytes:
                raise self._too_large()
            file.write(part)

    def _too_large(self) -> WireError:
        return WireError(
            ErrorCode.FETCH_TOO_LARGE,
            f"The URL holds more than {self._limits.size_bytes} bytes.",
        )


def _next(target: Target, answer: Answer) -> Target:
    try:
        following = follow(target, answer.header("location"))
    except InputError:
        following = None
    if following is None or following.origin != target.origin:
        raise WireError(ErrorCode.FETCH_REFUSED, "The host redirects to another place.")
    return following


def _unnamed_file() -> BinaryIO:
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("fetched"), "w+b")
    return tempfile.TemporaryFile()
