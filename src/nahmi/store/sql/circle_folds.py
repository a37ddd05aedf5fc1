# SPDX-License-Identifier: Apache-2.0
"""What circles' logs leave, in SQL; every method takes part in its caller's transaction."""

from collections import defaultdict, namedtuple
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final, TypeVar

import msgspec
from sqlalchemy import Connection, Table, delete, exists, func, select, update

from nahmi.core.bank import Category
from nahmi.core.signal import Signal
from nahmi.errors import InputError
from nahmi.partner.fold.state import Claim, SignalState, Word
from nahmi.partner.fold.tiers import Judged, Tier
from nahmi.partner.gates import Gate
from nahmi.partner.ports.fold import HeldClaim, HeldSighting, HeldSignal, HeldWord
from nahmi.store.sql.bulk import put_rows, rows_where
from nahmi.store.sql.circle_numbers import drop_changed, next_change
from nahmi.store.sql.circle_tables import circle_bank, claim, early, sighting, signal, word
from nahmi.store.sql.reading import chunks
from nahmi.store.sql.rows import to_value
from nahmi.store.sql.types import pack_value, unpack_value

_NOTHING: Final = b""
_encode = msgspec.json.Encoder().encode
_claim = msgspec.json.Decoder(Claim).decode
_word = msgspec.json.Decoder(Word).decode
_judged = msgspec.json.Decoder(Judged).decode

One = TypeVar("One")


