# SPDX-License-Identifier: Apache-2.0
"""Fetches from exchanges as jobs: what others share becomes entries of a bank, and goes again.

1. The exchange is opened and goes on from its checkpoint. It begins from nothing the first time,
   when the checkpoint is stale, and when other things than before decide on what it hands over.
2. Each part that it hands over is one transaction: its records, the entries that they add, change
   and withdraw, and the checkpoint. Whoever takes the job up goes on right there.
3. A fetch from nothing ends with a sweep: what was not brought again is withdrawn. Until then every
   entry of before stays.
4. An exchange that fails is left alone for a while and tried again, from its last checkpoint.
"""

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Final

import msgspec

from nahmi.errors import ErrorCode, InputError, PluginError, WireError
from nahmi.flows.run_jobs import Progress
from nahmi.flows.shared_entries import SharedEntries
from nahmi.operate.exchange_settings import AnyExchangeSettings
from nahmi.operate.exchanges import (
    Exchange,
    ExchangeSession,
    ExchangeSource,
    ExchangeStore,
    Tally,
    unknown_in_words,
)
from nahmi.operate.jobs import Job, Value

PAUSES_S: Final = (5.0, 30.0, 120.0)
"""How long an exchange that failed is left alone, each time that it fails without any progress."""

_NOTE_EVERY_S: Final = 10.0
_LOOK_EVERY_S: Final = 0.25
_SWEEP: Final = 1_000
_FINAL: Final = frozenset({ErrorCode.EXCHANGE_REFUSED, ErrorCode.FETCH_REFUSED})
"""Failures that another try would only repeat, such as credentials that are not accepted."""


class FetchWork:
    """Does fetches; see `nahmi.flows.run_jobs.Work`.

    Args:
        settings: The exchanges that the operator set.
        source: Opens them.
        store: Keeps what was fetched.
        entries: Makes entries of it.
        follow: Brings this process to where the store is.
        clock: The current moment, UTC.
        make_token: A new random text for each try.
        pauses_s: Between tries.
    """

    def __init__(  # noqa: PLR0913 - each is a part of its own
        self,
        settings: Sequence[AnyExchangeSettings],
        *,
        source: ExchangeSource,
        store: ExchangeStore,
        entries: SharedEntries,
        follow: Callable[[], object],
        clock: Callable[[], datetime],
        make_token: Callable[[], str],
        pauses_s: Sequence[float] = PAUSES_S,
    ) -> None:
        self._settings = {one.name: one for one in settings}
        self._source = source
        self._store = store
        self._entries = entries
        self._follow = follow
        self._clock = clock
        self._make_token = make_token
        self._pauses_s = pauses_s

    def __call__(self, job: Job, progress: Progress) -> dict[str, Value] | None:
        """Fetch, or go on with a fetch.

        Raises:
            InputError: The exchange is no longer set, or cannot be used as it is set.
            PluginError: PLUGIN_FAILED: it failed several times without any progress.
            WireError: The same, or there is no use in asking again.
            StoreError: BANK_MISSING: its bank was deleted meanwhile.
        """
        watch = _Watch(progress)
        failures = 0
        while True:
            settings, exchange = self._find(job)
            watch.go_on_with(job, exchange)
            try:
                is_complete = self._fetch(job, settings, exchange, watch)
            except (PluginError, WireError) as error:
                # Whoever is told to stop ends the exchange, which looks like a failure.
                if watch.has_stopped:
                    return None
                failures = 0 if self._has_moved(exchange) else failures
                if error.code in _FINAL or failures >= len(self._pauses_s):
                    raise
            else:
                return _result(watch.tally) if is_complete else None
            if not watch.wait(self._pauses_s[failures]):
                return None
            failures += 1

    def _find(self, job: Job) -> tuple[AnyExchangeSettings, Exchange]:
        name = str(job.detail["exchange"])
        settings, exchange = self._settings.get(name), self._store.exchange(name)
        if settings is None or exchange is None:
            raise InputError(
                ErrorCode.INPUT_INVALID,
                "The exchange was taken out of node.toml, or removed.",
                hint="`nahmi exchange list` shows those that there are.",
            )
        return settings, exchange

    def _has_moved(self, before: Exchange) -> bool:
        """Whether the next try goes on from elsewhere; records alone may be the same once more."""
        known = self._store.exchange(before.name)
        return known is not None and known.checkpoint not in {None, before.checkpoint}

    def _fetch(
        self, job: Job, settings: AnyExchangeSettings, exchange: Exchange, watch: "_Watch"
    ) -> bool:
        """One try; False when told to stop before the end."""
        token = self._make_token()
        with self._source.session(settings, watch.go_on) as session:
            shape = _shape(settings, session)
            is_anew = _must_begin_anew(job, settings, exchange) or shape != exchange.shape
            if exchange.checkpoint is not None and not is_anew:
                is_anew = session.is_stale(exchange.checkpoint.text)
            taken = self._store.begin(exchange.exchange_id, token, shape=shape, is_anew=is_anew)
            reached = None if taken.checkpoint is None else taken.checkpoint.text
            for part in session.parts(
                reached, lambda keys: self._store.bodies(taken.exchange_id, keys)
            ):
                watch.tally = self._entries.keep(
                    settings, taken, token, part.records, part.checkpoint, watch.tally
                )
                self._follow()
                if not watch.note():
                    return False
        return self._sweep(settings, taken, token, watch)

    def _sweep(
        self, settings: AnyExchangeSettings, taken: Exchange, token: str, watch: "_Watch"
    ) -> bool:
        """Withdraw what a fetch from nothing has not brought; False when told to stop.

        Raises:
            PluginError: PLUGIN_FAILED: it has brought nothing at all although there was something.
                A file that is just being written looks like that; everything would stop matching.
        """
        if taken.is_anew and not self._store.has_seen(taken) and self._store.unseen(taken, limit=1):
            self._store.begin(taken.exchange_id, token, shape=taken.shape, is_anew=True)
            raise PluginError(
                ErrorCode.PLUGIN_FAILED,
                "The exchange brought nothing at all, so what it brought before stays.",
                hint=f"`nahmi exchange remove {settings.name}` withdraws that, if it is meant.",
            )
        while taken.is_anew and (keys := self._store.unseen(taken, limit=_SWEEP)):
            watch.tally = self._entries.forget(settings, taken, token, keys, watch.tally)
            self._follow()
            if not watch.note():
                return False
        self._store.complete(taken, token, now=self._clock())
        return True


