# SPDX-License-Identifier: Apache-2.0
"""A fetch from StopNCII: what was changed since the last one, page by page.

1. The pages of a fetch belong together: only the last one says from where the next fetch goes on,
   and it may say an earlier moment than the first. A fetch that breaks off begins again there.
2. What is withdrawn is forgotten altogether. An older version of it that comes later in the same
   fetch, or is repeated, does not bring it back.
3. After thirty days of silence deletions may have been missed, so everything is fetched anew.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final
from urllib.parse import quote

import msgspec

from nahmi.operate.exchanges import Checkpoint, Fetched, Part
from nahmi.wire.exchanges.moments import seconds_of, to_utc
from nahmi.wire.exchanges.plain_json import quarantined
from nahmi.wire.exchanges.settling import newest
from nahmi.wire.exchanges.stopncii.documents import (
    SIGNAL_TYPES,
    HashRecord,
    Page,
    fetched,
    read_page,
    record_from,
)
from nahmi.wire.exchanges.talk import Talk, malformed

FIRST: Final = 10
"""The moment from which everything is asked for; 0 is not taken."""

PAGE_SIZE: Final = 800

STALE_S: Final = 30 * 24 * 3600
"""Silence after which a fetch begins from nothing."""

Bodies = Callable[[Sequence[str]], Mapping[str, str]]


class State(msgspec.Struct, frozen=True, kw_only=True):
    """How far a node is.

    Attributes:
        since: What the last page of the last fetch said.
        at_s: When that was, seconds since 1970.
    """

    since: int
    at_s: int


class StopNciiSession:
    """`ExchangeSession` with StopNCII.

    Args:
        talk: To the program.
        headers: What the node signs in with.
        known: The signal types that the node has.
        own: How the program calls us.
        clock: The current moment, UTC.
    """

    def __init__(
        self,
        talk: Talk,
        headers: Mapping[str, str],
        *,
        known: Sequence[str],
        own: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._talk = talk
        self._headers = headers
        self._known = frozenset(known)
        self._own = own
        self._clock = clock
        self._gone: dict[str, HashRecord] = {}
        self.types = tuple(sorted(self._known & set(SIGNAL_TYPES.values())))

    def is_stale(self, checkpoint: str) -> bool:
        """See `ExchangeSession.is_stale`."""
        state = _read(checkpoint)
        return state is None or seconds_of(self._clock()) - state.at_s >= STALE_S

    def parts(self, checkpoint: str | None, bodies: Bodies) -> Iterator[Part]:
        """See `ExchangeSession.parts`."""
        state = None if checkpoint is None else _read(checkpoint)
        since = FIRST if state is None else max(state.since, FIRST)
        met = {""}
        page = self._page(since, "")
        while page.token:
            yield Part(records=self._records(page, bodies))
            if page.token in met:
                raise malformed("a chain of pages without an end")
            met.add(page.token)
            page = self._page(since, page.token)
        following = State(since=page.next_since, at_s=seconds_of(self._clock()))
        reached = Checkpoint(msgspec.json.encode(following).decode(), to_utc(following.since))
        yield Part(records=self._records(page, bodies), checkpoint=reached, is_end=True)

    def _page(self, since: int, token: str) -> Page:
        url = f"{self._talk.base_url}/FetchHashes?startTimestamp={since}&pageSize={PAGE_SIZE}"
        if token:
            url += f"&nextPageToken={quote(token, safe='')}"
        return self._talk.read(url, read_page, headers=self._headers)

    def _records(self, page: Page, bodies: Bodies) -> tuple[Fetched, ...]:
        keys = {one.key for one in page.records}
        remembered = [self._gone[key] for key in keys if key in self._gone]
        versions = newest([*remembered, *page.records], bodies, record_from)
        self._gone |= {one.key: one for one in versions if one.is_gone}
        records = [fetched(one, known=self._known, own=self._own) for one in versions]
        odd = {each.key: each for each in (quarantined(one, "record") for one in page.unreadable)}
        return (*records, *odd.values())


def _read(checkpoint: str) -> State | None:
    try:
        return msgspec.json.decode(checkpoint, type=State)
    except msgspec.MsgspecError:
        return None