class SqlFoldStore:
    """`FoldStore` on SQLite or PostgreSQL.

    Args:
        indexed_types: Signal types whose values are kept as 32 bytes.
    """

    def __init__(self, indexed_types: Collection[str]) -> None:
        self._indexed_types = frozenset(indexed_types)

    def claims(
        self, number: int, assertions: Collection[bytes], *, within: Connection
    ) -> dict[bytes, HeldClaim]:
        """See `FoldStore.claims`."""
        return _found(within, claim, "assertion", number, assertions, _to_claim)

    def words(
        self, number: int, opinions: Collection[bytes], *, within: Connection
    ) -> dict[bytes, HeldWord]:
        """See `FoldStore.words`."""
        return _found(within, word, "opinion", number, opinions, _to_word)

    def sightings(
        self, number: int, ids: Collection[bytes], *, within: Connection
    ) -> dict[bytes, HeldSighting]:
        """See `FoldStore.sightings`."""
        return _found(within, sighting, "sighting", number, ids, _to_sighting)

    def signals(
        self, number: int, signals: Collection[bytes], *, within: Connection
    ) -> dict[bytes, HeldSignal]:
        """See `FoldStore.signals`."""
        is_packed = within.dialect.name == "postgresql"
        return {
            bytes(row.signal): to_held_signal(
                row, unpack_value(row.signal_value) if is_packed else row.signal_value
            )
            for row in _held(within, signal, "signal", number, signals)
        }

    def states(
        self, number: int, signals: Mapping[bytes, Signal], *, within: Connection
    ) -> dict[bytes, SignalState]:
        """See `FoldStore.states`."""
        claims: dict[bytes, list[Claim]] = defaultdict(list)
        words: dict[bytes, list[Word]] = defaultdict(list)
        for row in _held(within, claim, "signal", number, signals):
            if row.claim:
                claims[bytes(row.signal)].append(_claim(row.claim))
        for row in _held(within, word, "signal", number, signals):
            if row.word:
                words[bytes(row.signal)].append(_word(row.word))
        seen = _seen(within, number, list(signals))
        return {
            digest: SignalState(
                signal=one,
                claims=tuple(sorted(claims[digest], key=lambda each: each.seq)),
                words=tuple(sorted(words[digest], key=lambda each: each.seq)),
                seen=seen.get(digest, 0),
            )
            for digest, one in signals.items()
        }

    def put_claims(
        self, number: int, claims: Mapping[bytes, HeldClaim], *, within: Connection
    ) -> None:
        """See `FoldStore.put_claims`."""
        rows = (
            (
                number,
                key,
                one.signal,
                one.org,
                one.rev,
                one.seq,
                int(one.is_live),
                int(one.is_closed),
                _NOTHING if one.claim is None else _encode(one.claim),
            )
            for key, one in claims.items()
        )
        put_rows(within, claim, rows, replaces=True)

    def put_words(
        self, number: int, words: Mapping[bytes, HeldWord], *, within: Connection
    ) -> None:
        """See `FoldStore.put_words`."""
        rows = (
            (
                number,
                key,
                one.signal,
                one.org,
                one.rev,
                one.seq,
                one.assertion,
                _NOTHING if one.word is None else _encode(one.word),
            )
            for key, one in words.items()
        )
        put_rows(within, word, rows, replaces=True)

    def put_sightings(
        self, number: int, sightings: Mapping[bytes, HeldSighting], *, within: Connection
    ) -> None:
        """See `FoldStore.put_sightings`."""
        rows = (
            (number, key, one.assertion, one.signal, one.rev, one.seq, one.count)
            for key, one in sightings.items()
        )
        put_rows(within, sighting, rows, replaces=True)

    def detach(self, number: int, assertion: bytes, signal_: bytes, *, within: Connection) -> None:
        """See `FoldStore.detach`."""
        for table in (word, sighting):
            mine = update(table).where(
                table.c.circle_no == number,
                table.c.signal == signal_,
                table.c.assertion == assertion,
            )
            within.execute(mine.values(signal=_NOTHING))

    def due(self, number: int, now_s: int, *, limit: int, within: Connection) -> set[bytes]:
        """See `FoldStore.due`."""
        query = select(signal.c.signal).where(
            signal.c.circle_no == number, signal.c.due_s.is_not(None), signal.c.due_s <= now_s
        )
        return set(map(bytes, within.execute(query.limit(limit)).scalars()))

    def make_due(self, number: int, *, within: Connection) -> None:
        """See `FoldStore.make_due`."""
        within.execute(update(signal).where(signal.c.circle_no == number).values(due_s=0))

    def early(
        self, number: int, assertions: Collection[bytes], *, within: Connection
    ) -> dict[bytes, str]:
        """See `FoldStore.early`."""
        rows = _held(within, early, "assertion", number, assertions)
        return {bytes(row.assertion): row.org for row in rows}

    def put_early(
        self, number: int, assertions: Mapping[bytes, tuple[int, str]], *, within: Connection
    ) -> None:
        """See `FoldStore.put_early`."""
        rows = ((number, key, seq, org) for key, (seq, org) in assertions.items())
        put_rows(within, early, rows, replaces=True)

    def drop_early(self, number: int, *, before: int, within: Connection) -> None:
        """See `FoldStore.drop_early`."""
        within.execute(delete(early).where(early.c.circle_no == number, early.c.seq < before))

    def put_signals(
        self, number: int, signals: Mapping[bytes, HeldSignal], *, within: Connection
    ) -> None:
        """See `FoldStore.put_signals`."""
        if not signals:
            return
        is_sqlite = within.dialect.name == "sqlite"
        first = next_change(within, number)
        rows = (
            (
                number,
                key,
                one.signal.signal_type,
                self._value(one.signal) if is_sqlite else pack_value(self._value(one.signal)),
                one.judged.tier.value,
                one.judged.category or "",
                " ".join(one.held),
                int(one.is_let_through),
                _encode(one.judged),
                one.judged.until_s,
                one.entry_id,
                one.record or change,
                change,
            )
            for change, (key, one) in enumerate(signals.items(), first)
        )
        put_rows(within, signal, rows, replaces=True)

    def _value(self, signal_: Signal) -> str | bytes:
        try:
            return to_value(signal_, self._indexed_types)
        except InputError:
            return signal_.value  # no signal of its type; it is held and never matches

    def drop_signals(self, number: int, signals: Collection[bytes], *, within: Connection) -> None:
        """See `FoldStore.drop_signals`."""
        left = exists().where(
            claim.c.circle_no == number, claim.c.signal == signal.c.signal, claim.c.is_closed == 0
        )
        drop_changed(within, number, signals, left)

    def banks(self, number: int, *, within: Connection) -> dict[tuple[Tier, Category], int]:
        """See `FoldStore.banks`."""
        query = select(circle_bank).where(circle_bank.c.circle_no == number)
        return {
            (Tier(row.tier), Category(row.category)): row.bank_id for row in within.execute(query)
        }

    def put_bank(
        self, number: int, tier: Tier, category: Category, bank_id: int, *, within: Connection
    ) -> None:
        """See `FoldStore.put_bank`."""
        row = (number, tier.value, category.value, bank_id)
        put_rows(within, circle_bank, [row], replaces=True)


