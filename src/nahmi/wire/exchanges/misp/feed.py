# SPDX-License-Identifier: Apache-2.0
"""A fetch from a MISP feed: the manifest, and each event that is newer than when it was read last.

A feed never says that an event left it; what is taken back comes as deleted attributes. The
checkpoint holds the timestamps of the events, so one request is enough where nothing is new.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec

from nahmi.operate.exchanges import Checkpoint, Part
from nahmi.partner.misp.reading import read_event
from nahmi.wire.exchanges.misp.records import fetched, kept_from, kept_of, odd
from nahmi.wire.exchanges.moments import to_utc
from nahmi.wire.exchanges.plain_json import is_uuid, number, read_object
from nahmi.wire.exchanges.settling import newest
from nahmi.wire.exchanges.talk import Talk, malformed

Bodies = Callable[[Sequence[str]], Mapping[str, str]]


class State(msgspec.Struct, frozen=True, kw_only=True):
    """How far a node is.

    Attributes:
        events: The timestamps of the events that were read, by UUID.
    """

    events: dict[str, int]


class MispFeedSession:
    """`ExchangeSession` with a feed.

    Args:
        talk: To the folder of the feed.
        headers: What the node signs in with.
        known: The signal types that the node has.
    """

    def __init__(self, talk: Talk, headers: Mapping[str, str], *, known: Sequence[str]) -> None:
        self._talk = talk
        self._headers = {**headers, "Accept": "application/json, text/plain, text/*"}
        self._known = frozenset(known)
        self.types = tuple(sorted(self._known))

    def is_stale(self, checkpoint: str) -> bool:
        """See `ExchangeSession.is_stale`; a feed has everything at any time."""
        return _read(checkpoint) is None

    def parts(self, checkpoint: str | None, bodies: Bodies) -> Iterator[Part]:
        """See `ExchangeSession.parts`."""
        state = (None if checkpoint is None else _read(checkpoint)) or State(events={})
        stamps = self._talk.read(
            f"{self._talk.base_url}/manifest.json", _manifest, headers=self._headers
        )
        done = dict(state.events)
        newer = [name for name, stamp in stamps.items() if stamp > done.get(name, -1)]
        for name in sorted(newer, key=stamps.__getitem__):
            yield self._event(name, bodies)
            done[name] = stamps[name]
            yield Part(checkpoint=_checkpoint(done))
        yield Part(checkpoint=_checkpoint(done), is_end=True)

    def _event(self, name: str, bodies: Bodies) -> Part:
        found = self._talk.read(
            f"{self._talk.base_url}/{name}.json",
            lambda data: read_event(read_object(data, "Event")),
            headers=self._headers,
        )
        if found is None:
            raise malformed("an event")
        kept = newest(kept_of(found.held), bodies, kept_from)
        records = [fetched(one, self._known) for one in kept]
        return Part(records=(*records, *odd(found.unknown, name)))


def _manifest(data: bytes) -> dict[str, int]:
    """The timestamps of a feed's events.

    Raises:
        WireError: EXCHANGE_MALFORMED.
    """
    found: dict[str, int] = {}
    for name, about in read_object(data).items():
        stamp = about.get("timestamp") if isinstance(about, dict) else None
        whole = number(int(stamp) if isinstance(stamp, str) and stamp.isdigit() else stamp)
        if not is_uuid(name) or whole is None:
            raise malformed("a manifest")
        found[name] = int(whole)
    return found


def _checkpoint(events: Mapping[str, int]) -> Checkpoint:
    text = msgspec.json.encode(State(events=dict(events))).decode()
    reached = max(events.values(), default=None)
    return Checkpoint(text, None if reached is None else to_utc(reached))


def _read(checkpoint: str) -> State | None:
    try:
        return msgspec.json.decode(checkpoint, type=State)
    except msgspec.MsgspecError:
        return None
