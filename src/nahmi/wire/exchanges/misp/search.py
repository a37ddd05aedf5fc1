# SPDX-License-Identifier: Apache-2.0
"""A fetch from a MISP by searches for attributes that were changed since the last one.

Timestamps are whole seconds, and many attributes share one. Each fetch therefore begins with the
second of the last one again, and ends before the second that is running: what is changed in it is
left for the next fetch. Pages are counted, so a page counts only once all pages were read.

A MISP that is fed by others takes in attributes with timestamps of before. So each fetch begins a
while earlier than that; what was read already changes nothing.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec

from nahmi.operate.exchanges import Checkpoint, Fetched, Part
from nahmi.partner.misp.reading import Held, Read, read_search
from nahmi.wire.exchanges.misp.records import fetched, kept_from, kept_of, odd
from nahmi.wire.exchanges.moments import seconds_of, to_utc
from nahmi.wire.exchanges.plain_json import read_object, write
from nahmi.wire.exchanges.settling import newest
from nahmi.wire.exchanges.talk import Talk, malformed, may_pass, no

PAGE_SIZE: Final = 1_000

TYPES: Final = (
    "md5",
    "sha1",
    "sha256",
    "filename|md5",
    "filename|sha1",
    "filename|sha256",
    "url",
    "link",
    "domain",
    "hostname",
    "hex",
)
"""Types of attributes that may be signals."""

_OK: Final = 200
Bodies = Callable[[Sequence[str]], Mapping[str, str]]


class State(msgspec.Struct, frozen=True, kw_only=True):
    """How far a node is.

    Attributes:
        since_s: What was changed before it was read, seconds since 1970.
    """

    since_s: int


class MispSearchSession:
    """`ExchangeSession` with a MISP.

    Args:
        talk: To the MISP.
        headers: What the node signs in with.
        known: The signal types that the node has.
        tags: Only attributes with one of these tags; none for all.
        overlap_s: By how much each fetch begins earlier than the last one ended, seconds.
        clock: The current moment, UTC.
    """

    def __init__(  # noqa: PLR0913 - each is a fact of its own
        self,
        talk: Talk,
        headers: Mapping[str, str],
        *,
        known: Sequence[str],
        tags: Sequence[str],
        overlap_s: int,
        clock: Callable[[], datetime],
    ) -> None:
        self._talk = talk
        self._headers = {
            **headers,
            "Accept": "application/json",
            "Content-Type": "application/json",
        }
        self._known = frozenset(known)
        self._tags = list(tags)
        self._overlap_s = overlap_s
        self._clock = clock
        self.types = tuple(sorted(self._known))

    def is_stale(self, checkpoint: str) -> bool:
        """See `ExchangeSession.is_stale`; nothing that was deleted is forgotten."""
        return _read(checkpoint) is None

    def parts(self, checkpoint: str | None, bodies: Bodies) -> Iterator[Part]:
        """See `ExchangeSession.parts`."""
        state = None if checkpoint is None else _read(checkpoint)
        read_s = 0 if state is None else state.since_s
        since = max(read_s - self._overlap_s, 0)
        end = max(read_s, self._talk.no_later(seconds_of(self._clock())))
        page = 1
        while True:
            found, count = self._page(since, page)
            records = self._records([one for one in found.held if one.changed_s < end], bodies)
            records = (*records, *odd(found.unknown, f"{since}:{page}"))
            if count < PAGE_SIZE:
                following = State(since_s=end)
                reached = Checkpoint(msgspec.json.encode(following).decode(), to_utc(end))
                yield Part(records=records, checkpoint=reached, is_end=True)
                return
            yield Part(records=records)
            page += 1

    def _page(self, since: int, page: int) -> tuple[Read, int]:
        wanted = {
            "returnFormat": "json",
            "timestamp": str(since),
            "type": {"OR": list(TYPES)},
            "deleted": [0, 1],
            "includeEventTags": 1,
            "page": page,
            "limit": PAGE_SIZE,
            **({"tags": {"OR": self._tags}} if self._tags else {}),
        }
        reply = self._talk.send(
            "POST",
            f"{self._talk.base_url}/attributes/restSearch",
            headers=self._headers,
            body=write(wanted).encode(),
        )
        if reply.status != _OK:
            raise no(reply.status, is_passing=may_pass(reply))
        document = read_object(reply.body, "response")
        found = read_search(document)
        if found is None:
            raise malformed("an answer of another form")
        return found, len(document["response"]["Attribute"])

    def _records(self, held: Sequence[Held], bodies: Bodies) -> tuple[Fetched, ...]:
        kept = newest(kept_of(held), bodies, kept_from)
        return tuple(fetched(one, self._known) for one in kept)


def _read(checkpoint: str) -> State | None:
    try:
        return msgspec.json.decode(checkpoint, type=State)
    except msgspec.MsgspecError:
        return None
