# SPDX-License-Identifier: Apache-2.0
"""Indicators of ThreatExchange as records: which signal each is, and what members think of it."""

from collections.abc import Iterator
from typing import Final

import msgspec

from nahmi.core.opinion import Opinion, Stance
from nahmi.core.signal import Signal
from nahmi.operate.exchanges import Assertion, Fetched
from nahmi.wire.exchanges.plain_json import write
from nahmi.wire.exchanges.threatexchange.documents import Descriptor, Indicator

SIGNAL_TYPES: Final = {
    "HASH_PDQ": "pdq",
    "HASH_MD5": "md5",
    "HASH_VIDEO_MD5": "md5",
    "HASH_SHA1": "sha1",
    "HASH_SHA256": "sha256",
    "HASH_VIDEO_SHA256": "sha256",
    "URI": "url",
    "RAW_URI": "url",
    "UNCLICKABLE_URL": "url",
    "HASH_URL_MD5": "url_md5",
    "TEXT_STRING": "raw_text",
    "TREND_QUERY": "trend_query",
    "HASH_TEXT_TLSH": "tlsh",
    "HASH_PDQ_OCR": "pdq_ocr",
}
"""Our names of the types that are known; a digest is the same of a picture and of a video."""

HELPFUL: Final = "HELPFUL"
DISAGREE: Final = "DISAGREE_WITH_TAGS"

_DEBUG: Final = "DEBUG_STRING"
_TYPE_TAG: Final = "signal_type:"
_SEEN_TOO: Final = "SAW_THIS_TOO"
_STATUSES: Final = {"MALICIOUS": Stance.AGREES, "NON_MALICIOUS": Stance.DISAGREES}
# Disagreement is spelt in two ways: one that clients write, and one that others look for.
_REACTIONS: Final = {
    HELPFUL: Stance.AGREES,
    DISAGREE: Stance.DISAGREES,
    "NOT_HELPFUL": Stance.DISAGREES,
    _SEEN_TOO: Stance.UNSURE,
}


def indicator_from(_: str, body: str) -> Indicator | None:
    """An indicator from what `record_of` kept of it; None where something else was kept."""
    try:
        return msgspec.json.decode(body, type=Indicator)
    except msgspec.MsgspecError:
        return None


def record_of(indicator: Indicator, *, known: frozenset[str], own_id: str) -> Fetched:
    """The record of an indicator.

    One that was taken back stays as a record without its value, so that an older version that
    arrives later does not bring it back.

    Args:
        indicator: As it was read.
        known: The signal types that the node has.
        own_id: Our own number as a member.
    """
    body = write(indicator)
    if indicator.is_gone:
        return Fetched(key=indicator.key, body=body, is_withdrawn=True)
    name = _signal_type(indicator)
    if name not in known:
        return Fetched(key=indicator.key, body=body, unknown_type=name)
    opinions = tuple(_opinions(indicator, own_id))
    if not opinions:  # nobody whom we may see says anything of it
        return Fetched(key=indicator.key, body=body)
    assertion = Assertion(Signal(name, indicator.indicator), opinions)
    return Fetched(key=indicator.key, body=body, assertions=(assertion,))


def _signal_type(indicator: Indicator) -> str:
    """Our name of its type, or the program's where we have none."""
    if indicator.type == _DEBUG:
        tags = (tag for one in indicator.descriptors for tag in one.tags)
        named = (tag.removeprefix(_TYPE_TAG) for tag in tags if tag.startswith(_TYPE_TAG))
        return next(named, _DEBUG)
    return SIGNAL_TYPES.get(indicator.type, indicator.type)


def _opinions(indicator: Indicator, own_id: str) -> Iterator[Opinion]:
    for one in indicator.descriptors:
        yield _said(one, own_id)
        for reaction, members in one.reactions.items():
            stance = _REACTIONS.get(reaction, Stance.UNSURE)
            tags = () if stance is not Stance.UNSURE else (reaction.lower(),)
            for member in members:
                yield Opinion(stance=stance, owner=member, is_own=member == own_id, tags=tags)


def _said(one: Descriptor, own_id: str) -> Opinion:
    return Opinion(
        stance=_STATUSES.get(one.status, Stance.UNSURE),
        owner=one.owner,
        is_own=one.owner == own_id,
        tags=one.tags,
    )
