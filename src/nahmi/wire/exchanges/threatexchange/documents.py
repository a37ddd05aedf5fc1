# SPDX-License-Identifier: Apache-2.0
"""What Meta's ThreatExchange answers: indicators, and what members say of each.

Source: Graph API 21.0, `threat_updates`. An indicator was taken back when it says so, or when
nobody says anything of it any more. A descriptor without an owner is one that we may not see just
now: what was known before stays until it can be seen again.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from nahmi.wire.exchanges.plain_json import is_sendable, list_in, number, read_object, word, write
from nahmi.wire.exchanges.talk import malformed

FIELDS: Final = (
    "id,indicator,type,last_updated,should_delete,descriptors{id,reactions,owner{id},tags,status}"
)
"""What is asked for of each indicator."""


_TOKEN: Final = re.compile(r"(?<=[?&])access_token=[^&#]*&?")


class Descriptor(msgspec.Struct, frozen=True, kw_only=True):
    """What one member says of an indicator.

    Attributes:
        descriptor_id: Its number, as text.
        owner: The member's number; empty where we may not see it.
        status: Such as `MALICIOUS`.
        tags: Words that they put on it, sorted.
        reactions: What others think: numbers of members by reaction.
    """

    descriptor_id: str
    owner: str = ""
    status: str = ""
    tags: tuple[str, ...] = ()
    reactions: dict[str, tuple[str, ...]] = {}


class Indicator(msgspec.Struct, frozen=True, kw_only=True):
    """An indicator as it was at one moment.

    Attributes:
        indicator_id: Its number, as text.
        type: Such as `HASH_PDQ`.
        indicator: The hash, address or text itself; empty once it is gone.
        changed_s: When it was changed last, seconds since 1970.
        is_gone: It was taken back.
        is_unsure: Something of it could not be seen, so that it is to be looked at again.
        descriptors: What members say.
    """

    indicator_id: str
    type: str
    indicator: str
    changed_s: float
    is_gone: bool = False
    is_unsure: bool = False
    descriptors: tuple[Descriptor, ...] = ()

    @property
    def key(self) -> str:
        """What it is known by, as JSON."""
        return write(self.indicator_id)

    def __repr__(self) -> str:
        return f"Indicator(type={self.type!r}, <withheld>)"

    def seen_with(self, before: "Indicator | None") -> "Indicator":
        """With what was known before of what cannot be seen now."""
        if self.is_gone or not self.is_unsure or before is None or before.is_gone:
            return self
        known = {one.descriptor_id: one for one in before.descriptors}
        known |= {
            one.descriptor_id: one
            for one in self.descriptors
            if one.owner or one.descriptor_id not in known
        }
        return msgspec.structs.replace(self, descriptors=tuple(known.values()))


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Some of what was changed in a span of time.

    Attributes:
        indicators: In the order of the answer.
        unreadable: What is no indicator.
        next: The whole address of the next page, without the token; empty for none.
    """

    indicators: tuple[Indicator, ...]
    unreadable: tuple[object, ...]
    next: str = ""


def read_page(data: bytes) -> Page:
    """The answer to a question for updates.

    Raises:
        WireError: EXCHANGE_MALFORMED: it is no such answer.
    """
    found = read_object(data, "data")
    given = [(one, indicator_in(one)) for one in list_in(found, "data")]
    paging = found.get("paging")
    following = paging.get("next") if isinstance(paging, dict) else None
    if following is not None and not isinstance(following, str):
        raise malformed("a next page")
    return Page(
        indicators=tuple(one for _, one in given if one is not None),
        unreadable=tuple(raw for raw, one in given if one is None),
        next=without_token(following or ""),
    )


def read_indicator(data: bytes) -> Indicator | None:
    """The answer to a question for a single indicator.

    Raises:
        WireError: EXCHANGE_MALFORMED: it is no JSON.
    """
    return indicator_in(read_object(data))


def without_token(url: str) -> str:
    """An address without the token that the program writes into it; all else stays as it is.

    The token goes into a header, so that neither a log of a proxy nor a checkpoint holds it.
    """
    return _TOKEN.sub("", url).rstrip("?&")


def indicator_in(raw: object) -> Indicator | None:
    """An indicator; None for what is none."""
    if not isinstance(raw, dict):
        return None
    found_id, kind, value = (raw.get(name) for name in ("id", "type", "indicator"))
    changed_s = number(raw.get("last_updated"))
    if not word(found_id) or changed_s is None:
        return None
    is_gone = raw.get("should_delete") is True or "descriptors" not in raw
    if not is_gone and not (is_sendable(value) and is_sendable(kind)):
        return None
    descriptors = () if is_gone else tuple(_descriptors(raw["descriptors"]))
    return Indicator(
        indicator_id=word(found_id),
        type=word(kind),
        indicator="" if is_gone else str(value),
        changed_s=changed_s,
        is_gone=is_gone,
        is_unsure=not is_gone and not all(one.owner for one in descriptors or [_UNSEEN]),
        descriptors=descriptors,
    )


_UNSEEN: Final = Descriptor(descriptor_id="")


def _descriptors(raw: object) -> Iterator[Descriptor]:
    for one in _listed(raw):
        if not isinstance(one, dict) or not word(one.get("id")):
            continue
        owner = one.get("owner")
        yield Descriptor(
            descriptor_id=word(one["id"]),
            owner=word(owner.get("id")) if isinstance(owner, dict) else "",
            status=word(one.get("status")),
            tags=tuple(sorted(set(_tags(one.get("tags"))))),
            reactions=dict(_reactions(one.get("reactions"))),
        )


def _listed(raw: object) -> list[Any]:
    """A list, which may lie under `data`."""
    inner = raw.get("data") if isinstance(raw, dict) else raw
    return inner if isinstance(inner, list) else []


def _tags(raw: object) -> Iterator[str]:
    for one in _listed(raw):
        text = word(one.get("text") if isinstance(one, dict) else one)
        if text:
            yield text


def _reactions(raw: object) -> Iterator[tuple[str, tuple[str, ...]]]:
    for one in _listed(raw):
        if isinstance(one, dict) and isinstance(one.get("value"), str):
            members = tuple(part.strip() for part in one["value"].split(",") if part.strip())
            yield word(one.get("key")), members
