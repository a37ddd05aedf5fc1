# SPDX-License-Identifier: Apache-2.0
"""A circle as STIX objects, page by page, for members' own systems.

1. The caller's member must take part in the circle here, and its organisation must be let read.
2. The log is prepared as far as a page needs.
3. What rosters add and what statements are is merged into one order of moments, none of which
   comes twice; a page is a stretch of it.
"""

from collections.abc import Iterable, Iterator, Sequence
from heapq import merge
from itertools import islice
from typing import Final

import msgspec

from nahmi.access.identity import Principal
from nahmi.core.bank import Category
from nahmi.errors import ErrorCode, PartnerError
from nahmi.flows.circles.viewing import STEP, Viewing, read_held, read_text
from nahmi.partner.circles.members import CircleRole
from nahmi.partner.naming import short_of
from nahmi.partner.ports.circle import Circle, Standing
from nahmi.partner.ports.log import CircleStore, Logged
from nahmi.partner.statements.kinds import (
    AnyStatement,
    Opinion,
    Redact,
    Retract,
    Sighting,
)
from nahmi.partner.stix.markings import marking_id
from nahmi.partner.stix.moments import read_moment
from nahmi.partner.stix.preface import Placed, Preface
from nahmi.partner.stix.versions import OBJECT_TYPES, Version, version_of
from nahmi.partner.stix.writing import Place, object_of
from nahmi.partner.taxii.filters import Asked
from nahmi.partner.taxii.matching import Candidate, matched
from nahmi.partner.taxii.matching import version_of as version_of_object
from nahmi.partner.taxii.ports import Range, View, ViewStore

AHEAD: Final = 10 * STEP
"""Statements that one request prepares at most, unless it would have nothing to show."""


class Page(msgspec.Struct, frozen=True):
    """A part of a collection.

    Attributes:
        objects: In their order.
        has_more: More follows, or may.
        end_us: The moment after which the next page begins.
    """

    objects: Sequence[Placed]
    has_more: bool
    end_us: int


class Objects:
    """Reads circles as objects.

    Args:
        circles: Has the circles.
        views: Has what makes their logs readable.
        viewing: Prepares them.
    """

    def __init__(self, *, circles: CircleStore, views: ViewStore, viewing: Viewing) -> None:
        self._circles = circles
        self._views = views
        self._viewing = viewing
        self._prefaces: dict[int, Preface] = {}

    def circles(self, principal: Principal) -> list[Circle]:
        """The circles that a principal's member reads here."""
        found = self._circles.circles(member_id=principal.member_id)
        return [circle for circle in found if is_readable(circle)]

    def circle(self, principal: Principal, circle_id: str) -> Circle:
        """One of them.

        Raises:
            PartnerError: CIRCLE_MISSING: there is none, or it is not the member's to read.
        """
        try:
            circle = self._circles.circle(circle_id)
        except PartnerError as error:
            raise _missing() from error
        if circle.member_id != principal.member_id or not is_readable(circle):
            raise _missing()
        return circle

    def page(self, circle: Circle, category: Category | None, asked: Asked) -> Page:
        """A part of a collection.

        Args:
            circle: As it is now.
            category: Of the collection; None for everything.
            asked: What is wanted; `after_us` says where it begins.

        Raises:
            StoreError: The store does not answer.
        """
        after = -1 if asked.after_us is None else asked.after_us
        while True:
            view = self._viewing.prepare(circle, most=AHEAD)
            if view is None or not asked.is_ours:
                return Page((), has_more=False, end_us=after)
            reading = _Reading(self._views, self._preface(circle, view), circle, view, category)
            objects = list(islice(reading.after(after, asked), asked.limit + 1))
            if reading.stopped_us is not None:
                return _stopped(objects, asked.limit, reading.stopped_us)
            is_whole = view.size >= circle.size
            if objects or is_whole:
                break
        shown = objects[: asked.limit]
        return Page(
            shown,
            has_more=len(objects) > asked.limit or not is_whole,
            end_us=shown[-1].added_us if shown else after,
        )

    def _preface(self, circle: Circle, view: View) -> Preface:
        """What rosters add, as far as the log is prepared."""
        found = self._prefaces.get(circle.number)
        if found is None:
            first_us = self._views.first_us(circle.number)
            found = Preface(view.front, first_us or 0)
        if found.size < view.size:
            # A copy, because other threads may be reading from the one that is there.
            found = found.copy()
            rosters = self._views.rosters(circle.number, after=found.size, end=view.size)
            found.extend(rosters, size=view.size)
            self._prefaces[circle.number] = found
        return found


def _stopped(objects: Sequence[Placed], limit: int, stopped_us: int) -> Page:
    """A page that ends where the search for what is rare was given up for now."""
    shown = [one for one in objects if one.added_us <= stopped_us]
    if len(shown) > limit:
        return Page(shown[:limit], has_more=True, end_us=shown[limit - 1].added_us)
    return Page(shown, has_more=True, end_us=stopped_us)


