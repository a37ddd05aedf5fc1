# SPDX-License-Identifier: Apache-2.0
"""STIX objects of others, as what a circle or a bank could hold.

Read are indicators, and the observables `file`, `artifact`, `url` and `domain-name`; whatever names
no signal that we know is counted and left alone. Values are taken as they came: whether they are
valid signals is for their type to say.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec

from nahmi.core.bank import Category
from nahmi.core.signal import Signal
from nahmi.partner.circles.rules import Marking
from nahmi.partner.statements.kinds import ReviewMethod
from nahmi.partner.stix.extension import EXTENSION_ID
from nahmi.partner.stix.markings import marking_of
from nahmi.partner.stix.moments import read_moment, stix_moment
from nahmi.partner.stix.patterns import Pattern, signals_in, type_of_hash

_REFERENCES: Final = frozenset(
    {"identity", "marking-definition", "extension-definition", "relationship", "report"}
)
"""Objects that name no signal, and of which no more is expected."""

MOST_COUNT: Final = 999_999_999
"""The largest count that STIX allows a sighting."""

_STEPS: Final = {
    "strongly-disagree": -100,
    "disagree": -50,
    "neutral": 0,
    "agree": 50,
    "strongly-agree": 100,
}


class Reported(msgspec.Struct, frozen=True, kw_only=True):
    """What another's object says of signals.

    Attributes:
        object_id: The object's id.
        modified_us: Which version it is: microseconds since 1970; 0 for objects without versions.
        signals: What it is about; none when it is taken back and does not say so again.
        category: Of which category the content is; None when not said in our words.
        quality: Of a fingerprint, 0..100; None when not said.
        review: Who looked; None when not said in our words.
        reviewers: How many people did.
        is_revoked: It is taken back.
        until_us: From when on it does not count; None for never.
        author: The id of the identity that made it; empty when not said.
        marking: With whom it may be shared further; None when not said in words that we know.
    """

    object_id: str
    modified_us: int = 0
    signals: tuple[Signal, ...] = ()
    category: Category | None = None
    quality: int | None = None
    review: ReviewMethod | None = None
    reviewers: int = 0
    is_revoked: bool = False
    until_us: int | None = None
    author: str = ""
    marking: Marking | None = None

    def __repr__(self) -> str:
        return f"Reported(object_id={self.object_id!r}, signals=<{len(self.signals)} withheld>)"


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """What another thinks of objects.

    Attributes:
        object_id: The opinion's id.
        about: The ids of the objects.
        value: -100 for full disagreement to 100 for full agreement.
        reason: In words; empty when not said.
    """

    object_id: str
    about: tuple[str, ...]
    value: int
    reason: str = ""


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """How often another saw what an object is about.

    Attributes:
        object_id: The sighting's id.
        about: The object's id.
        day: On which day, UTC, such as `2026-11-27`.
        count: How often.
    """

    object_id: str
    about: str
    day: str
    count: int


class Read(msgspec.Struct, frozen=True):
    """What some objects say.

    Attributes:
        reported: What is said of signals, in the objects' order.
        judgements: What is thought of objects.
        seen: How often things were seen.
        unknown: How many objects of each type say nothing that we understand.
    """

    reported: tuple[Reported, ...]
    judgements: tuple[Judgement, ...]
    seen: tuple[Seen, ...]
    unknown: Mapping[str, int]


def read_objects(objects: Iterable[object]) -> Read:
    """What objects say; of a type that is no text only that there are some.

    Args:
        objects: As JSON has them.
    """
    reported: list[Reported] = []
    judgements: list[Judgement] = []
    seen: list[Seen] = []
    unknown: Counter[str] = Counter()
    for one in objects:
        found = read_object(one)
        match found:
            case Reported():
                reported.append(found)
            case Judgement():
                judgements.append(found)
            case Seen():
                seen.append(found)
            case str():
                unknown[found] += 1
            case _:
                pass
    return Read(tuple(reported), tuple(judgements), tuple(seen), dict(unknown))


def read_object(one: object) -> Reported | Judgement | Seen | str | None:
    """What one object says.

    Returns:
        The object's type where it says nothing that we understand; None where nothing was expected.
    """
    kind, object_id = (_text(one, "type"), _text(one, "id")) if isinstance(one, dict) else ("", "")
    if not isinstance(one, dict) or not kind or not object_id:
        return "other"
    if kind in _REFERENCES:
        return None
    if kind == "opinion":
        return _judgement(one, object_id) or kind
    if kind == "sighting":
        return _seen(one, object_id) or kind
    signals = list(_signals(one, kind))
    is_revoked = one.get("revoked") is True
    if not signals and not (is_revoked and kind == "indicator"):
        return kind
    return _reported(one, object_id, signals, is_revoked=is_revoked)


def _reported(
    one: Mapping[str, Any], object_id: str, signals: list[Signal], *, is_revoked: bool
) -> Reported:
    ours = _mapping(_mapping(one, "extensions"), EXTENSION_ID)
    hashed = ours.get("media_hashes")
    first = hashed[0] if isinstance(hashed, list) and hashed else None
    review = _mapping(ours, "review")
    return Reported(
        object_id=object_id,
        modified_us=read_moment(_text(one, "modified")) or 0,
        signals=tuple(dict.fromkeys(signals)),
        category=_category(ours.get("harm_class")),
        quality=_whole(first.get("quality") if isinstance(first, dict) else None, 100),
        review=_review(review.get("method")),
        reviewers=_whole(review.get("reviewers"), 1_000) or 0,
        is_revoked=is_revoked,
        until_us=read_moment(_text(one, "valid_until")),
        author=_text(one, "created_by_ref"),
        marking=_marking(one),
    )


def _signals(one: Mapping[str, Any], kind: str) -> Iterator[Signal]:
    match kind:
        case "indicator":
            found = signals_in(Pattern(_text(one, "pattern"), _text(one, "pattern_type")))
            yield from found or ()
        case "file" | "artifact":
            for name, value in _mapping(one, "hashes").items():
                signal_type = type_of_hash(str(name))
                if signal_type is not None and isinstance(value, str):
                    yield Signal(signal_type, value)
        case "url" if value := _text(one, "value"):
            yield Signal("url", value)
        case "domain-name" if value := _text(one, "value"):
            yield Signal("url_host", value)
        case _:
            return


def _judgement(one: Mapping[str, Any], object_id: str) -> Judgement | None:
    refs = one.get("object_refs")
    value = _STEPS.get(_text(one, "opinion"))
    about = tuple(ref for ref in refs if isinstance(ref, str)) if isinstance(refs, list) else ()
    if value is None or not about:
        return None
    exact = _mapping(_mapping(one, "extensions"), EXTENSION_ID).get("value")
    if isinstance(exact, int) and not isinstance(exact, bool) and -100 <= exact <= 100:  # noqa: PLR2004 - the scale
        value = exact
    return Judgement(
        object_id=object_id, about=about, value=value, reason=_text(one, "explanation")
    )


def _seen(one: Mapping[str, Any], object_id: str) -> Seen | None:
    about = _text(one, "sighting_of_ref")
    moments = (_text(one, name) for name in ("first_seen", "last_seen", "created"))
    at = next((us for text in moments if (us := read_moment(text)) is not None), None)
    count = _whole(one.get("count", 1), MOST_COUNT)
    if not about or at is None or not count:
        return None
    return Seen(object_id=object_id, about=about, day=stix_moment(at)[:10], count=count)


def _marking(one: Mapping[str, Any]) -> Marking | None:
    """The strictest marking that it carries."""
    refs = one.get("object_marking_refs")
    found = [
        marking
        for ref in (refs if isinstance(refs, list) else ())
        if isinstance(ref, str) and (marking := marking_of(ref)) is not None
    ]
    order = list(Marking)
    return max(found, key=order.index, default=None)


def _category(value: object) -> Category | None:
    try:
        return Category(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _review(value: object) -> ReviewMethod | None:
    try:
        return ReviewMethod(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _whole(value: object, most: int) -> int | None:
    """A whole number from 0 to `most`; None for anything else."""
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if 0 <= value <= most else None


def _text(one: object, name: str) -> str:
    value = one.get(name) if isinstance(one, Mapping) else None
    return value if isinstance(value, str) else ""


def _mapping(one: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = one.get(name)
    return value if isinstance(value, Mapping) else {}