def _held(
    connection: Connection,
    table: Table,
    column: str,
    number: int,
    keys: Collection[bytes],
) -> Iterator[Any]:
    """Rows with names for their values."""
    make = _row_of(table)
    return map(make._make, rows_where(connection, table, column, number, keys))


@cache
def _row_of(table: Table) -> Any:  # noqa: ANN401 - a class made of the table's columns
    return namedtuple(table.name, [column.name for column in table.columns], rename=True)  # noqa: PYI024


def _found(  # noqa: PLR0913, PLR0917 - the parts of one question
    connection: Connection,
    table: Table,
    column: str,
    number: int,
    keys: Collection[bytes],
    make: Callable[[Any], One],
) -> dict[bytes, One]:
    return {
        bytes(getattr(row, column)): make(row)
        for row in _held(connection, table, column, number, keys)
    }


def _seen(connection: Connection, number: int, signals: Sequence[bytes]) -> dict[bytes, int]:
    found: dict[bytes, int] = {}
    for some in chunks(signals):
        query = (
            select(sighting.c.signal, func.sum(sighting.c["count"]).label("seen"))
            .where(sighting.c.circle_no == number, sighting.c.signal.in_(some))
            .group_by(sighting.c.signal)
        )
        found |= {bytes(row.signal): int(row.seen) for row in connection.execute(query)}
    return found


def _to_claim(row: Any) -> HeldClaim:  # noqa: ANN401 - made of the table
    return HeldClaim(
        signal=bytes(row.signal),
        org=row.org,
        rev=row.rev,
        seq=row.seq,
        is_live=bool(row.is_live),
        is_closed=bool(row.is_closed),
        claim=_claim(row.claim) if row.claim else None,
    )


def _to_word(row: Any) -> HeldWord:  # noqa: ANN401 - made of the table
    return HeldWord(
        signal=bytes(row.signal),
        assertion=bytes(row.assertion),
        org=row.org,
        rev=row.rev,
        seq=row.seq,
        word=_word(row.word) if row.word else None,
    )


def _to_sighting(row: Any) -> HeldSighting:  # noqa: ANN401 - made of the table
    return HeldSighting(
        signal=bytes(row.signal),
        assertion=bytes(row.assertion),
        rev=row.rev,
        seq=row.seq,
        count=row[-1],
    )


def to_held_signal(row: Any, value: str | bytes) -> HeldSignal:  # noqa: ANN401 - either kind of row
    """Where a signal stands.

    Args:
        row: Of the table `circle_signal`.
        value: The signal's, as text or 32 bytes.
    """
    return HeldSignal(
        signal=Signal(row.signal_type, value.hex() if isinstance(value, bytes) else value),
        judged=_judged(row.judged),
        held=tuple(Gate(each) for each in row.held.split()),
        is_let_through=bool(row.is_let_through),
        entry_id=row.entry_id,
        record=row.record_no,
    )
