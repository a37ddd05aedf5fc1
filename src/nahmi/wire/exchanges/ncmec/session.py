# SPDX-License-Identifier: Apache-2.0
"""A fetch from NCMEC: windows of time, each drained page by page.

1. A checkpoint is the end of the last window that was drained, and perhaps how to go on in the one
   that is under way. Both change in the transaction that keeps a page.
2. A window counts only when it is drained. Entries come in no order and thousands may share one
   second, so nothing inside a window says how far it is.
3. The link to the next page belongs to its own window and is dead after some hours. Then, and when
   the exchange does not take it any more, the window is opened anew.
4. A fetch reaches back a minute before its checkpoint, and a window a second before the last one:
   entries that were just being written are met the second time.
5. All moments are counted in seconds of UTC, and none counts that the exchange has not reached by
   its own clock.
"""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final
from urllib.parse import quote

import msgspec

from nahmi.errors import ErrorCode, WireError
from nahmi.operate.exchanges import Checkpoint, Fetched, Part
from nahmi.wire.exchanges.moments import seconds_of, to_utc, write_utc
from nahmi.wire.exchanges.ncmec.documents import NcmecEntry, Page, read_page, read_status
from nahmi.wire.exchanges.ncmec.records import entry_of, quarantined, record_of
from nahmi.wire.exchanges.ncmec.types import SIGNAL_TYPES
from nahmi.wire.exchanges.ncmec.windows import Pace
from nahmi.wire.exchanges.settling import newest
from nahmi.wire.exchanges.talk import Talk, malformed

BEHIND_S: Final = 5
"""How far behind the present moment a fetch stays: entries of just now are still being written."""

REACH_BACK_S: Final = 60
"""How far a fetch reaches back before its checkpoint."""

LINK_LASTS_S: Final = 12 * 3600
"""After which a link to a next page is taken for dead."""

Bodies = Callable[[Sequence[str]], Mapping[str, str]]


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """A window that is under way.

    Attributes:
        begin_s: From when, seconds since 1970.
        end_s: Up to when.
        next: The link to its next page; empty before the first.
        at_s: When the link was given.
        count: Entries so far.
    """

    begin_s: int
    end_s: int
    next: str = ""
    at_s: int = 0
    count: int = 0


class State(msgspec.Struct, frozen=True, kw_only=True):
    """How far a node is.

    Attributes:
        drained_s: Up to when everything was handed over, seconds since 1970.
        pace: How long the next window is.
        window: The one that is under way.
    """

    drained_s: int = 0
    pace: Pace = Pace()
    window: Window | None = None


class NcmecSession:
    """`ExchangeSession` with NCMEC.

    Args:
        talk: To the environment.
        headers: What the node signs in with.
        known: The signal types that the node has.
        clock: The current moment, UTC.
    """

    def __init__(
        self,
        talk: Talk,
        headers: Mapping[str, str],
        *,
        known: Sequence[str],
        clock: Callable[[], datetime],
    ) -> None:
        self._talk = talk
        self._headers = headers
        self._clock = clock
        self.types = tuple(sorted(set(known) & set(SIGNAL_TYPES.values())))
        self._own_id = ""

    def is_stale(self, checkpoint: str) -> bool:
        """See `ExchangeSession.is_stale`; entries never expire, so no checkpoint does."""
        return _read(checkpoint) is None

    def parts(self, checkpoint: str | None, bodies: Bodies) -> Iterator[Part]:
        """See `ExchangeSession.parts`."""
        state = (None if checkpoint is None else _read(checkpoint)) or State()
        url = f"{self._talk.base_url}/v2/status"
        self._own_id = self._talk.read(url, read_status, headers=self._headers).member_id
        end_s = self._talk.no_later(seconds_of(self._clock())) - BEHIND_S
        state = yield from self._resumed(state, bodies)
        reach_s = REACH_BACK_S
        while (before_s := state.drained_s) < end_s:
            state = yield from self._drained(self._opened(state, end_s, reach_s), bodies)
            # A window that was cut has not been read to its end, so what it reached back for counts
            # as unread too.
            reach_s = 1 if state.drained_s > before_s else reach_s
        yield Part(is_end=True)

    def _resumed(self, state: State, bodies: Bodies) -> Generator[Part, None, State]:
        """Go on in the window that was under way, if its link still leads somewhere."""
        if state.window is not None and self._is_fresh(state.window):
            try:
                return (yield from self._drained(state, bodies))
            except WireError as error:
                if error.code is not ErrorCode.EXCHANGE_REFUSED:
                    raise
        return msgspec.structs.replace(state, window=None)

    def _opened(self, state: State, end_s: int, reach_s: int) -> State:
        """A state with a new window under way."""
        length = state.pace.length(end_s - state.drained_s)
        begin_s = max(0, state.drained_s - reach_s)
        window = Window(begin_s=begin_s, end_s=state.drained_s + length)
        return msgspec.structs.replace(state, window=window)

    def _is_fresh(self, window: Window) -> bool:
        return 0 <= seconds_of(self._clock()) - window.at_s < LINK_LASTS_S

    def _drained(self, state: State, bodies: Bodies) -> Generator[Part, None, State]:
        """Read a window to its end, or up to where a shorter one is better."""
        met: set[str] = set()
        while (window := state.window) is not None:
            page = self._talk.read(self._url(window), read_page, headers=self._headers)
            met.add(window.next)
            if page.next in met and page.next:
                raise malformed("a chain of pages without an end")
            state = self._after(state, window, page)
            yield Part(records=self._records(page, bodies), checkpoint=_write(state))
        return state

    def _url(self, window: Window) -> str:
        if window.next:
            return self._talk.base_url + window.next
        begin, end = (quote(write_utc(moment)) for moment in (window.begin_s, window.end_s))
        return f"{self._talk.base_url}/v2/entries?from={begin}&to={end}"

    def _after(self, state: State, window: Window, page: Page) -> State:
        """How far the node is after a page."""
        count = window.count + len(page.entries)
        length = window.end_s - state.drained_s
        if not page.next:
            pace = state.pace.after(length, count)
            return State(drained_s=window.end_s, pace=pace)
        newest_s = page.newest_s - state.drained_s
        narrower = None if window.next else state.pace.narrower(length, page.left, newest_s)
        if narrower is not None:
            return State(drained_s=state.drained_s, pace=narrower)
        at_s = seconds_of(self._clock())
        going_on = msgspec.structs.replace(window, next=page.next, at_s=at_s, count=count)
        return msgspec.structs.replace(state, window=going_on)

    def _records(self, page: Page, bodies: Bodies) -> tuple[Fetched, ...]:
        entries: list[NcmecEntry] = newest(page.entries, bodies, entry_of)
        records = [record_of(one, known=self.types, own_id=self._own_id) for one in entries]
        odd = {one.key: one for one in map(quarantined, page.unreadable)}
        return (*records, *odd.values())


def _read(checkpoint: str) -> State | None:
    try:
        return msgspec.json.decode(checkpoint, type=State)
    except msgspec.MsgspecError:
        return None


def _write(state: State) -> Checkpoint:
    return Checkpoint(msgspec.json.encode(state).decode(), to_utc(state.drained_s))
