# SPDX-License-Identifier: Apache-2.0
"""Damaged copies of a file: cut, flipped, overwritten, repeated, the same for the same seed."""

import random
from collections.abc import Callable, Iterator

_LONGEST = 64
"""Bytes that one damage touches at most."""


def mutants(content: bytes, *, count: int, seed: str) -> Iterator[bytes]:
    """Damaged copies, each by one to eight damages.

    Args:
        content: The file, not empty.
        count: How many.
        seed: Decides on everything.
    """
    chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
    for _ in range(count):
        mutant = bytearray(content)
        for _ in range(chance.randint(1, 8)):
            chance.choice(_DAMAGES)(mutant, chance)
            if not mutant:
                break
        yield bytes(mutant)


def _place(data: bytearray, chance: random.Random) -> tuple[int, int]:
    """Where a damage begins and ends; half of them fall into the header, where sizes are."""
    reach = min(len(data), 512) if chance.random() < 0.5 else len(data)
    start = chance.randrange(reach)
    return start, min(len(data), start + chance.randint(1, _LONGEST))


def _flip(data: bytearray, chance: random.Random) -> None:
    start, _ = _place(data, chance)
    data[start] ^= 1 << chance.randrange(8)


def _scribble(data: bytearray, chance: random.Random) -> None:
    start, end = _place(data, chance)
    data[start:end] = chance.randbytes(end - start)


def _extreme(data: bytearray, chance: random.Random) -> None:
    start, end = _place(data, chance)
    data[start:end] = chance.choice((b"\0", b"\xff", b"\x7f", b"\x80")) * (end - start)


def _remove(data: bytearray, chance: random.Random) -> None:
    start, end = _place(data, chance)
    del data[start:end]


def _repeat(data: bytearray, chance: random.Random) -> None:
    start, end = _place(data, chance)
    data[end:end] = data[start:end] * chance.randint(1, 8)


def _cut(data: bytearray, chance: random.Random) -> None:
    del data[chance.randrange(len(data)) :]


_DAMAGES: tuple[Callable[[bytearray, random.Random], None], ...] = (
    _flip,
    _flip,
    _scribble,
    _extreme,
    _remove,
    _repeat,
    _cut,
)
