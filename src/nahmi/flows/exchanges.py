# SPDX-License-Identifier: Apache-2.0
"""Exchanges are asked for what they share: when somebody says so, or when it is time.

One fetch of an exchange goes on at a time. Whoever asks for another is shown the one that there is.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from threading import Event
from typing import Final, Protocol

import msgspec

from nahmi.access.identity import LOCAL, Principal
from nahmi.core.bank import Bank
from nahmi.errors import ErrorCode, InputError, NahmiError, StoreError
from nahmi.flows.curating import Curated
from nahmi.flows.ledger import Change, Ledger, Transaction
from nahmi.operate.exchange_settings import AnyExchangeSettings
from nahmi.operate.exchanges import FETCH_KIND, Exchange, ExchangeStore
from nahmi.operate.jobs import ENDED, Job, NewJob
from nahmi.operate.outbox import Depth

LOOK_EVERY_S: Final = 5.0
"""How often a serving node looks whether it is time to fetch."""

_log = logging.getLogger("nahmi.exchanges")


class FetchJobs(Protocol):
    """The part of `JobStore` that is needed here."""

    def add(self, new: NewJob, *, now: datetime, within: Transaction = None) -> Job:
        """See `JobStore.add`."""
        ...

    def job(self, job_id: int, *, member_id: int) -> Job:
        """See `JobStore.job`."""
        ...

    def cancel(
        self, job_id: int, *, member_id: int, now: datetime, within: Transaction = None
    ) -> Job:
        """See `JobStore.cancel`."""
        ...


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """An exchange as it is shown.

    Attributes:
        name: Its name.
        settings: What the operator set; None when it is in node.toml no more.
        state: What is known of it; None before it was asked for.
        job: The job that was asked for last, if there is one.
        records: How many records it has.
        entries: How many entries.
        opinions: How many of ours wait to be sent to it, and how many it did not take.
    """

    name: str
    settings: AnyExchangeSettings | None
    state: Exchange | None
    job: Job | None
    records: int
    entries: int
    opinions: Depth

    def behind(self, now: datetime) -> timedelta | None:
        """How long ago that was up to which everything is here, as far as the exchange says it.

        Args:
            now: The current moment, UTC.

        Returns:
            None before everything was here for the first time.
        """
        return None if self.state is None else _behind(self.state, now)


def any_bank(_: AnyExchangeSettings, __: Bank) -> None:
    """Lets every exchange fill every bank."""


def no_opinions(_: int) -> Depth:
    """An outbox without opinions."""
    return Depth(waiting=0, dead=0, oldest_at=None)


class Exchanges:
    """The exchanges of a node. Safe to share between threads.

    Args:
        settings: What the operator set.
        store: What is known of them.
        banks: Banks and entries.
        jobs: Where jobs are asked for.
        ledger: Puts what is done on record.
        follow: Brings this process to where the store is.
        clock: The current moment, UTC.
        admit: Refuses a bank in which an exchange must not be.
        opinions: What lies in the outbox for an exchange.
    """

    def __init__(  # noqa: PLR0913 - each is a part of its own
        self,
        settings: Sequence[AnyExchangeSettings],
        *,
        store: ExchangeStore,
        banks: Curated,
        jobs: FetchJobs,
        ledger: Ledger,
        follow: Callable[[], object],
        clock: Callable[[], datetime],
        admit: Callable[[AnyExchangeSettings, Bank], None] = any_bank,
        opinions: Callable[[int], Depth] = no_opinions,
    ) -> None:
        self._settings = {one.name: one for one in settings}
        self._admit = admit
        self._opinions = opinions
        self._store = store
        self._banks = banks
        self._jobs = jobs
        self._ledger = ledger
        self._follow = follow
        self._clock = clock

    def listed(self) -> list[Listed]:
        """All exchanges that are set or known, by name.

        Raises:
            StoreError: The store could not be read.
        """
        known = {one.name: one for one in self._store.exchanges()}
        return [self._shown(name, known.get(name)) for name in sorted({*known, *self._settings})]

    def furthest_behind(self) -> timedelta:
        """How far behind the exchange is that is furthest behind; nothing where none was here.

        Raises:
            StoreError: The store could not be read.
        """
        known = (one for one in self._store.exchanges() if one.name in self._settings)
        lags = (_behind(one, self._clock()) for one in known)
        return max((lag for lag in lags if lag is not None), default=timedelta(0))

    def one(self, name: str) -> Listed:
        """One exchange.

        Raises:
            InputError: EXCHANGE_MISSING.
        """
        known = self._store.exchange(name)
        if known is None and name not in self._settings:
            raise _missing()
        return self._shown(name, known)

    def ask(self, principal: Principal, name: str, *, is_anew: bool = False) -> Job:
        """Ask for a fetch; the one that is under way, if there is one.

        Args:
            principal: Who asks.
            name: Which exchange.
            is_anew: Begin from nothing, and withdraw what is not brought again.

        Raises:
            InputError: EXCHANGE_MISSING. INPUT_INVALID: it fills another bank, or may not fill it.
            StoreError: BANK_MISSING.
        """
        settings = self._settings.get(name)
        if settings is None:
            raise _missing()
        bank = self._banks.bank(settings.bank, member_id=principal.member_id)
        self._admit(settings, bank)
        with self._ledger.change(principal, "exchange:fetch") as change:
            exchange = self._known(settings, bank, change)
            change.object = f"exchange:{exchange.exchange_id}"
            job = self._open_job(exchange) or self._new_job(principal, exchange, change, is_anew)
            change.detail["job"] = job.job_id
        return job

    def look(self, job: Job) -> Job:
        """A job as it is now.

        Raises:
            StoreError: The store could not be read.
        """
        return self._jobs.job(job.job_id, member_id=job.member_id)

    def ask_due(self) -> list[Job]:
        """Ask for the fetches that it is time for.

        Raises:
            NahmiError: As `ask`; those after it are asked for the next time.
        """
        return [self.ask(LOCAL, name) for name in self._settings if self._is_due(name)]

    def remove(self, principal: Principal, name: str) -> int:
        """Withdraw everything that came from an exchange, and forget it; how many entries.

        Raises:
            InputError: EXCHANGE_MISSING.
            StoreError: The store could not be changed.
        """
        exchange = self._store.exchange(name)
        if exchange is None:
            raise _missing()
        number = exchange.exchange_id
        with self._ledger.change(principal, "exchange:remove", f"exchange:{number}") as change:
            if self._open_job(exchange) is not None:
                self._jobs.cancel(
                    exchange.job_id,
                    member_id=principal.member_id,
                    now=change.now,
                    within=change.transaction,
                )
            # From here on no fetch can add to what is read next.
            self._store.forget(number, within=change.transaction)
            count = self._banks.delete_entries(
                self._store.entry_ids(number), now=change.now, within=change.transaction
            )
            change.detail["count"] = count
        self._follow()
        return count

    def run(self, stopping: Event) -> None:
        """Ask for fetches when it is time, until the event is set."""
        if not any(one.every_minutes for one in self._settings.values()):
            stopping.wait()
        while not stopping.is_set():
            try:
                self.ask_due()
            except NahmiError as error:
                _log.warning("exchange:wait", extra={"code": str(error.code)})
            stopping.wait(LOOK_EVERY_S)

    def _shown(self, name: str, known: Exchange | None) -> Listed:
        records, entries = (0, 0) if known is None else self._store.sizes(known.exchange_id)
        return Listed(
            name=name,
            settings=self._settings.get(name),
            state=known,
            job=None if known is None else self._last_job(known),
            records=records,
            entries=entries,
            opinions=no_opinions(0) if known is None else self._opinions(known.exchange_id),
        )

    def _is_due(self, name: str) -> bool:
        every = timedelta(minutes=self._settings[name].every_minutes)
        known = self._store.exchange(name)
        if not every or known is None or known.asked_at is None:
            return bool(every)
        return known.asked_at + every <= self._clock() and self._open_job(known) is None

    def _known(self, settings: AnyExchangeSettings, bank: Bank, change: Change) -> Exchange:
        """The exchange, which is noted when it is new.

        Raises:
            InputError: INPUT_INVALID: what it brought lies in another bank.
        """
        known = self._store.exchange(settings.name)
        if known is None:
            return self._store.add(settings.name, bank.bank_id, within=change.transaction)
        if known.bank_id != bank.bank_id:
            raise InputError(
                ErrorCode.INPUT_INVALID,
                "What this exchange brought lies in another bank.",
                hint=f"`nahmi exchange remove {settings.name}` withdraws it; then fetch again.",
            )
        return known

    def _new_job(
        self,
        principal: Principal,
        exchange: Exchange,
        change: Change,
        is_anew: bool,  # noqa: FBT001
    ) -> Job:
        new = NewJob(
            member_id=principal.member_id,
            kind=FETCH_KIND,
            created_by=principal.name,
            detail={"exchange": exchange.name, "bank_id": exchange.bank_id, "anew": is_anew},
        )
        job = self._jobs.add(new, now=change.now, within=change.transaction)
        self._store.note_job(
            exchange.exchange_id, job.job_id, now=change.now, within=change.transaction
        )
        return job

    def _open_job(self, exchange: Exchange) -> Job | None:
        job = self._last_job(exchange)
        return None if job is None or job.state in ENDED else job

    def _last_job(self, exchange: Exchange) -> Job | None:
        try:
            return self._jobs.job(exchange.job_id, member_id=LOCAL.member_id)
        except StoreError as error:
            if error.code is ErrorCode.JOB_MISSING:
                return None
            raise


def _behind(one: Exchange, now: datetime) -> timedelta | None:
    if one.completed_at is None:
        return None
    reached = None if one.checkpoint is None else one.checkpoint.reached_at
    return max(now - (reached or one.completed_at), timedelta(0))


def _missing() -> InputError:
    return InputError(
        ErrorCode.EXCHANGE_MISSING,
        "There is no such exchange.",
        hint="`nahmi exchange list` shows those that there are; node.toml names new ones.",
    )