class _Watch:
    """How far a fetch is, told to the job, and whether it is to go on.

    Args:
        progress: Of the job.
    """

    def __init__(self, progress: Progress) -> None:
        self.tally = Tally()
        self.has_stopped = False
        self._progress = progress
        self._noted = time.monotonic()

    def go_on_with(self, job: Job, exchange: Exchange) -> None:
        """Count on where an earlier try of the same job stopped."""
        is_same = exchange.tally.job_id == job.job_id
        self.tally = exchange.tally if is_same else Tally(job_id=job.job_id)

    def note(self) -> bool:
        """Note how far it is; whether to go on."""
        self._noted = time.monotonic()
        self.has_stopped |= not self._progress.note(self.tally.records, None)
        return not self.has_stopped

    def go_on(self) -> bool:
        """Whether to go on, asked often."""
        self.has_stopped |= self._progress.is_stopping
        if time.monotonic() - self._noted >= _NOTE_EVERY_S:
            self.note()
        return not self.has_stopped

    def wait(self, seconds: float) -> bool:
        """Wait; whether to go on."""
        end = time.monotonic() + seconds
        while self.go_on() and time.monotonic() < end:
            time.sleep(min(_LOOK_EVERY_S, seconds))
        return not self.has_stopped


def _must_begin_anew(job: Job, settings: AnyExchangeSettings, exchange: Exchange) -> bool:
    """Whether it is to begin from nothing, whatever its checkpoint."""
    if exchange.checkpoint is None and not exchange.is_anew:
        return True
    is_under_way = exchange.is_anew and exchange.tally.job_id == job.job_id
    return not is_under_way and (settings.whole or bool(job.detail.get("anew")))


def _shape(settings: AnyExchangeSettings, session: ExchangeSession) -> str:
    """A digest of all that decides on what is fetched and what becomes of it."""
    decides = (*settings.decides, session.types)
    return sha256(msgspec.json.encode(decides, order="sorted")).hexdigest()


def _result(tally: Tally) -> dict[str, Value]:
    counts = msgspec.structs.asdict(tally)
    del counts["job_id"], counts["unknown"]
    return counts | {"unknown": unknown_in_words(tally)}
