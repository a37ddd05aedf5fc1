# SPDX-License-Identifier: Apache-2.0
"""A small node that fetches from exchanges, for tests of kinds of exchanges."""

import logging
import secrets
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any, Self

from nahmi.access.identity import LOCAL
from nahmi.bootstrap.exchanges import admit
from nahmi.core.bank import Bank, Category, Entry
from nahmi.flows.deliver import Deliverer
from nahmi.flows.exchange_receivers import ExchangeReceivers
from nahmi.flows.exchanges import Exchanges
from nahmi.flows.fetch_exchange import FetchWork
from nahmi.flows.ledger import Ledger
from nahmi.flows.opining import Opining
from nahmi.flows.run_jobs import JobRunner
from nahmi.flows.shared_entries import SharedEntries
from nahmi.operate.exchange_settings import DirectExchangeSettings
from nahmi.operate.exchanges import FETCH_KIND
from nahmi.operate.jobs import Job, JobState
from nahmi.operate.opinions import OPINION_KIND
from nahmi.protect.ports import BankDraft
from nahmi.store.sql import SqlBankStore
from nahmi.store.sql.access_audit import SqlAuditStore
from nahmi.store.sql.exchanges import SqlExchangeStore
from nahmi.store.sql.opening import create_database, open_database
from nahmi.store.sql.operate_jobs import SqlJobStore
from nahmi.store.sql.operate_outbox import SqlOutboxStore
from nahmi.testing.fake_exchanges.program import FakeProgram
from nahmi.wire.exchanges.source import DirectExchanges

_PATIENCE_S = 60
_STEPS = frozenset({"begin", "bodies", "complete", "held", "hold", "put", "reach", "unseen"})

KNOWN = ("md5", "pdq", "sha1", "sha256", "url")
"""The signal types of the node."""


@contextmanager
def _silent() -> Iterator[None]:
    """The log does not tell of crashes that a test asked for."""
    log = logging.getLogger("nahmi.jobs")
    log.disabled = True
    try:
        yield
    finally:
        log.disabled = False


class CrashingStore:
    """A store of exchanges that fails at one step, as a process does that is killed there.

    Args:
        store: The real one.
        step: At which call that reads or writes, from 1; 0 for never.
    """

    def __init__(self, store: SqlExchangeStore, step: int) -> None:
        self._store = store
        self._left = step

    def __getattr__(self, name: str) -> object:
        found = getattr(self._store, name)
        if name not in _STEPS:
            return found

        def counted(*args: object, **more: object) -> object:
            self._left -= 1
            if self._left == 0:
                raise RuntimeError(name)
            return found(*args, **more)

        return counted


