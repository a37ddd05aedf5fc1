# SPDX-License-Identifier: Apache-2.0
"""Circles' logs as objects, in SQL.

Each page is found by an index, however long the log is: without a filter by the log itself, with
one by `circle_shown`, which has a row for each statement and category.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from heapq import merge
from itertools import islice
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, Select, insert, or_, select, update

from nahmi.core.bank import Category
from nahmi.core.signal import Signal
from nahmi.errors import ErrorCode, StoreError
from nahmi.partner.circles.roster import Roster
from nahmi.partner.ports.log import Logged
from nahmi.partner.statements.kinds import RosterChange
from nahmi.partner.stix.versions import OBJECT_TYPES, OPINION, SIGHTING, Version
from nahmi.partner.taxii.ports import Range, View
from nahmi.store.sql.circle_object_tables import shown, version, view
from nahmi.store.sql.circle_tables import claim, sighting, signal, statement, word
from nahmi.store.sql.database import Database
from nahmi.store.sql.reading import chunks
from nahmi.store.sql.upserts import insertion

KINDS: Final = ("assert", "opinion", "redact", "retract", "revise", "sighting")
"""Statements that are objects."""

_UNKNOWN: Final = ""
"""Stands for the category of what is shown in no category."""


class SqlViewStore:
    """`ViewStore` on SQLite or PostgreSQL.

    Args:
        database: An opened store.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def view(self, number: int, *, within: Connection | None = None) -> View | None:
        """See `ViewStore.view`."""
        query = select(view).where(view.c.circle_no == number)
        with self._looking(within) as connection:
            row = connection.execute(query).first()
        return None if row is None else _to_view(row)

    def viewed(self) -> Sequence[int]:
        """See `ViewStore.viewed`."""
        with self._database.reading() as connection:
            return list(connection.execute(select(view.c.circle_no)).scalars())

    def begin(self, number: int, front: Roster, *, within: Connection) -> View:
        """See `ViewStore.begin`."""
        into = insertion(within, view).values(
            circle_no=number, size=0, front=msgspec.json.encode(front)
        )
        within.execute(into.on_conflict_do_nothing())
        query = select(view).where(view.c.circle_no == number).with_for_update()
        return _to_view(within.execute(query).one())

    def versions_at(
        self, number: int, seqs: Collection[int], *, within: Connection | None = None
    ) -> dict[int, Version]:
        """See `ViewStore.versions_at`."""
        with self._looking(within) as connection:
            rows = _in(
                connection,
                select(version),
                version.c.circle_no,
                number,
                version.c.seq,
                sorted(seqs),
            )
            return {row.seq: _to_version(row) for row in rows}

    def categories_at(
        self, number: int, seqs: Collection[int], *, within: Connection | None = None
    ) -> dict[int, frozenset[Category]]:
        """See `ViewStore.categories_at`."""
        topics = [_topic(category, kind) for category in Category for kind in OBJECT_TYPES]
        query = select(shown.c.seq, shown.c.topic).where(shown.c.topic.in_(topics))
        found: dict[int, set[Category]] = defaultdict(set)
        with self._looking(within) as connection:
            for row in _in(connection, query, shown.c.circle_no, number, shown.c.seq, sorted(seqs)):
                found[row.seq].add(Category(row.topic.partition("/")[0]))
        return {seq: frozenset(categories) for seq, categories in found.items()}

    def add(
        self,
        number: int,
        versions: Sequence[Version],
        shown_: Mapping[int, tuple[str, frozenset[Category]]],
        *,
        size: int,
        within: Connection,
    ) -> None:
        """See `ViewStore.add`."""
        if versions:
            within.execute(insert(version), [_values(number, one) for one in versions])
        topics = [
            {"circle_no": number, "topic": _topic(category, kind), "seq": seq}
            for seq, (kind, categories) in shown_.items()
            for category in sorted(categories, key=str) or (_UNKNOWN,)
        ]
        if topics:
            within.execute(insert(shown), topics)
        mine = update(view).where(view.c.circle_no == number)
        within.execute(mine.values(size=size))

    def rosters(self, number: int, *, after: int, end: int) -> Sequence[tuple[int, int, Roster]]:
        """See `ViewStore.rosters`."""
        query = (
            select(statement.c.seq, statement.c.logged_us, statement.c.statement)
            .where(
                statement.c.circle_no == number,
                statement.c.kind == "roster",
                statement.c.seq >= after,
                statement.c.seq < end,
            )
            .order_by(statement.c.seq)
        )
        with self._database.reading() as connection:
            return [
                (row.seq, row.logged_us, _roster(row.statement))
                for row in connection.execute(query)
                if row.statement is not None
            ]

    def first_us(self, number: int) -> int | None:
        """See `ViewStore.first_us`."""
        query = select(statement.c.logged_us).where(
            statement.c.circle_no == number, statement.c.seq == 0
        )
        with self._database.reading() as connection:
            return connection.execute(query).scalar()

    def page(self, wanted: Range, limit: int) -> Sequence[Logged]:
        """See `ViewStore.page`."""
        with self._database.reading() as connection:
            start = _start(connection, wanted)
            if start is None:
                return []
            if wanted.types is None and wanted.category is None:
                query = _wanted(wanted, start).order_by(statement.c.seq).limit(limit)
                return [_to_logged(row) for row in connection.execute(query)]
            found = [
                [_to_logged(row) for row in connection.execute(query.limit(limit))]
                for query in _by_topic(wanted, start)
            ]
        # One statement stands under several topics where its category changed.
        merged = merge(*found, key=lambda one: one.seq)
        return list(islice({one.seq: one for one in merged}.values(), limit))

    def of_objects(self, wanted: Range, ids: Collection[tuple[str, bytes]]) -> Sequence[Logged]:
        """See `ViewStore.of_objects`."""
        with self._database.reading() as connection:
            seqs = set(_seqs_of(connection, wanted.number, ids))
            if wanted.category is not None:
                topics = [_topic(wanted.category, kind) for kind in OBJECT_TYPES]
                query = select(shown.c.seq).where(shown.c.topic.in_(topics))
                rows = _in(
                    connection, query, shown.c.circle_no, wanted.number, shown.c.seq, sorted(seqs)
                )
                seqs = {row.seq for row in rows}
            rows = _in(
                connection,
                select(statement).where(*_standing(wanted, wanted.start)),
                statement.c.circle_no,
                wanted.number,
                statement.c.seq,
                sorted(seqs),
            )
            return sorted((_to_logged(row) for row in rows), key=lambda one: one.seq)

    def texts(self, number: int, seqs: Collection[int]) -> dict[int, bytes]:
        """See `ViewStore.texts`."""
        query = select(statement.c.seq, statement.c.statement).where(
            statement.c.statement.is_not(None)
        )
        with self._database.reading() as connection:
            rows = _in(
                connection, query, statement.c.circle_no, number, statement.c.seq, sorted(seqs)
            )
            return {row.seq: bytes(row.statement) for row in rows}

    def replaced(self, number: int, seqs: Collection[int]) -> frozenset[int]:
        """See `ViewStore.replaced`."""
        with self._database.reading() as connection:
            rows = _in(
                connection,
                select(version.c.before_seq),
                version.c.circle_no,
                number,
                version.c.before_seq,
                sorted(seqs),
            )
            return frozenset(row.before_seq for row in rows)

    def lives(
        self, number: int, assertions: Collection[bytes]
    ) -> dict[bytes, Sequence[tuple[int, bytes]]]:
        """See `ViewStore.lives`."""
        query = select(version.c.about, version.c.seq, version.c.name)
        found: dict[bytes, list[tuple[int, bytes]]] = defaultdict(list)
        with self._database.reading() as connection:
            for row in _in(
                connection, query, version.c.circle_no, number, version.c.about, sorted(assertions)
            ):
                found[bytes(row.about)].append((row.seq, bytes(row.name)))
        return {about: sorted(lives) for about, lives in found.items()}

    def about(self, number: int, name: bytes) -> bytes | None:
        """See `ViewStore.about`."""
        query = select(version.c.about).where(version.c.circle_no == number, version.c.name == name)
        with self._database.reading() as connection:
            found = connection.execute(query.limit(1)).scalar()
        return None if found is None else bytes(found)

    def signal(self, number: int, assertion: bytes) -> tuple[str, Signal] | None:
        """See `ViewStore.signal`."""
        key = (signal.c.circle_no == claim.c.circle_no) & (signal.c.signal == claim.c.signal)
        query = (
            select(claim.c.org, signal.c.signal_type, signal.c.signal_value)
            .join(signal, key)
            .where(claim.c.circle_no == number, claim.c.assertion == assertion)
        )
        with self._database.reading() as connection:
            row = connection.execute(query.where(claim.c.is_closed == 0)).first()
        return None if row is None else (row.org, Signal(row.signal_type, _value(row.signal_value)))

    def orgs(self, number: int, assertions: Collection[bytes]) -> dict[bytes, str]:
        """See `ViewStore.orgs`."""
        query = select(claim.c.assertion, claim.c.org)
        with self._database.reading() as connection:
            rows = _in(
                connection, query, claim.c.circle_no, number, claim.c.assertion, sorted(assertions)
            )
            return {bytes(row.assertion): row.org for row in rows}

    @contextmanager
    def _looking(self, within: Connection | None) -> Iterator[Connection]:
        if within is None:
            with self._database.reading() as connection:
                yield connection
        else:
            yield within


