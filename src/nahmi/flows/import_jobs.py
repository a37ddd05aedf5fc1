# SPDX-License-Identifier: Apache-2.0
"""Imports as jobs: a file of any length becomes entries of a bank.

1. The upload is kept in pieces; nothing holds it whole.
2. A worker takes some thousand lines at a time. One transaction adds their entries and notes how
   far it came, so that whoever takes the job up goes on right there: no line is left out, and what
   came of each is counted once.
3. Lines that are no entry are written down beside the job; the others are taken.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from itertools import chain, islice
from typing import Final, Protocol

import msgspec

from nahmi.access.identity import Principal
from nahmi.core.bank import Bank, EntryRun
from nahmi.errors import ErrorCode, InputError, StoreError
from nahmi.flows.curating import Curated, Curating
from nahmi.flows.ledger import Ledger, Transaction
from nahmi.flows.run_jobs import Progress
from nahmi.flows.uploaded_lines import Counted, lines_of
from nahmi.operate.job_files import INPUT, JobFiles
from nahmi.operate.jobs import Job, NewJob, Value
from nahmi.protect.formats import BadLine, Format, detect_format, read_runs
from nahmi.protect.signals.registry import signal_types

KIND: Final = "bank_import"

REFUSED: Final = "refused"
"""The part that holds the lines that are no entry, one JSON object a line."""

MOST_REFUSED: Final = 100_000
"""Refused lines that are written down; more are only counted."""

KEPT: Final = timedelta(days=7)
"""How long an upload that nobody finished, and what was refused of others, is kept."""

_STATE: Final = "state"
_LINES: Final = 20_000
_CSV: Final = frozenset({Format.CSV, Format.THREATEXCHANGE_CSV})


class JobAsker(Protocol):
    """Where jobs are asked for."""

    def add(self, new: NewJob, *, now: datetime, within: Transaction = None) -> Job:
        """A new job, waiting."""
        ...


class ImportRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be imported.

    Attributes:
        upload: Name of the job file that holds it.
        size_bytes: Its length.
        form: Its format; found out when None.
        source: Who contributed it, where a line does not say.
    """

    upload: str
    size_bytes: int
    form: Format | None = None
    source: str = ""


class _State(msgspec.Struct, kw_only=True):
    """How far an import is, and what came of it so far."""

    lines: int = 0
    added: int = 0
    known: int = 0
    refused: int = 0
    is_complete: bool = False


class Imports:
    """Asks for imports. Safe to share between threads.

    Args:
        curating: Knows whose banks are whose.
        files: Keeps uploads.
        jobs: Where jobs are asked for.
        ledger: Puts the request on record.
        clock: The current moment, UTC.
    """

    def __init__(
        self,
        *,
        curating: Curating,
        files: JobFiles,
        jobs: JobAsker,
        ledger: Ledger,
        clock: Callable[[], datetime],
    ) -> None:
        self._curating = curating
        self._files = files
        self._jobs = jobs
        self._ledger = ledger
        self._clock = clock

    def keep(self, upload: str, piece: bytes) -> None:
        """Keep a piece of an upload.

        Raises:
            StoreError: It could not be kept.
        """
        self._files.append(upload, INPUT, piece, now=self._clock())

    def drop(self, upload: str) -> None:
        """Forget an upload that did not come to its end.

        Raises:
            StoreError: It is forgotten later.
        """
        self._files.drop(upload, INPUT)

    def ask(self, principal: Principal, bank_id: int, wanted: ImportRequest) -> Job:
        """Ask for an import.

        Raises:
            StoreError: BANK_MISSING.
        """
        with self._ledger.change(principal, "entry:import", f"bank:{bank_id}") as change:
            bank = self._curating.live_bank(principal, bank_id)
            new = NewJob(
                member_id=principal.member_id,
                kind=KIND,
                created_by=principal.name,
                detail={
                    "bank_id": bank.bank_id,
                    "upload": wanted.upload,
                    "format": "" if wanted.form is None else wanted.form.value,
                    "source": wanted.source,
                },
                total=wanted.size_bytes,
            )
            job = self._jobs.add(new, now=change.now, within=change.transaction)
            change.detail["job"] = job.job_id
        return job

    def refused(self, job: Job) -> Iterator[bytes]:
        """The lines of an import that were no entry, as NDJSON: number and reason.

        Raises:
            StoreError: JOB_MISSING: the job is no import.
        """
        if job.kind != KIND:
            raise StoreError(ErrorCode.JOB_MISSING, "There is no such import.")
        return self._files.pieces(str(job.detail["upload"]), REFUSED)