class ExchangeNode:
    """A store with the bank `A`, exchanges that fill it, and who fetches.

    Args:
        folder: An empty folder of the test.
        address: Where an empty store is; one is made in the folder by default.

    Attributes:
        now: The node's clock; a fetch turns it by a minute.
        exchanges: By name.
    """

    def __init__(self, folder: Path, address: str = "") -> None:
        if not address:
            address = str(folder / "store")
            create_database(Path(address))
        self.folder = folder
        self.database = open_database(address, busy_timeout_s=30)
        self.now = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
        self.exchanges: dict[str, DirectExchangeSettings] = {}
        self.banks = SqlBankStore(self.database)
        self.store = SqlExchangeStore(self.database)
        self.jobs = SqlJobStore(self.database)
        self.outbox = SqlOutboxStore(self.database)
        self.audit = SqlAuditStore(self.database)
        self._ledger = Ledger(begin=self.database.writing, audit=self.audit, clock=lambda: self.now)
        self.bank = self.make_bank("A")
        self.source = DirectExchanges(
            known=lambda: KNOWN, clock=lambda: self.now, pauses_s=(0.01, 0.01)
        )

    def make_bank(self, name: str, **more: Any) -> Bank:  # noqa: ANN401 - fields of a draft
        """A bank for tests."""
        draft = BankDraft(name=name, category=Category.TEST, **more)
        return self.banks.create_bank(draft, now=self.now)

    def connect(self, kind: str, program: FakeProgram, secret: str, **more: object) -> None:
        """Set the exchange `x`, or set it anew.

        Args:
            kind: Which.
            program: Where it is.
            secret: What the node signs in with.
            more: Further settings, another `name` among them.
        """
        name = str(more.get("name", "x"))
        file = self.folder / f"{name}.key"
        file.write_text(secret + "\n")
        settings: dict[str, Any] = {
            "name": name,
            "kind": kind,
            "bank": "A",
            "credentials_file": str(file),
            "base_url": program.base_url,
            "internal": True,
            "seconds": 10,
        }
        self.exchanges[name] = DirectExchangeSettings(**settings | more)

    @property
    def asking(self) -> Exchanges:
        """Asks for fetches."""
        return Exchanges(
            tuple(self.exchanges.values()),
            store=self.store,
            banks=self.banks,
            jobs=self.jobs,
            ledger=self._ledger,
            follow=lambda: None,
            clock=lambda: self.now,
            admit=admit,
            opinions=lambda number: self.outbox.depth(OPINION_KIND, target_id=number),
        )

    def runner(self, *, tries: int = 0, crash_at: int = 0) -> JobRunner:
        """Does fetches.

        Args:
            tries: How often one that failed is tried again, at once.
            crash_at: See `CrashingStore`.
        """
        store: Any = CrashingStore(self.store, crash_at)
        work = FetchWork(
            tuple(self.exchanges.values()),
            source=self.source,  # type: ignore[arg-type]  # there are no others here
            store=store,
            entries=SharedEntries(
                store=store,
                banks=self.banks,
                begin=self.database.writing,
                clock=lambda: self.now,
            ),
            follow=lambda: None,
            clock=lambda: self.now,
            make_token=lambda: secrets.token_hex(8),
            pauses_s=(0.01,) * tries,
        )
        return JobRunner(
            self.jobs,
            {FETCH_KIND: work},
            clock=lambda: self.now,
            make_token=lambda: secrets.token_hex(8),
        )

    @property
    def opining(self) -> Opining:
        """Takes our opinions."""
        return Opining(
            tuple(self.exchanges.values()),
            store=self.store,
            entries=self.banks,
            sender=self.source,
            outbox=self.outbox,
            ledger=self._ledger,
            make_id=lambda: secrets.token_hex(8),
        )

    @property
    def receivers(self) -> ExchangeReceivers:
        """The exchanges as receivers of opinions."""
        return ExchangeReceivers(
            tuple(self.exchanges.values()), self.store, self.source, self.outbox
        )

    def deliver(self) -> None:
        """Send the opinions that wait, until none is due.

        Raises:
            AssertionError: Some were not tried after a minute.
        """
        deliverer = Deliverer(
            outbox=self.outbox,
            receivers=self.receivers,
            clock=lambda: self.now,
            chance=lambda: 0.5,
            make_token=lambda: secrets.token_hex(8),
        )
        stop = Event()
        thread = Thread(target=deliverer.run, args=(stop,))
        thread.start()
        end = time.monotonic() + _PATIENCE_S
        while self.outbox.due(OPINION_KIND, now=self.now):
            if time.monotonic() > end:
                raise AssertionError("opinions still wait")
            time.sleep(0.01)
        stop.set()
        thread.join()

    def dead_opinions(self) -> list[str]:
        """Why opinions were not taken, newest first."""
        found = self.outbox.dead_letters(1, kind=OPINION_KIND)
        return [one.last_error for one in found]

    def fetch(
        self,
        name: str = "x",
        *,
        is_anew: bool = False,
        tries: int = 0,
        crash_at: int = 0,
        turn: timedelta = timedelta(minutes=1),
    ) -> Job:
        """Ask for a fetch and do it, some time after the last one; see `runner`."""
        self.now += turn
        asked = self.asking.ask(LOCAL, name, is_anew=is_anew)
        self.runner(tries=tries, crash_at=crash_at).step(Event())
        return self.asking.look(asked)

    def survives(self, steps: int = 40) -> None:
        """Fetch again and again, from nothing each third time, and crash at one step after another.

        Raises:
            AssertionError: A fetch ended otherwise than by the crash or in full.
        """
        for step in range(1, steps + 1):
            with _silent():
                job = self.fetch(is_anew=step % 3 == 0, crash_at=step)
            if job.state is not JobState.DONE and job.error_code != "internal":
                raise AssertionError(job)

    def brings(self, **counts: int) -> Job:
        """Fetch to the end, with these counts in its result.

        Raises:
            AssertionError: It failed, or counted otherwise.
        """
        job = self.fetch()
        if job.state is not JobState.DONE:
            raise AssertionError(job)
        found = {name: job.result[name] for name in counts}
        if found != counts:
            raise AssertionError(found)
        return job

    def entries(self) -> dict[str, Entry]:
        """The entries of the bank `A`, by type and value, `:` between them."""
        found = self.banks.entries(self.bank.bank_id)
        return {f"{one.draft.signal.signal_type}:{one.draft.signal.value}": one for one in found}

    def active(self) -> set[str]:
        """Of `entries`, those that match."""
        return {key for key, entry in self.entries().items() if entry.is_active(self.now)}

    def notes(self) -> dict[str, str]:
        """What the entries say of where opinions leave them."""
        return {key: entry.draft.note for key, entry in self.entries().items()}

    def bodies(self, keys: Iterable[str], name: str = "x") -> dict[str, str]:
        """Records of an exchange."""
        known = self.store.exchange(name)
        return {} if known is None else self.store.bodies(known.exchange_id, list(keys))

    def close(self) -> None:
        """Close the store."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
