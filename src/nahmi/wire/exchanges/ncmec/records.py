# SPDX-License-Identifier: Apache-2.0
"""Entries of NCMEC as records: every fingerprint is kept, and every vote is an opinion."""

from collections.abc import Collection, Iterator
from hashlib import blake2b

import msgspec

from nahmi.core.opinion import Opinion, Stance
from nahmi.core.signal import Signal
from nahmi.operate.exchanges import Assertion, Fetched
from nahmi.wire.exchanges.ncmec.documents import Member, NcmecEntry, Print
from nahmi.wire.exchanges.ncmec.types import SIGNAL_TYPES
from nahmi.wire.exchanges.safe_xml import Element


def entry_of(_: str, body: str) -> NcmecEntry | None:
    """An entry from what `record_of` kept of it; None where something else was kept."""
    try:
        return msgspec.json.decode(body, type=NcmecEntry)
    except msgspec.MsgspecError:
        return None


def record_of(entry: NcmecEntry, *, known: Collection[str], own_id: str) -> Fetched:
    """The record of an entry.

    What was taken back stays as a record that asserts nothing. It holds no fingerprint, and without
    it an older version that arrives later would count.

    Args:
        entry: As it was read.
        known: The signal types that the node has.
        own_id: Our own number as a member.
    """
    body = msgspec.json.encode(entry).decode()
    if entry.is_gone:
        return Fetched(key=entry.key, body=body, is_withdrawn=True)
    assertions = tuple(_assertions(entry, known, own_id))
    unknown = [one.type for one in entry.prints if _signal_type(one, known) is None]
    unknown += [one.name for one in entry.other]
    is_used = bool(assertions)
    return Fetched(
        key=entry.key,
        body=body,
        assertions=assertions,
        unknown_type="" if is_used or not unknown else unknown[0],
        also_unknown=tuple(unknown if is_used else unknown[1:]),
    )


def quarantined(element: Element) -> Fetched:
    """What could not be read as an entry, under a name made of all that it says."""
    body = msgspec.json.encode(element)
    name = blake2b(body, digest_size=16).hexdigest()
    return Fetched(
        key=msgspec.json.encode({"unreadable": name}).decode(),
        body=body.decode(),
        is_refused=True,
        also_unknown=(element.name,),
    )


def _assertions(entry: NcmecEntry, known: Collection[str], own_id: str) -> Iterator[Assertion]:
    for one in entry.prints:
        name = _signal_type(one, known)
        if name is not None and one.value:
            yield Assertion(Signal(name, one.value), tuple(_opinions(entry, one.type, own_id)))


def _signal_type(one: Print, known: Collection[str]) -> str | None:
    name = SIGNAL_TYPES.get(one.type)
    return name if name in known else None


def _opinions(entry: NcmecEntry, kind: str, own_id: str) -> Iterator[Opinion]:
    """The entry is its owner's agreement; votes on one fingerprint say nothing of another."""
    tags = {entry.classification} - {""}
    yield _opinion(Stance.AGREES, entry.member, own_id, tags)
    for vote in entry.votes:
        if vote.type == kind:
            yield _opinion(vote.stance, vote.member, own_id, {vote.reason} - {""})


def _opinion(stance: Stance, member: Member, own_id: str, tags: set[str]) -> Opinion:
    # Names change and need not be unique; numbers are what the exchange goes by.
    owner = f"{member.name} ({member.member_id})" if member.name else member.member_id
    return Opinion(
        stance=stance,
        owner=owner,
        is_own=bool(own_id) and member.member_id == own_id,
        tags=tuple(sorted(tags)),
    )
