# SPDX-License-Identifier: Apache-2.0
"""A node that serves: everything that its requests work with, opened and closed together."""

import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from threading import Event, get_native_id
from typing import BinaryIO, Final, Self
from uuid import uuid4

import numpy as np

from nahmi.access.audit import AuditEvent
from nahmi.access.identity import Principal
from nahmi.access.walks import WalkDetector
from nahmi.bootstrap.access import Access
from nahmi.bootstrap.background import Background, Journey
from nahmi.bootstrap.circle_objects import CircleObjects
from nahmi.bootstrap.circles import Circles
from nahmi.bootstrap.clock import now
from nahmi.bootstrap.exchanges import (
    MOST_AT_ONCE,
    make_exchanges,
    make_fetch_runner,
    make_opining,
    make_opinion_deliverer,
)
from nahmi.bootstrap.job_runner import make_job_runner
from nahmi.bootstrap.journeys import Journeys
from nahmi.bootstrap.media import make_fingerprinter
from nahmi.bootstrap.metrics import Fact, PrometheusMeter, forget_process, note_waiting
from nahmi.bootstrap.node import Node
from nahmi.bootstrap.place import NodePlace, placed
from nahmi.bootstrap.plugins import Plugins
from nahmi.bootstrap.secret import open_node_key
from nahmi.bootstrap.wire import make_deliverer, make_fetcher, make_webhook_sender
from nahmi.errors import ErrorCode, StoreError
from nahmi.flows.asking import Asking
from nahmi.flows.authenticating import KeyRing
from nahmi.flows.budgeting import BudgetLeases
from nahmi.flows.follow import check_follows
from nahmi.flows.following import Follower
from nahmi.flows.match import Matcher
from nahmi.flows.notifying import Notifier
from nahmi.flows.record import Recorder
from nahmi.flows.retaining import Retention
from nahmi.flows.tally import Tally
from nahmi.flows.tracing import TracedDecoders, TracedMatcher, TracedRecorder, Tracing
from nahmi.flows.uploads import Decoders
from nahmi.operate.changes import Topic
from nahmi.operate.opinions import OPINION_KIND
from nahmi.operate.settings import Settings
from nahmi.operate.webhooks import MESSAGE_KIND
from nahmi.store import node as node_files
from nahmi.store.caching import CachedReader, CachedRules
from nahmi.store.index import Index
from nahmi.store.sql import SqlBankStore
from nahmi.store.sql.match_log_reading import SqlMatchLogReader
from nahmi.store.sql.match_log_writing import SqlMatchLogWriter
from nahmi.store.sql.match_rules import SqlRuleStore
from nahmi.store.sql.opening import open_database
from nahmi.store.sql.operate_jobs import SqlJobStore
from nahmi.store.sql.operate_outbox import SqlOutboxStore
from nahmi.store.sql.operate_requests import SqlIdempotencyStore
from nahmi.store.sql.operate_webhooks import SqlWebhookStore
from nahmi.store.sql.revisions import SqlRevisionReader

STALE_S: Final = 5.0
"""A process that has not seen its store for so long says that it is not ready."""
_BEHIND: Final = 5
"""Niceness of threads that work on batches."""
_GAUGES_EVERY_S: Final = 1.0
_NOTHING: Final = np.empty((0, 32), np.uint8)


