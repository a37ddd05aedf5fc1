# SPDX-License-Identifier: Apache-2.0
"""Records that differ only in their signal's value become one run, validated in one go."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

import msgspec

from nahmi.core.bank import EntryRun
from nahmi.errors import InputError
from nahmi.protect.formats.rows import Validate, from_cells

MOST: Final = 10_000
"""Entries in one run at most: what is held in memory at a time."""

Record = dict[str, str]
"""Text cells, but for the value, by the names of `nahmi.protect.formats.rows.COLUMNS`; others are
ignored."""


class BadLine(msgspec.Struct, frozen=True):
    """A line that is no entry.

    Attributes:
        number: Its number in the file, from 1 (the last line of a record that spans several).
        reason: Why, one sentence, without what the line says.
    """

    number: int
    reason: str


OnBad = Callable[[int, InputError], None]
"""Receives the number of a line and why it is no entry, in the order of the lines."""


def to_runs(
    records: Iterable[tuple[int, str, Record | InputError]], validate: Validate, on_bad: OnBad
) -> Iterator[EntryRun]:
    """The runs that follow one another in numbered records.

    Args:
        records: Each with the number of its line and its value, or why the line holds none. The
            same object again is the quickest way to say that nothing but the value differs.
        validate: Turns a signal type's name and texts into canonical forms.
        on_bad: Told of each line that is no entry.
    """
    shared: Record | None = None
    numbers: list[int] = []
    values: list[str] = []
    for number, value, record in records:
        if (record is not shared and record != shared) or len(values) == MOST:
            yield from _run(shared, values, numbers, validate, on_bad)
            shared, numbers, values = None, [], []
            if isinstance(record, InputError):
                on_bad(number, record)
                continue
            shared = record
        numbers.append(number)
        values.append(value)
    yield from _run(shared, values, numbers, validate, on_bad)


def _run(
    shared: Record | None,
    values: Sequence[str],
    numbers: Sequence[int],
    validate: Validate,
    on_bad: OnBad,
) -> Iterator[EntryRun]:
    if shared is None:
        return
    try:
        found = validate(shared.get("signal_type", ""), values)
        like = from_cells(shared)
    except InputError as error:
        for number in numbers:
            on_bad(number, error)
        return
    canonical: list[str] = []
    for number, value in zip(numbers, found, strict=True):
        if isinstance(value, str):
            canonical.append(value)
        else:
            on_bad(number, value)
    if canonical:
        yield EntryRun(like, tuple(canonical))