def _start(connection: Connection, wanted: Range) -> int | None:
    """The first place in a range that is late enough; moments rise with places."""
    if wanted.later_than_us < 0:
        return wanted.start
    query = (
        select(statement.c.seq)
        .where(
            statement.c.circle_no == wanted.number,
            statement.c.logged_us > wanted.later_than_us,
        )
        .order_by(statement.c.logged_us)
        .limit(1)
    )
    found = connection.execute(query).scalar()
    return None if found is None else max(found, wanted.start)


def _standing(wanted: Range, start: int) -> tuple[ColumnElement[bool], ...]:
    return (
        statement.c.circle_no == wanted.number,
        statement.c.seq >= start,
        statement.c.seq < wanted.end,
        statement.c.logged_us > wanted.later_than_us,
        statement.c.kind.in_(KINDS),
        *_texts(wanted),
    )


def _texts(wanted: Range) -> tuple[ColumnElement[bool], ...]:
    return () if wanted.has_destroyed else (statement.c.statement.is_not(None),)


def _wanted(wanted: Range, start: int) -> Select[Any]:
    return select(statement).where(*_standing(wanted, start), *_of_versions(wanted))


def _by_topic(wanted: Range, start: int) -> Iterator[Select[Any]]:
    """A query for each topic, in the order of places."""
    kinds = OBJECT_TYPES if wanted.types is None else sorted(wanted.types & set(OBJECT_TYPES))
    categories = [*Category, _UNKNOWN] if wanted.category is None else [wanted.category]
    joined = (shown.c.circle_no == statement.c.circle_no) & (shown.c.seq == statement.c.seq)
    for kind in kinds:
        for category in categories:
            yield (
                select(statement)
                .join(shown, joined)
                .where(
                    shown.c.circle_no == wanted.number,
                    shown.c.topic == _topic(category, kind),
                    shown.c.seq >= start,
                    shown.c.seq < wanted.end,
                    *_texts(wanted),
                    *_of_versions(wanted),
                )
                .order_by(shown.c.seq)
            )


