# SPDX-License-Identifier: Apache-2.0
"""The scan itself.

1. Items come from the sources in order, those in the journal left out.
2. Threads hand them to the sandboxed workers; a bounded number is under way at a time. The digests
   are those of which banks hold any.
3. Fingerprints are collected in order and matched a batch at a time. Where banks have meanwhile got
   digests of another kind, the batch is read again.
4. A batch's records go to the journal, and only then to the progress display.
"""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from time import monotonic

import msgspec

from nahmi.core.signal import ContentFingerprints
from nahmi.errors import ErrorCode, InputError, NahmiError
from nahmi.flows.match import Matcher
from nahmi.flows.scan.job import Job, plan_of
from nahmi.flows.scan.journal import Journal
from nahmi.flows.scan.record import Record, failed, record_of, unreadable
from nahmi.flows.sources.items import Found, Item, Unread, why
from nahmi.protect.ports import Fingerprinter
from nahmi.protect.signals.digests import DIGEST_NAMES

_BATCH = 128
_BATCH_S = 0.5
_QUEUED_PER_WORKER = 4


class _Read(msgspec.Struct, frozen=True):
    """What was computed from an item; the item too, if it can be read again."""

    name: str
    content: ContentFingerprints
    digests: tuple[str, ...]
    item: Item | None


def scan(  # noqa: PLR0913 - each is a part of its own
    found: Iterator[Found],
    *,
    job: Job,
    fingerprinter: Fingerprinter,
    matcher: Matcher,
    journal: Journal,
    workers: int,
    on_record: Callable[[Record], None],
) -> None:
    """Scan items until there are none left.

    Interrupting it (KeyboardInterrupt) or killing the process loses nothing that `on_record` saw.

    Args:
        found: From `read_sources` with `journal.has` to skip by.
        job: What to do.
        fingerprinter: Computes fingerprints; used by `workers` threads.
        matcher: Answers for them.
        journal: Where each item's record goes.
        workers: Items under way at a time, 1 or more.
        on_record: Told of each record once it is in the journal.

    Raises:
        StoreError: The store or the journal could not be read or written.
        SignalIndexError: The index could not be searched.
        InputError: A source gave out; what it gave before is in the journal.
    """
    reader = _Reader(job, fingerprinter, matcher)
    batch = _Batch(job, reader, matcher, journal, on_record)
    pending: deque[Future[_Read | Record]] = deque()
    pool = ThreadPoolExecutor(workers, thread_name_prefix="nahmi-scan")
    try:
        for thing in found:
            pending.append(pool.submit(reader.read, thing))
            while len(pending) >= workers * _QUEUED_PER_WORKER or (pending and pending[0].done()):
                batch.add(pending.popleft().result())
        batch.add_all(pending)
    except InputError:  # a source gave out; what it gave until then need not be read again
        batch.add_all(pending)
        raise
    except KeyboardInterrupt:
        batch.flush()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


class _Batch:
    """Records and fingerprints that wait to be matched together."""

    def __init__(
        self,
        job: Job,
        reader: "_Reader",
        matcher: Matcher,
        journal: Journal,
        on_record: Callable[[Record], None],
    ) -> None:
        self._job = job
        self._reader = reader
        self._matcher = matcher
        self._journal = journal
        self._on_record = on_record
        self._waiting: list[_Read | Record] = []
        self._names: set[str] = set()
        self._since = monotonic()

    def add(self, read: _Read | Record) -> None:
        if read.name in self._names or self._journal.has(read.name):
            return  # two sources hold it
        self._waiting.append(read)
        self._names.add(read.name)
        if len(self._waiting) >= _BATCH or monotonic() - self._since > _BATCH_S:
            self.flush()

    def add_all(self, pending: "deque[Future[_Read | Record]]") -> None:
        while pending:
            self.add(pending.popleft().result())
        self.flush()

    def flush(self) -> None:
        waiting, self._waiting = self._reader.completed(self._waiting), []
        self._names.clear()
        self._since = monotonic()
        contents = [read.content for read in waiting if isinstance(read, _Read)]
        answers = iter(
            self._matcher.match(contents, banks=self._job.banks, limit_bits=self._job.limit_bits)
            if contents
            else ()
        )
        records = [
            read if isinstance(read, Record) else record_of(read.name, read.content, next(answers))
            for read in waiting
        ]
        if records:
            self._journal.append(records)
        for record in records:
            self._on_record(record)


class _Reader:
    """Reads items with the digests that banks hold; safe to use from many threads."""

    def __init__(self, job: Job, fingerprinter: Fingerprinter, matcher: Matcher) -> None:
        self._job = job
        self._fingerprinter = fingerprinter
        self._matcher = matcher
        self._digests = matcher.digests_wanted()

    def read(self, thing: Found) -> _Read | Record:
        if isinstance(thing, Unread):
            return unreadable(thing)
        # What could not be read again without keeping its bytes gets every digest at once.
        digests = self._digests if thing.is_file else DIGEST_NAMES
        try:
            content = self._fingerprints(thing, digests)
        except NahmiError as error:
            return failed(thing.name, error)
        except OSError as error:
            return unreadable(Unread(thing.name, ErrorCode.FILE_UNREADABLE, why(error)))
        return _Read(thing.name, content, digests, thing if thing.is_file else None)

    def completed(self, batch: list[_Read | Record]) -> list[_Read | Record]:
        """The batch with the digests that banks hold now."""
        self._digests = self._matcher.digests_wanted()
        return [
            self.read(read.item)
            if isinstance(read, _Read)
            and read.item is not None
            and not {*self._digests}.issubset(read.digests)
            else read
            for read in batch
        ]

    def _fingerprints(self, item: Item, digests: tuple[str, ...]) -> ContentFingerprints:
        plan = plan_of(fast=self._job.fast, robust=self._job.robust, digests=digests)
        with item.open() as stream:
            return self._fingerprinter.fingerprint(stream, plan)
