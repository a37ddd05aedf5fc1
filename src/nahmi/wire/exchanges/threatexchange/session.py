# SPDX-License-Identifier: Apache-2.0
"""A fetch from ThreatExchange: a span of time, page by page.

1. Spans that touch add up to one, so a checkpoint is where the last span ended, and perhaps how to
   go on in the one that is under way.
2. The address of a next page is taken as it is; only the token is left out, which goes into a
   header. One that is hours old is not used any more: its span is asked for anew.
3. What could not be seen in full is asked for once more at the end, one by one.
4. Deletions are told for ninety days. After eighty-five without a fetch everything is fetched anew.
"""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final, TypeVar
from urllib.parse import quote

import msgspec

from nahmi.errors import ErrorCode, WireError
from nahmi.operate.exchanges import Checkpoint, Fetched, Part
from nahmi.wire.exchanges.moments import seconds_of, to_utc
from nahmi.wire.exchanges.plain_json import quarantined
from nahmi.wire.exchanges.settling import newest
from nahmi.wire.exchanges.talk import Talk, malformed
from nahmi.wire.exchanges.threatexchange.documents import (
    FIELDS,
    Indicator,
    Page,
    read_indicator,
    read_page,
)
from nahmi.wire.exchanges.threatexchange.limits import asks_to_wait
from nahmi.wire.exchanges.threatexchange.records import (
    SIGNAL_TYPES,
    indicator_from,
    record_of,
)

BEHIND_S: Final = 5
REACH_BACK_S: Final = 60
LINK_LASTS_S: Final = 3 * 3600
STALE_S: Final = 85 * 24 * 3600
PAGE_SIZE: Final = 100
MOST_UNSURE: Final = 1_000
"""Indicators that are asked for once more in one fetch."""

_Read = TypeVar("_Read")

Bodies = Callable[[Sequence[str]], Mapping[str, str]]


class State(msgspec.Struct, frozen=True, kw_only=True):
    """How far a node is.

    Attributes:
        since_s: Up to when everything was handed over, seconds since 1970.
        until_s: The end of the span that is under way.
        next: The address of its next page; empty when none is under way.
        at_s: When the program was heard last.
    """

    since_s: int = 0
    until_s: int = 0
    next: str = ""
    at_s: int = 0


class ThreatExchangeSession:
    """`ExchangeSession` with ThreatExchange.

    Args:
        talk: To the program.
        headers: What the node signs in with.
        group: Number of the privacy group.
        known: The signal types that the node has.
        own_id: Our own number as a member.
        clock: The current moment, UTC.
    """

    def __init__(  # noqa: PLR0913 - each is a part of its own
        self,
        talk: Talk,
        headers: Mapping[str, str],
        *,
        group: str,
        known: Sequence[str],
        own_id: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._talk = talk
        self._headers = headers
        self._group = group
        self._known = frozenset(known)
        self._own_id = own_id
        self._clock = clock
        self._unsure: dict[str, Indicator] = {}
        self.types = tuple(sorted(self._known & set(SIGNAL_TYPES.values())))

    def is_stale(self, checkpoint: str) -> bool:
        """See `ExchangeSession.is_stale`."""
        state = _state(checkpoint)
        return state is None or self._now_s() - state.at_s >= STALE_S

    def parts(self, checkpoint: str | None, bodies: Bodies) -> Iterator[Part]:
        """See `ExchangeSession.parts`."""
        state = (None if checkpoint is None else _state(checkpoint)) or State()
        state = yield from self._resumed(state, bodies)
        until_s = max(self._now_s() - BEHIND_S, state.since_s)
        state = msgspec.structs.replace(state, until_s=until_s)
        state = yield from self._span(state, self._first(state), bodies)
        yield Part(records=self._looked_at_again(bodies), checkpoint=_write(state), is_end=True)

    def _resumed(self, state: State, bodies: Bodies) -> Generator[Part, None, State]:
        """Go on in the span that was under way, if its next page can still be had."""
        if state.next and 0 <= self._now_s() - state.at_s < LINK_LASTS_S:
            try:
                return (yield from self._span(state, state.next, bodies))
            except WireError as error:
                if error.code is not ErrorCode.EXCHANGE_REFUSED:
                    raise
        return msgspec.structs.replace(state, next="")

    def _first(self, state: State) -> str:
        since = max(0, state.since_s - REACH_BACK_S)
        return (
            f"{self._talk.base_url}/{self._group}/threat_updates/?start_time={since}"
            f"&stop_time={state.until_s}&limit={PAGE_SIZE}&fields={quote(FIELDS, safe='')}"
        )

    def _span(self, state: State, url: str, bodies: Bodies) -> Generator[Part, None, State]:
        """Read from one page to the end of the span."""
        met = set()
        while url:
            page = self._read(url, read_page)
            met.add(url)
            url = page.next
            if url in met:
                raise malformed("a chain of pages without an end")
            reached_s = max(self._talk.no_later(state.until_s), state.since_s)
            state = State(
                since_s=state.since_s if url else reached_s,
                until_s=state.until_s,
                next=url,
                at_s=self._now_s(),
            )
            yield Part(records=self._records(page, bodies), checkpoint=_write(state))
        return state

    def _records(self, page: Page, bodies: Bodies) -> tuple[Fetched, ...]:
        odd = {each.key: each for each in (quarantined(one, "update") for one in page.unreadable)}
        return (*self._settled(page.indicators, bodies), *odd.values())

    def _settled(self, given: Sequence[Indicator], bodies: Bodies) -> tuple[Fetched, ...]:
        stored = bodies([one.key for one in given])
        known = {key: indicator_from(key, body) for key, body in stored.items()}
        seen = [one.seen_with(known.get(one.key)) for one in given]
        versions: list[Indicator] = newest(seen, lambda _: stored, indicator_from)
        for one in versions:
            if one.is_unsure and len(self._unsure) < MOST_UNSURE:
                self._unsure[one.key] = one
        return tuple(record_of(one, known=self._known, own_id=self._own_id) for one in versions)

    def _looked_at_again(self, bodies: Bodies) -> tuple[Fetched, ...]:
        """What could not be seen in full, as it is now; what still cannot be is left as it was."""
        found = []
        for one in list(self._unsure.values()):
            url = f"{self._talk.base_url}/{quote(one.indicator_id, safe='')}/"
            try:
                again = self._read(f"{url}?fields={quote(FIELDS, safe='')}", read_indicator)
            except WireError as error:
                if error.code is not ErrorCode.EXCHANGE_REFUSED:
                    raise
                continue
            if again is not None and not again.is_gone and not again.is_unsure:
                found.append(again)
        return self._settled(found, bodies)

    def _read(self, url: str, read: Callable[[bytes], _Read]) -> _Read:
        return self._talk.read(url, read, headers=self._headers, is_passing=asks_to_wait)

    def _now_s(self) -> int:
        return seconds_of(self._clock())


def _state(checkpoint: str) -> State | None:
    try:
        return msgspec.json.decode(checkpoint, type=State)
    except msgspec.MsgspecError:
        return None


def _write(state: State) -> Checkpoint:
    return Checkpoint(msgspec.json.encode(state).decode(), to_utc(state.since_s))
