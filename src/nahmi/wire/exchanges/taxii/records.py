# SPDX-License-Identifier: Apache-2.0
"""What is kept of a STIX object: its newest version, and what others think of it.

Objects come in any order, repeated, and their opinions before or after them. What is kept is joined
so that the order does not matter: of versions the newest counts, and of two at one moment the one
that is revoked; of each author's opinions the newest.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from nahmi.core.opinion import Opinion, Stance
from nahmi.core.signal import Signal
from nahmi.operate.exchanges import Assertion, Fetched
from nahmi.partner.stix.moments import read_moment
from nahmi.partner.stix.reading import Judgement, Reported, Seen, read_object
from nahmi.wire.exchanges.plain_json import is_sendable, quarantined, word, write

_UNSURE = 20
"""Opinions that are nearer to none than this are no stance."""


class Kept(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is kept of an object.

    Attributes:
        modified_us: Which version it is: microseconds since 1970; -1 while only opinions came.
        signals: Type and value of each, as they came.
        author: Who made it.
        labels: Words that are put on it.
        is_revoked: It was taken back.
        opinions: By author: a value from -100 to 100, and when it was given.
    """

    modified_us: int = -1
    signals: tuple[tuple[str, str], ...] = ()
    author: str = ""
    labels: tuple[str, ...] = ()
    is_revoked: bool = False
    opinions: dict[str, tuple[int, int]] = {}

    def __repr__(self) -> str:
        return f"Kept(signals=<{len(self.signals)} withheld>, is_revoked={self.is_revoked})"


class Understood(msgspec.Struct, frozen=True):
    """What some objects say.

    Attributes:
        kept: By object.
        odd: What could not be read as a record, and what says nothing that is known.
    """

    kept: dict[str, Kept]
    odd: tuple[Fetched, ...]


def understood(objects: Iterable[object]) -> Understood:
    """What is to be kept of objects as they came."""
    kept: dict[str, Kept] = {}
    odd: dict[str, Fetched] = {}
    for one in objects:
        found = read_object(one)
        if isinstance(found, str):
            refused = quarantined(one, found)
            odd[refused.key] = refused
        for name, part in _parts(one, found):
            kept[name] = joined(kept.get(name, Kept()), part)
    return Understood(kept, tuple(odd.values()))


def joined(one: Kept, other: Kept) -> Kept:
    """What is kept of both."""
    newer = max(one, other, key=_rank)
    opinions = dict(one.opinions)
    for author, said in other.opinions.items():
        opinions[author] = max(opinions.get(author, said), said, key=lambda each: each[::-1])
    return msgspec.structs.replace(newer, opinions=opinions)


def kept_from(body: str) -> Kept | None:
    """What was kept, from its body; None where something else was kept."""
    try:
        return msgspec.json.decode(body, type=Kept)
    except msgspec.MsgspecError:
        return None


def fetched(object_id: str, kept: Kept, known: frozenset[str]) -> Fetched:
    """The record of an object.

    Args:
        object_id: The object's id.
        kept: What is kept of it.
        known: The signal types that the node has.
    """
    key, body = write(object_id), write(msgspec.to_builtins(kept))
    if kept.is_revoked:
        return Fetched(key=key, body=body, is_withdrawn=True)
    opinions = tuple(_opinions(kept))
    ours = [(kind, value) for kind, value in kept.signals if kind in known]
    foreign = tuple(kind for kind, _ in kept.signals if kind not in known)
    return Fetched(
        key=key,
        body=body,
        assertions=tuple(Assertion(Signal(kind, value), opinions) for kind, value in ours),
        also_unknown=foreign,
    )


def _parts(one: object, found: object) -> Iterator[tuple[str, Kept]]:
    match found:
        case Reported():
            signals = tuple(
                (signal.signal_type, signal.value)
                for signal in found.signals
                if is_sendable(signal.value)
            )
            yield (
                found.object_id,
                Kept(
                    modified_us=found.modified_us,
                    signals=signals,
                    author=word(found.author),
                    labels=() if found.category is None else (found.category.value,),
                    is_revoked=found.is_revoked,
                ),
            )
        case Judgement():
            at = read_moment(str(_field(one, "modified"))) or 0
            author = word(_field(one, "created_by_ref")) or found.object_id
            for name in found.about:
                yield name, Kept(opinions={author: (found.value, at)})
        case Seen() | None | str():
            return


def _field(one: object, name: str) -> Any:  # noqa: ANN401 - whatever is there
    return one.get(name) if isinstance(one, dict) else None


def _opinions(kept: Kept) -> Iterator[Opinion]:
    yield Opinion(stance=Stance.AGREES, owner=kept.author, tags=kept.labels)
    for author, (value, _) in sorted(kept.opinions.items()):
        yield Opinion(stance=_stance(value), owner=author)


def _stance(value: int) -> Stance:
    if abs(value) < _UNSURE:
        return Stance.UNSURE
    return Stance.AGREES if value > 0 else Stance.DISAGREES


def _rank(one: Kept) -> tuple[int, bool]:
    return one.modified_us, one.is_revoked
