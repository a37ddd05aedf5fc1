# SPDX-License-Identifier: Apache-2.0
"""What StopNCII answers: pages of hashes that people submitted of pictures of themselves.

Source: StopNCII.org hash exchange, version 1. Values of its lists that are not known are kept as
they are; only a status that says so takes a hash back.
"""

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from nahmi.core.opinion import Opinion, Stance
from nahmi.core.signal import Signal
from nahmi.operate.exchanges import Assertion, Fetched
from nahmi.wire.exchanges.plain_json import (
    is_sendable,
    list_in,
    number,
    read_object,
    word,
    words,
    write,
)
from nahmi.wire.exchanges.talk import malformed

SIGNAL_TYPES: Final = {
    "ImagePDQ": "pdq",
    "VideoMD5": "md5",
    "VideoTMK": "tmk_pdqf",
    "Text": "raw_text",
    "URL": "url",
}
"""Our names of the types that are known."""

_TAKEN_BACK: Final = frozenset({"withdrawn", "deleted"})
_STANCES: Final = {"blocked": Stance.AGREES, "notblocked": Stance.DISAGREES}


class HashRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A hash as it was at one moment.

    Attributes:
        type: As the program writes it.
        value: The hash.
        changed_s: When it was changed last.
        is_gone: It was withdrawn by whom it shows, or deleted.
        raw: All that was said of it.
    """

    type: str
    value: str
    changed_s: float
    is_gone: bool
    raw: dict[str, Any]

    @property
    def key(self) -> str:
        """What it is known by, as JSON."""
        return write([self.type, self.value])

    def __repr__(self) -> str:
        return f"HashRecord(<withheld>, is_gone={self.is_gone})"


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """A part of what was changed since a moment.

    Attributes:
        records: In the order in which they count.
        unreadable: What is no record.
        token: Of the next page; empty for none.
        next_since: From where the next fetch goes on, once the last page is reached.
    """

    records: tuple[HashRecord, ...]
    unreadable: tuple[object, ...]
    token: str
    next_since: int


def read_page(data: bytes) -> Page:
    """The answer to a question for hashes.

    Raises:
        WireError: EXCHANGE_MALFORMED: it is no such answer, or was cut off.
    """
    found = read_object(data, "hashRecords", "hasMoreRecords", "nextSetTimestamp")
    since = number(found["nextSetTimestamp"])
    token = found.get("nextPageToken") or ""
    has_more = found["hasMoreRecords"]
    if since is None or not isinstance(token, str) or not isinstance(has_more, bool):
        raise malformed("an answer of another form")
    if has_more and not token:
        raise malformed("a page that leads nowhere")
    given = list_in(found, "hashRecords")
    records = [(one, _record(one)) for one in given]
    return Page(
        records=tuple(record for _, record in records if record is not None),
        unreadable=tuple(one for one, record in records if record is None),
        token=token if has_more else "",
        next_since=int(since),
    )


def record_from(_: str, body: str) -> HashRecord | None:
    """A record from what `fetched` kept of it; None where something else was kept."""
    try:
        return _record(msgspec.json.decode(body))
    except msgspec.MsgspecError:
        return None


def fetched(record: HashRecord, *, known: frozenset[str], own: str) -> Fetched:
    """What the node keeps of a record: nothing at all of one that was taken back.

    Args:
        record: As it was read.
        known: The signal types that the node has.
        own: How the program calls us; empty where that is not known.
    """
    if record.is_gone:
        return Fetched(key=record.key, body=None)
    name = SIGNAL_TYPES.get(record.type)
    if name not in known:
        return Fetched(key=record.key, body=write(record.raw), unknown_type=record.type)
    signal = Signal(name or "", record.value)
    assertion = Assertion(signal, tuple(_opinions(record, own)))
    return Fetched(key=record.key, body=write(record.raw), assertions=(assertion,))


def _record(one: object) -> HashRecord | None:
    if not isinstance(one, dict):
        return None
    kind, value, status = (one.get(name) for name in ("signalType", "hashValue", "hashStatus"))
    changed_s = number(one.get("lastModtimestamp"))
    if not is_sendable(kind) or not is_sendable(value) or changed_s is None:
        return None
    return HashRecord(
        type=str(kind),
        value=str(value),
        changed_s=changed_s,
        is_gone=str(status).lower() in _TAKEN_BACK,
        raw=one,
    )


def _opinions(record: HashRecord, own: str) -> Iterator[Opinion]:
    """Nobody looks at a hash before it is shared, so each is open; feedback may change that."""
    yield Opinion(stance=Stance.UNSURE)
    given = record.raw.get("CSPFeedbacks")
    for one in given if isinstance(given, list) else ():
        if not isinstance(one, dict):
            continue
        said, source = word(one.get("feedbackValue")), word(one.get("source"))
        if said.lower() in _TAKEN_BACK:
            continue
        yield Opinion(
            stance=_STANCES.get(said.lower(), Stance.UNSURE),
            owner=source,
            is_own=bool(own) and source == own,
            tags=tuple(sorted(set(words(one.get("tags"))))),
        )