def _of_versions(wanted: Range) -> tuple[ColumnElement[bool], ...]:
    """What a statement must be for its version to be wanted; of moments nothing is known here."""
    asked = wanted.versions
    if asked.all or asked.moments:
        return ()
    mine = version.c.circle_no == wanted.number
    later = select(version.c.seq).where(mine, version.c.before_seq == statement.c.seq)
    itself = select(version.c.seq).where(
        mine, version.c.seq == statement.c.seq, version.c.before_seq.is_not(None)
    )
    is_last, is_first = ~later.exists(), ~itself.exists()
    if asked.first and asked.last:
        return (or_(is_first, is_last),)
    return (is_first if asked.first else is_last,)


def _seqs_of(
    connection: Connection, number: int, ids: Collection[tuple[str, bytes]]
) -> Iterator[int]:
    """Where the statements of objects stand: those that have versions, and all others."""
    names = sorted({name for _, name in ids})
    rows = _in(
        connection,
        select(version.c.seq, version.c.first_seq),
        version.c.circle_no,
        number,
        version.c.name,
        names,
    )
    for row in rows:
        yield from (row.seq, row.first_seq)
    tables = {OPINION: (word, word.c.opinion), SIGHTING: (sighting, sighting.c.sighting)}
    for kind in {kind for kind, _ in ids}:
        table, key = tables.get(kind, (claim, claim.c.assertion))
        mine = sorted({name for each, name in ids if each == kind})
        # Of an object without versions the newest statement is the only one.
        versioned = select(version.c.seq).where(
            version.c.circle_no == number, version.c.about == key
        )
        query = select(table.c.seq).where(~versioned.exists())
        yield from (row.seq for row in _in(connection, query, table.c.circle_no, number, key, mine))


def _in(  # noqa: PLR0913, PLR0917 - the parts of one question
    connection: Connection,
    query: Select[Any],
    owner: ColumnElement[Any],
    number: int,
    column: ColumnElement[Any],
    values: Sequence[Any],
) -> Iterator[Row[Any]]:
    for some in chunks(values):
        yield from connection.execute(query.where(owner == number, column.in_(some)))


def _topic(category: str, kind: str) -> str:
    return f"{category}/{kind}"


def _values(number: int, one: Version) -> dict[str, Any]:
    return {
        "circle_no": number,
        "seq": one.seq,
        "before_seq": one.before,
        "about": one.about,
        "name": one.name,
        "first_seq": one.first,
        "source_seq": one.source,
        "created_us": one.created_us,
        "modified_us": one.modified_us,
        "categories": " ".join(sorted(one.categories)),
    }


def _to_version(row: Row[Any]) -> Version:
    return Version(
        seq=row.seq,
        before=row.before_seq,
        about=bytes(row.about),
        name=bytes(row.name),
        first=row.first_seq,
        source=row.source_seq,
        created_us=row.created_us,
        modified_us=row.modified_us,
        categories=frozenset(Category(one) for one in row.categories.split()),
    )


def _to_view(row: Row[Any]) -> View:
    return View(row.size, msgspec.json.decode(bytes(row.front), type=Roster))


def _to_logged(row: Row[Any]) -> Logged:
    return Logged(
        seq=row.seq,
        kind=row.kind,
        about=bytes(row.about),
        before_seq=row.before_seq,
        logged_us=row.logged_us,
        statement=None if row.statement is None else bytes(row.statement),
        proof=None,
    )


def _value(value: str | bytes) -> str:
    return value.hex() if isinstance(value, bytes) else value


def _roster(data: bytes) -> Roster:
    try:
        return msgspec.json.decode(bytes(data), type=RosterChange).signed.roster
    except msgspec.DecodeError:
        raise StoreError(ErrorCode.STORE_CORRUPT, "A roster in a log cannot be read.") from None
