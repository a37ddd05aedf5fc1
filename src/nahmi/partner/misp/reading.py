# SPDX-License-Identifier: Apache-2.0
"""Attributes of MISP, from feeds and searches, as what a bank could hold."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec

from nahmi.core.bank import Category
from nahmi.core.signal import Signal
from nahmi.partner.circles.rules import Marking
from nahmi.partner.misp import template
from nahmi.partner.misp.tags import category_in, marking_in

_TYPES: Final = {
    "md5": "md5",
    "sha1": "sha1",
    "sha256": "sha256",
    "url": "url",
    "link": "url",
    "hostname": "url_host",
    "domain": "url_host",
}
_FILENAME: Final = "filename|"
_LARGEST: Final = 1 << 53


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """What an attribute or object of MISP says of a signal.

    Attributes:
        uuid: The attribute's, or that of the object that it belongs to.
        signal: As it came; None when it was taken back and nothing is said of it any more.
        changed_s: When it was changed last, seconds since 1970.
        is_deleted: It was taken back.
        category: In our words; None when not said.
        marking: With whom it may be shared; None when not said.
        quality: Of a fingerprint, 0..100; None when not said.
        org: The name of the organisation that made it; empty when not said.
    """

    uuid: str
    signal: Signal | None
    changed_s: int
    is_deleted: bool
    category: Category | None = None
    marking: Marking | None = None
    quality: int | None = None
    org: str = ""

    def __repr__(self) -> str:
        return f"Held(uuid={self.uuid!r}, is_deleted={self.is_deleted})"


class Read(msgspec.Struct, frozen=True):
    """What an event says.

    Attributes:
        held: Of signals.
        unknown: How many attributes of each type say nothing that we understand.
    """

    held: tuple[Held, ...]
    unknown: Mapping[str, int]


def read_event(document: object) -> Read | None:
    """What an event says, as a feed's file or an interface has it.

    Returns:
        None where it is no event.
    """
    event = _mapping(document, "Event")
    if not event or not _text(event, "uuid"):
        return None
    found: list[Held] = []
    unknown: Counter[str] = Counter()
    for attribute in _list(event, "Attribute"):
        _read(attribute, event, found, unknown)
    for each in _list(event, "Object"):
        if _text(each, "name") == template.NAME:
            _read_object(each, event, found, unknown)
        else:
            for attribute in _list(each, "Attribute"):
                _read(attribute, event, found, unknown)
    return Read(tuple(found), dict(unknown))


def read_search(document: object) -> Read | None:
    """What a search for attributes found: each carries a little of its event.

    Attributes of the object `perceptual-hash` come one by one there; their algorithm is pdq where
    their value is as long as one, for nothing else says so.

    Returns:
        None where it is no answer to such a search.
    """
    response = _mapping(document, "response")
    if "Attribute" not in response:
        return None
    found: list[Held] = []
    unknown: Counter[str] = Counter()
    for attribute in _list(response, "Attribute"):
        _read(attribute, _mapping(attribute, "Event"), found, unknown)
    return Read(tuple(found), dict(unknown))


def _read(one: object, event: Mapping[str, Any], found: list[Held], unknown: Counter[str]) -> None:
    uuid = _text(one, "uuid")
    signals: list[Signal | None] = [*_signals(one)]
    is_deleted = _flag(one, "deleted")
    if not uuid or (not signals and not is_deleted):
        unknown[_text(one, "type") or "other"] += 1
        return
    found += [_held(one, event, uuid, signal) for signal in signals or [None]]


def _read_object(
    one: object, event: Mapping[str, Any], found: list[Held], unknown: Counter[str]
) -> None:
    fields = {_text(field, "object_relation"): field for field in _list(one, "Attribute")}
    algorithm = _text(fields.get("algorithm"), "value").lower()
    value = _text(fields.get("value"), "value")
    uuid = _text(one, "uuid")
    is_deleted = _flag(one, "deleted") or _flag(fields.get("value"), "deleted")
    if not uuid or (not (algorithm and value) and not is_deleted):
        unknown[template.NAME] += 1
        return
    signal = Signal(algorithm, value) if algorithm and value else None
    quality = _number(fields.get("quality"), "value")
    held = _held(one, event, uuid, signal, is_deleted=is_deleted)
    is_sound = quality is not None and quality <= 100  # noqa: PLR2004 - per cent
    found.append(msgspec.structs.replace(held, quality=quality if is_sound else None))


def _signals(one: object) -> Iterator[Signal]:
    kind, value = _text(one, "type"), _text(one, "value")
    if _text(one, "object_relation") == "value" and kind == "hex" and _is_pdq(value):
        yield Signal("pdq", value)
    if kind.startswith(_FILENAME):
        kind, value = kind.removeprefix(_FILENAME), value.rpartition("|")[2]
    if kind in _TYPES and value:
        yield Signal(_TYPES[kind], value)


def _is_pdq(value: str) -> bool:
    return len(value) == 64 and set(value.lower()) <= set("0123456789abcdef")  # noqa: PLR2004 - 256 bits


def _held(
    one: object,
    event: Mapping[str, Any],
    uuid: str,
    signal: Signal | None,
    *,
    is_deleted: bool | None = None,
) -> Held:
    tags = [*_tags(one), *_tags(event)]
    return Held(
        uuid=uuid,
        signal=signal,
        changed_s=_number(one, "timestamp") or 0,
        is_deleted=_flag(one, "deleted") if is_deleted is None else is_deleted,
        category=category_in(tags),
        marking=marking_in(tags),
        org=_text(_mapping(event, "Orgc"), "name"),
    )


def _tags(one: object) -> Iterable[str]:
    return [name for tag in _list(one, "Tag") if (name := _text(tag, "name"))]


def _text(one: object, name: str) -> str:
    value = one.get(name) if isinstance(one, Mapping) else None
    return value if isinstance(value, str) else ""


def _number(one: object, name: str) -> int | None:
    """A whole number, which MISP writes as text or not; None for anything else."""
    value = one.get(name) if isinstance(one, Mapping) else None
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value[:20])
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if 0 <= value <= _LARGEST else None


def _flag(one: object, name: str) -> bool:
    """A truth, which MISP writes as a number, a text or as JSON has it."""
    value = one.get(name) if isinstance(one, Mapping) else None
    return value in (True, 1, "1", "true")


def _list(one: object, name: str) -> list[Any]:
    value = one.get(name) if isinstance(one, Mapping) else None
    return value if isinstance(value, list) else []


def _mapping(one: object, name: str) -> Mapping[str, Any]:
    value = one.get(name) if isinstance(one, Mapping) else None
    return value if isinstance(value, Mapping) else {}