class ImportWork:
    """Does imports; see `nahmi.flows.run_jobs.Work`.

    Args:
        store: Banks and entries.
        files: Uploads, and what becomes of them.
        begin: Begins a writing transaction.
        follow: Brings this process to where the store is.
        clock: The current moment, UTC.
    """

    def __init__(
        self,
        *,
        store: Curated,
        files: JobFiles,
        begin: Callable[[], AbstractContextManager[Transaction]],
        follow: Callable[[], object],
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._files = files
        self._begin = begin
        self._follow = follow
        self._clock = clock

    def __call__(self, job: Job, progress: Progress) -> dict[str, Value] | None:
        """Do an import, or go on with one.

        Raises:
            InputError: The file as a whole cannot be read.
            StoreError: BANK_MISSING: the bank was deleted meanwhile.
        """
        upload = str(job.detail["upload"])
        state = _State()
        for kept in self._files.pieces(upload, _STATE):
            state = msgspec.json.decode(kept, type=_State)
        if not state.is_complete and not self._go_on(job, upload, state, progress):
            return None
        self._files.drop(upload, INPUT)
        return {
            "lines": state.lines,
            "added": state.added,
            "known": state.known,
            "refused": state.refused,
        }

    def forget(self) -> int:
        """Forget what is older than `KEPT`; how many pieces."""
        return self._files.forget(until=self._clock() - KEPT)

    def _go_on(self, job: Job, upload: str, state: _State, progress: Progress) -> bool:
        bank = self._bank(job)
        pieces = Counted(self._files.pieces(upload, INPUT))
        lines = lines_of(pieces)
        first = next(lines, "")
        form = _form(job) or detect_format("", first)
        header = [first] if form in _CSV else []
        rest = lines if header else chain([first], lines)
        state.lines = max(state.lines, len(header))
        _skip(rest, state.lines - len(header))
        while chunk := _chunk(rest, is_quoted=bool(header)):
            bad: list[BadLine] = []
            runs = list(read_runs([*header, *chunk], form, validate=_validate, on_bad=bad.append))
            source = str(job.detail["source"])
            self._write(
                bank,
                upload,
                state,
                [_attributed(run, source) for run in runs],
                [BadLine(state.lines - len(header) + line.number, line.reason) for line in bad],
                len(chunk),
            )
            self._follow()
            if not progress.note(pieces.taken_bytes, max(job.total or 0, pieces.taken_bytes)):
                return False
        state.is_complete = True
        self._files.replace(upload, _STATE, msgspec.json.encode(state), now=self._clock())
        return True

    def _write(  # noqa: PLR0913, PLR0917 - the parts of one step
        self,
        bank: Bank,
        upload: str,
        state: _State,
        runs: Sequence[EntryRun],
        bad: Sequence[BadLine],
        lines: int,
    ) -> None:
        """Add entries and note how far the import is, both or neither."""
        now = self._clock()
        room = max(MOST_REFUSED - state.refused, 0)
        with self._begin() as transaction:
            added = self._store.add_new_entries(bank.bank_id, runs, now=now, within=transaction)
            state.lines += lines
            state.added += len(added.entry_ids)
            state.known += added.known
            state.refused += len(bad)
            self._files.replace(
                upload, _STATE, msgspec.json.encode(state), now=now, within=transaction
            )
            if told := b"".join(msgspec.json.encode(line) + b"\n" for line in bad[:room]):
                self._files.append(upload, REFUSED, told, now=now, within=transaction)

    def _bank(self, job: Job) -> Bank:
        for bank in self._store.banks(member_id=job.member_id):
            if bank.bank_id == job.detail["bank_id"]:
                return bank
        raise StoreError(ErrorCode.BANK_MISSING, "The bank was deleted meanwhile.")


def _form(job: Job) -> Format | None:
    name = str(job.detail["format"])
    return Format(name) if name else None


def _skip(lines: Iterator[str], count: int) -> None:
    for _ in islice(lines, count):
        pass


def _chunk(lines: Iterator[str], *, is_quoted: bool) -> list[str]:
    """Some thousand lines that end where a record ends; empty at the file's end.

    Args:
        lines: The rest of the file.
        is_quoted: A record may have line breaks within quotation marks. A file whose marks do not
            match is cut after twice as many lines, and says so in its refused lines.
    """
    chunk = list(islice(lines, _LINES))
    if is_quoted:
        marks = sum(line.count('"') for line in chunk)
        while marks % 2 and len(chunk) < 2 * _LINES:
            line = next(lines, None)
            if line is None:
                break
            chunk.append(line)
            marks += line.count('"')
    return chunk


def _validate(signal_type: str, texts: Sequence[str]) -> Sequence[str | InputError]:
    return signal_types().get(signal_type).validate_all(texts)


def _attributed(run: EntryRun, source: str) -> EntryRun:
    if run.like.source or not source:
        return run
    return EntryRun(msgspec.structs.replace(run.like, source=source), run.values)