class Service:
    """A node, opened to serve.

    Args:
        folder: The node's folder, or all of where it is.
        settings: What its operator set.
        tracing: Takes note of where time goes; nobody does by default.

    Raises:
        StoreError: As `nahmi.store.sql.opening.open_database`.
        SignalIndexError: As `Index.open`, or the index follows another store.
        InputError: EXTRA_MISSING or PLUGIN_INVALID: a plug-in cannot be loaded.
        PluginError: PLUGIN_FAILED: the process of the plug-ins cannot be started.
    """

    def __init__(
        self, folder: Path | NodePlace, settings: Settings, *, tracing: Tracing | None = None
    ) -> None:
        self.settings = settings
        self._tracing = tracing
        self.clock = now
        self._open = ExitStack()
        try:
            place = placed(folder)
            self.node_key = open_node_key(place.folder)
            self._open_stores(place)
            self._open_journeys()
            self._open_background()
        except BaseException:
            self._open.close()
            raise

    def _open_stores(self, place: NodePlace) -> None:
        files = node_files.open_node(place.folder)
        self.database = open_database(place.store_of(files))
        self._open.callback(self.database.close)
        if self._tracing is not None:
            self.database.watch = partial(_watched, self._tracing)
        banks = SqlBankStore(self.database)
        index = self._open.enter_context(Index.open(files.pdq_index))
        check_follows(banks, index, may_adopt=place.database is None)
        plugins = self._open.enter_context(Plugins(self.settings.threatexchange))
        self.node = Node(files, banks, index, plugins)
        self.access = Access(self.database)
        self.rules = SqlRuleStore(self.database)
        self.match_log = SqlMatchLogReader(self.database)
        self.jobs = SqlJobStore(self.database)
        self.outbox = SqlOutboxStore(self.database)
        self.webhooks = SqlWebhookStore(self.database)
        self.requests = SqlIdempotencyStore(self.database)

    def _open_journeys(self) -> None:
        limits = self.settings.limits
        workers = limits.decoders or os.cpu_count() or 1
        fingerprinter = self._open.enter_context(make_fingerprinter(workers=workers))
        meter = PrometheusMeter()
        decoders, recorder, matcher = self._parts()
        self.decoders = decoders(
            self.node.plugins.beside(fingerprinter),
            workers=workers,
            waiting=limits.waiting,
            meter=meter,
            monotonic=time.monotonic,
        )
        self._open.callback(self.decoders.close)
        self.follower = self._open.enter_context(
            Follower(
                signal=self.database.change_signal(),
                revisions=SqlRevisionReader(self.database),
                catch_up=self.node.catch_up,
                monotonic=time.monotonic,
            )
        )
        self.sender = make_webhook_sender(self.settings, self.node_key)
        self.journeys = Journeys(
            self.node, self.access, self.node_key, self.follower.look, self.sender
        )
        self.circles = self._open.enter_context(
            Circles(
                self.database,
                self.node.index,
                self.node.store,
                self.settings,
                self.node_key,
                self.journeys.follow,
            )
        )
        self.circle_objects = CircleObjects(self.database, self.circles.speaking)
        self.node.index.tidy()
        self.recorder = self._open.enter_context(
            recorder(SqlMatchLogWriter(self.database), clock=now)
        )
        tally = Tally(self.recorder, monotonic=time.monotonic)
        self._open.callback(_last_counts, tally)
        self.batches = self._open.enter_context(
            ThreadPoolExecutor(
                (os.cpu_count() or 1) + 1,
                thread_name_prefix="nahmi-batch",
                initializer=_step_back,
            )
        )
        soon = self._open.enter_context(ThreadPoolExecutor(2, thread_name_prefix="nahmi-soon"))
        self.keys = KeyRing(
            self.access.keys, later=soon.submit, clock=now, monotonic=time.monotonic
        )
        banks = CachedReader(self.node.store, partial(self.follower.revision, Topic.BANKS))
        rules = CachedRules(self.rules, partial(self.follower.revision, Topic.RULES))
        self.asking = Asking(
            matcher=matcher(
                reader=banks,
                index=self.node.index,
                clock=now,
                compared=self.node.plugins.search(
                    self.node.store, partial(self.follower.revision, Topic.BANKS)
                ),
            ),
            rules=rules.rules,
            budgets=BudgetLeases(self.access.keys.take_budget, later=soon.submit),
            walks=WalkDetector(),
            on_walk=self._note_walk,
            tally=tally,
            notifier=Notifier(
                self.webhooks, make_id=lambda: f"msg_{uuid4().hex}", monotonic=time.monotonic
            ),
            meter=meter,
            clock=now,
            monotonic=time.monotonic,
        )

    def _parts(
        self,
    ) -> tuple[Callable[..., Decoders], Callable[..., Recorder], Callable[..., Matcher]]:
        """The parts on the way of an answer; those that are traced cost a little more."""
        if self._tracing is None:
            return Decoders, Recorder, Matcher
        return (
            partial(TracedDecoders, self._tracing),
            partial(TracedRecorder, self._tracing),
            partial(TracedMatcher, self._tracing),
        )

    def _open_background(self) -> None:
        self._fetcher = make_fetcher(self.settings)
        self.exchanges = make_exchanges(self.database, self.settings, self.journeys.follow)
        self.opining = make_opining(self.database, self.settings)
        deliverer = make_deliverer(self.database, self.sender)
        runner = make_job_runner(self.database, self.journeys.follow, self.circles.work.works)
        retention = Retention(
            SqlMatchLogWriter(self.database),
            days=self.settings.retention.match_log_days,
            clock=now,
        )
        work = {
            "deliverer": deliverer.run,
            "jobs": runner.run,
            "retention": retention.run,
            "gauges": self._keep_gauges,
        }
        work |= self._exchange_work()
        work["circles"] = self.circles.rounds.run
        work["circle-objects"] = self.circle_objects.viewing.run
        self.background = self._open.enter_context(Background(work))
        self._open.callback(forget_process)

    def _exchange_work(self) -> dict[str, Journey]:
        """Who asks for fetches when it is time, and who does them."""
        if not self.settings.exchanges:
            return {}
        fetching = make_fetch_runner(self.database, self.settings, self.journeys.follow)
        count = min(len(self.settings.exchanges), MOST_AT_ONCE)
        work: dict[str, Journey] = {f"fetches-{n}": fetching.run for n in range(count)}
        if self.settings.exchange:
            work["opinions"] = make_opinion_deliverer(self.database, self.settings).run
        return {"exchanges": self.exchanges.run, **work}

    def _keep_gauges(self, stop: Event) -> None:
        while not stop.wait(_GAUGES_EVERY_S):
            note_waiting("uploads", self.decoders.under_way)
            note_waiting("records", self.recorder.depth)

    def facts(self) -> list[Fact]:
        """Numbers about the whole node, for its metrics."""
        status = self.node.index.status()
        depth, opinions = (self.outbox.depth(kind) for kind in (MESSAGE_KIND, OPINION_KIND))
        return [
            ("nahmi_index_signals", "Signals in this machine's index.", lambda: status.signals),
            ("nahmi_index_bytes", "Size of the index on disk.", lambda: status.size_bytes),
            ("nahmi_index_segments", "Segments of the index.", lambda: len(status.segments)),
            (
                "nahmi_store_age_seconds",
                "How long ago this process last saw its store.",
                lambda: self.follower.age_s,
            ),
            ("nahmi_outbox_waiting", "Messages to be delivered.", lambda: depth.waiting),
            ("nahmi_outbox_dead", "Messages that nobody tries any more.", lambda: depth.dead),
            ("nahmi_opinions_waiting", "Opinions for exchanges.", lambda: opinions.waiting),
            (
                "nahmi_opinions_dead",
                "Opinions that exchanges did not take.",
                lambda: opinions.dead,
            ),
            (
                "nahmi_exchange_behind_seconds",
                "How far behind the exchange is that is furthest behind.",
                lambda: self.exchanges.furthest_behind().total_seconds(),
            ),
            ("nahmi_jobs_waiting", "Jobs that nobody has begun.", self.jobs.waiting),
        ]

    def fetch(self, url: str) -> BinaryIO:
        """Content by its address, in an unnamed file that the caller closes.

        Raises:
            WireError: FETCH_DISABLED, FETCH_REFUSED, FETCH_FAILED, FETCH_TOO_LARGE or
                FETCH_TIMEOUT.
            InputError: INPUT_INVALID: it is no such address.
        """
        with self._fetcher.fetch(url) as file:
            return os.fdopen(os.dup(file.fileno()), "rb")

    def probe(self) -> None:
        """Ask store and index something.

        Raises:
            StoreError: The store does not answer, or has not been seen for too long.
            SignalIndexError: The index does not answer.
        """
        is_alive = self.recorder.is_alive and self.background.is_alive
        if self.follower.age_s > STALE_S or not is_alive:
            raise StoreError(ErrorCode.STORE_BUSY, "The store has not answered for some seconds.")
        self.node.store.banks()
        self.node.index.search(_NOTHING, limit_bits=0)

    def _note_walk(self, principal: Principal, at: datetime) -> None:
        self.access.audit.append(
            AuditEvent(
                at=at, member_id=principal.member_id, actor=principal.name, event="query:walk"
            )
        )

    def close(self) -> None:
        """Close everything, last opened first."""
        self._open.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _step_back() -> None:
    """Let every thread that serves a single request go before this one, where the system can."""
    if sys.platform == "linux":  # elsewhere all threads of a process are alike
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, get_native_id(), _BEHIND)


def _watched(tracing: Tracing, what: str) -> AbstractContextManager[object]:
    return tracing.inner("store", action=what)


def _last_counts(tally: Tally) -> None:
    with suppress(StoreError):
        tally.flush()
