# SPDX-License-Identifier: Apache-2.0
"""A fetch from a TAXII 2.1 collection: what was added since the last one, page by page.

Servers differ in what they make of the standard, so nothing is built on more than this:

1. A page that `next` leads to is asked for once. Some servers forget it as soon as it was read; if
   it is lost on the way, the fetch begins again at its last checkpoint.
2. A checkpoint is the moment of the last object that was read, and it is made only where no other
   object has the same moment: at the end of all pages, or where the next page begins later.
3. Where there is more and no `next`, the fetch goes on just before the moment of the last object,
   and asks for more at once while a page holds one moment alone.
4. Some servers give what was added at the very moment again; where they do, that is where the fetch
   goes on. Records have names, so to read one twice is to read it once.
5. Where headers do not say when objects were added, the manifest is asked. Where that does not
   know either, the checkpoint stays, and the next fetch reads the same again.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final
from urllib.parse import quote

import msgspec

from nahmi.operate.exchanges import Checkpoint, Fetched, Part
from nahmi.partner.stix.moments import taxii_moment
from nahmi.wire.exchanges.moments import to_utc
from nahmi.wire.exchanges.plain_json import write
from nahmi.wire.exchanges.talk import Talk, malformed
from nahmi.wire.exchanges.taxii.documents import (
    FIRST,
    LAST,
    Envelope,
    read_added,
    read_envelope,
)
from nahmi.wire.exchanges.taxii.records import fetched, joined, kept_from, understood

ACCEPT: Final = "application/taxii+json;version=2.1"

MOST_AT_ONE_MOMENT: Final = 1_000_000
"""Objects that may have one moment on a server that knows no `next`."""

_SECOND_US: Final = 1_000_000

Bodies = Callable[[Sequence[str]], Mapping[str, str]]


class State(msgspec.Struct, frozen=True, kw_only=True):
    """How far a node is.

    Attributes:
        after_us: Everything that was added until then was read, microseconds since 1970; None
            where nothing tells when anything was added.
    """

    after_us: int | None


class TaxiiSession:
    """`ExchangeSession` with a collection.

    Args:
        talk: To the collection.
        headers: What the node signs in with.
        known: The signal types that the node has.
        page_size: Objects of a page.
    """

    def __init__(
        self, talk: Talk, headers: Mapping[str, str], *, known: Sequence[str], page_size: int
    ) -> None:
        self._talk = talk
        self._headers = {**headers, "Accept": ACCEPT}
        self._known = frozenset(known)
        self._page_size = page_size
        self.types = tuple(sorted(self._known))

    def is_stale(self, checkpoint: str) -> bool:
        """See `ExchangeSession.is_stale`; what was added stays where it is."""
        return _read(checkpoint) is None

    def parts(self, checkpoint: str | None, bodies: Bodies) -> Iterator[Part]:
        """See `ExchangeSession.parts`."""
        state = None if checkpoint is None else _read(checkpoint)
        way = _Way(None if state is None else state.after_us, self._page_size)
        while True:
            page = self._page(way)
            if way.token and way.is_settled_before(page):
                yield Part(checkpoint=_checkpoint(way.reached))
            records = self._records(page, bodies)
            way.pass_by(page)
            if way.needs_moment and not page.token:
                way.reach(self._added(way.last_name))
            if not page.has_more:
                yield Part(records=records, checkpoint=_checkpoint(way.reached), is_end=True)
                return
            yield Part(records=records)
            way.go_on(page)

    def _page(self, way: "_Way") -> Envelope:
        query = [f"limit={way.limit}"]
        if way.after is not None:
            query.append(f"added_after={quote(taxii_moment(way.after), safe='')}")
        if way.token:
            query.append(f"next={quote(way.token, safe='')}")
        url = f"{self._talk.base_url}/objects/?{'&'.join(query)}"
        return self._talk.read_reply(
            url, read_envelope, headers=self._headers, wanted=(FIRST, LAST), is_once=bool(way.token)
        )

    def _added(self, name: str) -> int | None:
        """When an object was added, as the manifest says."""
        if not name:
            return None
        url = f"{self._talk.base_url}/manifest/?match%5Bid%5D={quote(name, safe='')}"
        return self._talk.read_reply(url, read_added, headers=self._headers)

    def _records(self, page: Envelope, bodies: Bodies) -> tuple[Fetched, ...]:
        found = understood(page.objects)
        kept = dict(found.kept)
        keys = {write(name): name for name in kept}
        for key, body in bodies(list(keys)).items():
            before = kept_from(body)
            if before is not None:
                kept[keys[key]] = joined(before, kept[keys[key]])
        return (*(fetched(name, one, self._known) for name, one in kept.items()), *found.odd)


class _Way:
    """Where a fetch is in a collection.

    Args:
        after: The moment after which it begins, microseconds since 1970; None for everything.
        usual: Objects of a page.

    Attributes:
        after: The moment after which the next page begins, unless `token` says so.
        limit: Objects of the next page.
        token: What leads to the next page; empty for none.
        reached: The latest moment of what was read.
        last_name: The id of the last object.
        needs_moment: Nothing has told when that was added.
    """

    def __init__(self, after: int | None, usual: int) -> None:
        self.after = self.reached = after
        self.limit = self._usual = usual
        self.token = ""
        self.last_name = ""
        self.needs_moment = False
        self._is_inclusive = False
        self._led_to: dict[str, int] = {}

    def is_settled_before(self, page: Envelope) -> bool:
        """Whether everything at the last moment so far came with the pages before one."""
        if self.needs_moment or self.reached is None or page.first_us is None:
            return False
        return page.first_us > self.reached and self.reached != self.after

    def pass_by(self, page: Envelope) -> None:
        """Take note of a page."""
        names = (one.get("id") for one in reversed(page.objects) if isinstance(one, dict))
        name = next((one for one in names if isinstance(one, str) and one), "")
        if name:
            self.last_name = name
            self.needs_moment = page.last_us is None
        self.reach(page.last_us)
        if self.token:
            self._check_progress(page)
        elif page.first_us is not None and page.first_us == self.after:
            self._is_inclusive = True

    def reach(self, us: int | None) -> None:
        """Take note of a moment."""
        if us is not None:
            self.reached = us if self.reached is None else max(us, self.reached)

    def go_on(self, page: Envelope) -> None:
        """Turn to the page after one.

        Raises:
            WireError: EXCHANGE_MALFORMED: nothing leads there.
        """
        self.token = page.token
        if not self.token:
            self._go_by_time(page)

    def _check_progress(self, page: Envelope) -> None:
        """Refuse to be led in a circle: some servers lead on by one and the same token."""
        digest = hash(msgspec.json.encode(page.objects))
        if page.has_more and self._led_to.get(self.token) == digest:
            raise malformed("a chain of pages without an end")
        self._led_to[self.token] = digest

    def _go_by_time(self, page: Envelope) -> None:
        if self.reached is None or not page.objects:
            raise malformed("a page that leads nowhere")
        following = self.reached if self._is_inclusive else self.reached - 1
        if self.after is None or following > self.after:
            self.after, self.limit = following, self._usual
        elif self.limit >= MOST_AT_ONE_MOMENT:
            raise malformed("more at one moment than it lets anybody read")
        else:
            self.limit *= 2


def _checkpoint(reached: int | None) -> Checkpoint:
    text = msgspec.json.encode(State(after_us=reached)).decode()
    return Checkpoint(text, None if reached is None else to_utc(reached / _SECOND_US))


def _read(checkpoint: str) -> State | None:
    try:
        return msgspec.json.decode(checkpoint, type=State)
    except msgspec.MsgspecError:
        return None
