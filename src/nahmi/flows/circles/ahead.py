# SPDX-License-Identifier: Apache-2.0
"""The next page of a log is fetched, and its signatures checked, while the one before is applied.

Three things take turns otherwise: the other node makes a page, signatures are checked, statements
are applied. A node that has a million of them to read does all three at once.
"""

from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future
from typing import Protocol

import msgspec

from nahmi.errors import NahmiError
from nahmi.partner.base64_texts import read_base64
from nahmi.partner.circles.roster import Roster
from nahmi.partner.ports.circle import Circle
from nahmi.partner.upstream import LogSource

Checked = Callable[[], Collection[int] | None]
"""Waits for what a check of signatures found; None when it found nothing out."""


class SignatureChecks(Protocol):
    """Checks the signatures of pages beside everything else."""

    def check(self, data: bytes, keys: Mapping[str, bytes]) -> Collection[int] | None:
        """See `nahmi.partner.checking.unchecked`; None when it could not be done."""
        ...


class _Page(msgspec.Struct, frozen=True):
    """A page that is on its way."""

    circle_id: str
    after: int
    limit: int
    data: "Future[bytes]"
    checked: "Future[Collection[int] | None] | None"


class PagesAhead:
    """Holds one page ahead. To be used by one thread a circle.

    Args:
        checks: Checks signatures; None for nobody.
        submit: Does something in another thread; None for never.
    """

    def __init__(
        self,
        *,
        checks: SignatureChecks | None,
        submit: "Callable[..., Future[object]] | None",
    ) -> None:
        self._checks = checks
        self._submit = submit
        self._next: dict[str, _Page] = {}

    def page(
        self, circle: Circle, upstream: LogSource, *, limit: int, wait_s: float
    ) -> tuple[bytes, Checked]:
        """The page after what is held of a circle.

        Args:
            circle: As it is now.
            upstream: Has the page, if it was not fetched ahead.
            limit: Statements at most.
            wait_s: How long it may wait when there is nothing new.

        Raises:
            PartnerError: As `LogSource`.
            WireError: As `LogSource`.
        """
        ready = self._next.pop(circle.circle_id, None)
        if ready is None or (ready.after, ready.limit) != (circle.size, limit):
            return upstream.page(after=circle.size, limit=limit, wait_s=wait_s), _unknown
        checked = ready.checked
        return ready.data.result(), _unknown if checked is None else checked.result

    def prepare(self, circle: Circle, taken: int, upstream: LogSource, *, limit: int) -> None:
        """Fetch the page after the next ones that are being applied.

        Args:
            circle: As it was before these.
            taken: How many they are.
            upstream: Has the page.
            limit: Statements at most.
        """
        if self._submit is None:
            return
        after = circle.size + taken
        data = self._submit(upstream.page, after=after, limit=limit, wait_s=0.0)
        checked = None
        if self._checks is not None:
            checked = self._submit(_check, self._checks, data, _keys(circle.roster.roster))
        self._next[circle.circle_id] = _Page(circle.circle_id, after, limit, data, checked)  # type: ignore[arg-type]  # what is submitted says what comes


def _check(
    checks: SignatureChecks, data: "Future[bytes]", keys: Mapping[str, bytes]
) -> Collection[int] | None:
    try:
        return checks.check(data.result(), keys)
    except NahmiError:
        return None  # whoever reads the page meets the same


def _keys(roster: Roster) -> dict[str, bytes]:
    return {
        key.kid: read_base64(key.public) or b"" for member in roster.members for key in member.keys
    }


def _unknown() -> None:
    return None
