# SPDX-License-Identifier: Apache-2.0
"""What NCMEC's hash sharing answers, version 2: entries, members and reasons out of XML.

Source: NCMEC hash sharing web service, version 2. Elements that are not known stay with the entry
as they are; an entry that cannot be read stops no other.
"""

from collections.abc import Iterator
from typing import Final
from urllib.parse import parse_qs, urlsplit

import msgspec

from nahmi.core.opinion import Stance
from nahmi.wire.exchanges.moments import read_utc
from nahmi.wire.exchanges.ncmec.types import type_of
from nahmi.wire.exchanges.safe_xml import Element, read_xml
from nahmi.wire.exchanges.talk import malformed

NAMESPACE: Final = "https://hashsharing.ncmec.org/hashsharing/v2"
"""Of every document."""

_LISTS: Final = {"images": ("image", "deletedImage"), "videos": ("video", "deletedVideo")}
_KNOWN: Final = frozenset(
    {"member", "timestamp", "id", "classification", "fingerprints", "feedback"}
)
_VOTES: Final = {"affirmativeFeedback": Stance.AGREES, "negativeFeedback": Stance.DISAGREES}


class Member(msgspec.Struct, frozen=True):
    """An organisation that takes part.

    Attributes:
        member_id: Its number, as text.
        name: Its name.
    """

    member_id: str
    name: str = ""


class Print(msgspec.Struct, frozen=True):
    """One fingerprint of an entry.

    Attributes:
        type: As `type_of` writes it.
        value: Its text; empty where the entry only refers to it.
        href: Where it refers to.
    """

    type: str
    value: str = ""
    href: str = ""

    def __repr__(self) -> str:
        return f"Print(type={self.type!r}, value=<withheld>)"


class Vote(msgspec.Struct, frozen=True, kw_only=True):
    """What a member thinks of one fingerprint of an entry.

    Attributes:
        type: Of the fingerprint, as `type_of` writes it.
        stance: Agreement or disagreement.
        member: Who.
        at: When, as the exchange wrote it.
        reason: Why, in the exchange's words; empty where it agrees.
        reason_id: The reason's GUID.
    """

    type: str
    stance: Stance
    member: Member
    at: str = ""
    reason: str = ""
    reason_id: str = ""


class NcmecEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An entry, or that it was taken back.

    Attributes:
        member: Who shared it.
        entry_id: Its name among the member's entries.
        changed_s: When it came to be so, seconds since 1970.
        is_gone: It was taken back; then the rest is empty.
        is_video: Of a video, not of a picture.
        classification: Such as `A1`.
        prints: All its fingerprints.
        votes: What members think of them.
        other: Elements that are not known, as they are.
    """

    member: Member
    entry_id: str
    changed_s: int
    is_gone: bool = False
    is_video: bool = False
    classification: str = ""
    prints: tuple[Print, ...] = ()
    votes: tuple[Vote, ...] = ()
    other: tuple[Element, ...] = ()

    @property
    def key(self) -> str:
        """What it is known by, as JSON."""
        return msgspec.json.encode([self.member.member_id, self.entry_id]).decode()

    def __repr__(self) -> str:
        return f"NcmecEntry(<withheld>, is_gone={self.is_gone})"


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """A part of what lies in a window of time.

    Attributes:
        entries: In no order.
        unreadable: Entries without name, owner or moment, and what is no entry at all.
        next: Where the next part is; empty for none.
        newest_s: The latest moment that the page names, seconds since 1970; 0 for none.
        left: About how many entries the whole window has from the beginning of this page; 0 where
            the exchange does not say.
    """

    entries: tuple[NcmecEntry, ...]
    unreadable: tuple[Element, ...]
    next: str = ""
    newest_s: int = 0
    left: int = 0


def read_page(data: bytes) -> Page:
    """The answer to a question for entries.

    Raises:
        WireError: EXCHANGE_MALFORMED: it is no such answer.
    """
    root = _root(data, "queryResult")
    entries: list[NcmecEntry] = []
    unreadable: list[Element] = []
    newest = 0
    for part in root.children:
        if part.namespace != NAMESPACE or part.name not in _LISTS:
            unreadable += [part] if part.name != "paging" else []
            continue
        newest = max(newest, read_utc(part.attributes.get("maxTimestamp", "")) or 0)
        for child in part.children:
            entry = _entry(child, _LISTS[part.name])
            if entry is None:
                unreadable.append(child)
            else:
                entries.append(entry)
    following = _following(root)
    return Page(
        entries=tuple(entries),
        unreadable=tuple(unreadable),
        next=following,
        newest_s=max([newest, *(entry.changed_s for entry in entries)]),
        left=_left(following, len(entries)),
    )


def read_status(data: bytes) -> Member:
    """Who we are, from the answer to a question for the status.

    Raises:
        WireError: EXCHANGE_MALFORMED.
    """
    member = _root(data, "status").child("member")
    if member is None or not member.attributes.get("id"):
        raise malformed("a status")
    return _member(member)


def read_reasons(data: bytes) -> dict[str, str]:
    """The reasons that disagreement may have: names by GUID.

    Raises:
        WireError: EXCHANGE_MALFORMED.
    """
    root = _root(data, "availableFeedbackReasons")
    found = {
        one.attributes["guid"]: one.attributes.get("name", "")
        for one in root.named("reason")
        if one.attributes.get("guid")
    }
    if not found and root.children:
        raise malformed("a list of reasons")
    return found


def _root(data: bytes, name: str) -> Element:
    root = read_xml(data)
    if (root.namespace, root.name) != (NAMESPACE, name):
        raise malformed("a document of another kind")
    return root


def _entry(element: Element, kinds: tuple[str, str]) -> NcmecEntry | None:
    """One entry; None where it cannot be known by anything, or has no moment."""
    member, entry_id = element.child("member"), element.text_of("id")
    changed_s = read_utc(element.text_of("timestamp"))
    is_ours = element.namespace == NAMESPACE and element.name in kinds
    owner = None if member is None else _member(member)
    if not is_ours or owner is None or not owner.member_id or not entry_id or changed_s is None:
        return None
    is_gone = element.name == kinds[1]
    return NcmecEntry(
        member=owner,
        entry_id=entry_id,
        changed_s=changed_s,
        is_gone=is_gone,
        is_video=kinds[0] == "video",
        classification=element.text_of("classification"),
        prints=tuple(_prints(element.child("fingerprints"))),
        votes=tuple(_votes(element.child("feedback"))),
        other=tuple(child for child in element.children if not _is_known(child)),
    )


def _is_known(child: Element) -> bool:
    return child.namespace == NAMESPACE and child.name in _KNOWN


def _prints(element: Element | None) -> Iterator[Print]:
    for child in () if element is None else element.children:
        yield Print(type_of(child.name), child.text, child.attributes.get("href", ""))


def _votes(element: Element | None) -> Iterator[Vote]:
    for child in () if element is None else element.children:
        stance = _VOTES.get(child.name)
        if stance is None or child.namespace != NAMESPACE:
            continue
        kind = type_of(child.attributes.get("type", ""))
        holder = child.child("reasons") if stance is Stance.DISAGREES else child
        yield from _voters(holder or child, kind, stance)


def _voters(holder: Element, kind: str, stance: Stance) -> Iterator[Vote]:
    """Votes of one kind; a reason stands beside those who gave it, before them."""
    reason: Element | None = None
    for child in holder.children:
        if child.name == "reason":
            reason = child
        if child.name != "members":
            continue
        why = {} if reason is None else reason.attributes
        for member in child.named("member"):
            yield Vote(
                type=type_of(why.get("type", "")) or kind,
                stance=stance,
                member=_member(member),
                at=child.attributes.get("timestamp", ""),
                reason=why.get("name", ""),
                reason_id=why.get("guid", ""),
            )


def _member(element: Element) -> Member:
    return Member(element.attributes.get("id", ""), element.text)


def _following(root: Element) -> str:
    paging = root.child("paging")
    following = "" if paging is None else paging.text_of("next")
    if following and not following.startswith("/v2/"):
        raise malformed("a next page")
    return following


def _left(following: str, here: int) -> int:
    asked = parse_qs(urlsplit(following).query)
    start, most = (asked.get(name, ["0"])[0] for name in ("start", "max"))
    if not (start.isdecimal() and most.isdecimal()) or not int(most):
        return 0
    return max(int(most) - int(start), 0) + here