class _Reading:
    """One state of one collection.

    Attributes:
        stopped_us: The moment at which the search was given up for now; None when it was not.
    """

    def __init__(
        self,
        views: ViewStore,
        preface: Preface,
        circle: Circle,
        view: View,
        category: Category | None,
    ) -> None:
        self._views = views
        self._preface = preface
        self._circle = circle
        self._view = view
        self._category = category
        self.stopped_us: int | None = None
        roster = circle.roster.roster
        self._place = Place(
            circle=circle.circle_id,
            origin=roster.origin,
            marking=marking_id(roster.rules.marking),
        )

    def after(self, after_us: int, asked: Asked) -> Iterator[Placed]:
        """What is wanted and was added later than a moment."""
        return merge(
            self._from_rosters(after_us, asked),
            self._from_log(after_us, asked),
            key=lambda one: one.added_us,
        )

    def _from_rosters(self, after_us: int, asked: Asked) -> Iterator[Placed]:
        return (
            one
            for one in self._preface.after(after_us)
            if matched(
                Candidate(
                    placed=one,
                    moment_us=read_moment(version_of_object(one)) or 0,
                    is_first=self._preface.is_first(one),
                    is_last=self._preface.is_last(one),
                ),
                asked,
            )
        )

    def _from_log(self, after_us: int, asked: Asked) -> Iterator[Placed]:
        if asked.types is not None and not asked.types & set(OBJECT_TYPES):
            return iter(())
        start, later_than = self._preface.start(after_us)
        wanted = Range(
            number=self._circle.number,
            start=start,
            end=self._view.size,
            later_than_us=later_than,
            types=asked.types,
            category=self._category,
            versions=asked.versions,
        )
        if asked.ids is not None:
            return self._of_objects(wanted, asked)
        return self._pages(wanted, asked)

    def _of_objects(self, wanted: Range, asked: Asked) -> Iterator[Placed]:
        ids = [name for one in asked.ids or () if (name := _named(one)) is not None]
        return self._made(self._views.of_objects(wanted, ids), asked)

    def _pages(self, wanted: Range, asked: Asked) -> Iterator[Placed]:
        size, looked_at = asked.limit + 1, 0
        while rows := self._views.page(wanted, size):
            yield from self._made(rows, asked)
            looked_at += len(rows)
            if len(rows) < size:
                return
            if looked_at >= AHEAD:
                self.stopped_us = self._preface.added_us(rows[-1].seq, rows[-1].logged_us)
                return
            wanted = msgspec.structs.replace(wanted, start=rows[-1].seq + 1, later_than_us=-1)

    def _made(self, rows: Sequence[Logged], asked: Asked) -> Iterator[Placed]:
        """The objects that statements are, of those that are wanted."""
        number = self._circle.number
        said = {row.seq: one for row in rows if (one := read_held(row)) is not None}
        stored = [row.seq for row in rows if row.before_seq is not None or row.kind == "redact"]
        versions = self._views.versions_at(number, stored)
        for seq, one in said.items():
            if seq not in versions and (made := version_of(one, seq, None)) is not None:
                versions[seq] = made
        parts = _Parts(self._views, number, said, versions)
        replaced: frozenset[int] = frozenset()
        if _needs_last(asked):
            replaced = self._views.replaced(number, list(said))
        for row in rows:
            if row.seq not in versions:
                continue
            version = versions[row.seq]
            placed = Placed(
                self._preface.added_us(row.seq, row.logged_us),
                parts.object_of(row.seq, self._place),
            )
            candidate = Candidate(
                placed=placed,
                moment_us=version.modified_us,
                is_first=version.before is None,
                is_last=row.seq not in replaced,
            )
            if matched(candidate, asked):
                yield placed


class _Parts:
    """What the objects of some statements are made of."""

    def __init__(
        self,
        views: ViewStore,
        number: int,
        said: dict[int, AnyStatement],
        versions: dict[int, Version],
    ) -> None:
        self._said = said
        self._versions = versions
        sources = {versions[seq].source for seq, one in said.items() if isinstance(one, Retract)}
        self._sources = {seq: read_text(text) for seq, text in views.texts(number, sources).items()}
        self._lives = views.lives(number, set(_targets(said.values())))
        redacted = {short_of(one.target) for one in said.values() if isinstance(one, Redact)}
        self._orgs = views.orgs(number, redacted)

    def object_of(self, seq: int, place: Place) -> dict[str, object]:
        """The object that a statement is."""
        said, version = self._said[seq], self._versions[seq]
        target = next(iter(_targets([said])), b"")
        return object_of(
            said,
            version,
            place,
            source=self._sources.get(version.source),
            org=self._orgs.get(version.about, ""),
            target=self._life(target, seq),
        )

    def _life(self, assertion: bytes, seq: int) -> bytes:
        """As which object an assertion was shown when something was said of it."""
        lives = [name for at, name in self._lives.get(assertion, ()) if at < seq]
        return lives[-1] if lives else assertion


def _missing() -> PartnerError:
    """The one error for a circle that is not there and for one that is not the caller's to see."""
    return PartnerError(ErrorCode.CIRCLE_MISSING, "There is no such circle here.")


def is_readable(circle: Circle) -> bool:
    """Whether a circle may be read on this node by the systems of its member."""
    member = circle.roster.roster.member(circle.own_org)
    has_left = circle.standing is Standing.LEFT
    return not has_left and member is not None and member.may(CircleRole.READ)


def _targets(said: Iterable[AnyStatement]) -> Iterator[bytes]:
    for one in said:
        if isinstance(one, Opinion | Sighting):
            yield short_of(one.assertion)


def _needs_last(asked: Asked) -> bool:
    """Whether the store leaves it to us to tell which versions are the last."""
    return asked.versions.last and (asked.ids is not None or bool(asked.versions.moments))


def _named(object_id: str) -> tuple[str, bytes] | None:
    kind, _, name = object_id.partition("--")
    if kind not in OBJECT_TYPES:
        return None
    try:
        short = short_of(name)
    except ValueError:
        return None
    return (kind, short) if len(short) == 16 else None  # noqa: PLR2004 - a UUID
