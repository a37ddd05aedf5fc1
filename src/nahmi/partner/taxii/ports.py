# SPDX-License-Identifier: Apache-2.0
"""What a view of circles' logs needs of a store."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from nahmi.core.bank import Category
from nahmi.core.signal import Signal
from nahmi.partner.circles.roster import Roster
from nahmi.partner.ports.circle import Transaction
from nahmi.partner.ports.log import Logged
from nahmi.partner.stix.versions import Version
from nahmi.partner.taxii.filters import Versions


class View(msgspec.Struct, frozen=True):
    """How far a circle's log is prepared to be read as objects.

    Attributes:
        size: How many of its statements.
        front: The roster that comes before the log.
    """

    size: int
    front: Roster


class Range(msgspec.Struct, frozen=True, kw_only=True):
    """Which statements are wanted.

    Attributes:
        number: The circle's.
        start: The place of the first that may be.
        end: The place after the last that may be.
        later_than_us: Only those that are later in the log.
        types: Of objects; None for all.
        category: Only what is shown in it; None for everything.
        versions: Which versions; of some moments all are given, for only their text tells.
        has_destroyed: Also those whose text was destroyed.
    """

    number: int
    start: int
    end: int
    later_than_us: int
    types: frozenset[str] | None
    category: Category | None
    versions: Versions
    has_destroyed: bool = False


class ViewStore(Protocol):
    """Keeps what makes a log readable as objects."""

    def view(self, number: int, *, within: Transaction = None) -> View | None:
        """How far a circle is prepared; None when nobody has asked for its objects so far."""
        ...

    def viewed(self) -> Sequence[int]:
        """The numbers of circles whose objects were ever asked for."""
        ...

    def begin(self, number: int, front: Roster, *, within: Transaction) -> View:
        """Prepare a circle from now on; the present view where there is one.

        Nobody else prepares it until the transaction ends.
        """
        ...

    def versions_at(
        self, number: int, seqs: Collection[int], *, within: Transaction = None
    ) -> dict[int, Version]:
        """Versions that are not what their statements alone would make of them, by place."""
        ...

    def categories_at(
        self, number: int, seqs: Collection[int], *, within: Transaction = None
    ) -> dict[int, frozenset[Category]]:
        """In which categories statements are shown, by place; none for those in no category."""
        ...

    def add(
        self,
        number: int,
        versions: Sequence[Version],
        shown: Mapping[int, tuple[str, frozenset[Category]]],
        *,
        size: int,
        within: Transaction,
    ) -> None:
        """Prepare more statements.

        Args:
            number: The circle's.
            versions: Those that follow another one, or have a name of their own.
            shown: The type and categories of the objects, by place.
            size: How many statements are prepared with these.
            within: The transaction.
        """
        ...

    def rosters(self, number: int, *, after: int, end: int) -> Sequence[tuple[int, int, Roster]]:
        """Rosters in a part of the log: the place, moment and text of each."""
        ...

    def first_us(self, number: int) -> int | None:
        """The moment of the log's first statement."""
        ...

    def page(self, wanted: Range, limit: int) -> Sequence[Logged]:
        """The first statements of a range."""
        ...

    def of_objects(self, wanted: Range, ids: Collection[tuple[str, bytes]]) -> Sequence[Logged]:
        """All statements of some objects in a range that were not destroyed, in their order.

        Args:
            wanted: The range; its types and versions do not count.
            ids: Type and 16 bytes of the id of each.
        """
        ...

    def texts(self, number: int, seqs: Collection[int]) -> dict[int, bytes]:
        """The texts of statements that were not destroyed, by place."""
        ...

    def replaced(self, number: int, seqs: Collection[int]) -> frozenset[int]:
        """Which places have a version that a later one replaces."""
        ...

    def lives(
        self, number: int, assertions: Collection[bytes]
    ) -> dict[bytes, Sequence[tuple[int, bytes]]]:
        """As which objects assertions are shown, where that is not under their own ids alone.

        Args:
            number: The circle's.
            assertions: 16 bytes of the id of each.

        Returns:
            By assertion: from which place on, and 16 bytes of the object's id, ascending.
        """
        ...

    def about(self, number: int, name: bytes) -> bytes | None:
        """Which assertion an object is.

        Args:
            number: The circle's.
            name: 16 bytes of the object's id.

        Returns:
            16 bytes of the assertion's id; None where both have one id, or there is none.
        """
        ...

    def signal(self, number: int, assertion: bytes) -> tuple[str, Signal] | None:
        """Who asserts, and of which signal; None when it was redacted, or there is none."""
        ...

    def orgs(self, number: int, assertions: Collection[bytes]) -> dict[bytes, str]:
        """Whose assertions are, by 16 bytes of their ids."""
        ...


class StatusStore(Protocol):
    """Keeps what became of objects that were handed in."""

    def put(
        self, member_id: int, circle_id: str, status_id: str, body: bytes, *, now: datetime
    ) -> None:
        """Keep the status of a request."""
        ...

    def status(self, member_id: int, circle_id: str, status_id: str) -> bytes | None:
        """One of them; None when there is none, or it was of another member or circle."""
        ...

    def outcomes(
        self, number: int, about: Collection[bytes], *, since_us: int
    ) -> dict[bytes, str | None]:
        """What became of statements that were sent on their way.

        Args:
            number: The circle's.
            about: 16 bytes of the id of each.
            since_us: Only what was sent from this moment on, microseconds since 1970.

        Returns:
            Why the newest of each was not taken; None while it waits; nothing of what was taken.
        """
        ...

    def forget(self, *, before: datetime) -> int:
        """Forget those that were made before a moment; how many."""
        ...
