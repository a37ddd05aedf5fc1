# SPDX-License-Identifier: Apache-2.0
"""Enrolling whole folders: workers fingerprint, one thread writes a batch at a time."""

import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import PurePath

import msgspec

from nahmi.bootstrap import Node, make_fingerprinter
from nahmi.core.bank import Bank, EntryDraft
from nahmi.errors import ErrorCode, NahmiError
from nahmi.flows.enrol import Enroller
from nahmi.flows.sources import Found, Unread, read_sources
from nahmi.protect.enrolment import Attribution

_BATCH = 200
_PER_WORKER = 8


class Refused(msgspec.Struct, frozen=True):
    """A file that did not enter the bank.

    Attributes:
        name: The file.
        code: Why, for scripts.
        reason: Why, for people.
    """

    name: str
    code: ErrorCode
    reason: str


class Done(msgspec.Struct):
    """What an enrolment did.

    Attributes:
        added: New entries.
        known: Signals that the bank had already.
        refused: Files that did not enter.
    """

    added: int = 0
    known: int = 0
    refused: list[Refused] = msgspec.field(default_factory=list)


def enrol(  # noqa: PLR0913 - each is a part of its own
    node: Node,
    bank: Bank,
    sources: Sequence[str],
    said: Attribution,
    *,
    jobs: int | None = None,
    on_file: Callable[[], None] = lambda: None,
) -> Done:
    """Add everything that the sources hold to a bank.

    Args:
        node: The node; its index is not brought up to date here.
        bank: Where to.
        sources: As for a scan.
        said: What the curator says; the provenance is each file's name.
        jobs: Workers; one a core by default.
        on_file: Called after each file.

    Raises:
        StoreError: The store could not be changed; batches before stand.
        InputError: A source is missing.
    """
    done = Done()
    workers = jobs or os.cpu_count() or 1
    batch: list[EntryDraft] = []
    with make_fingerprinter(workers=workers) as fingerprinter, ThreadPoolExecutor(workers) as pool:
        enroller = node.enroller(node.plugins.beside(fingerprinter))

        def prepare(found: Found) -> tuple[EntryDraft, ...] | Refused:
            return _prepare(enroller, found, bank, said)

        found = read_sources(sources, stdin=sys.stdin)
        # A few at a time: members of archives are held in memory.
        while some := list(islice(found, workers * _PER_WORKER)):
            for result in pool.map(prepare, some):
                if isinstance(result, Refused):
                    done.refused.append(result)
                else:
                    batch += result
                on_file()
            if len(batch) >= _BATCH:
                _write(enroller, bank, batch, done)
        _write(enroller, bank, batch, done)
    return done


def _prepare(
    enroller: Enroller, found: Found, bank: Bank, said: Attribution
) -> tuple[EntryDraft, ...] | Refused:
    if isinstance(found, Unread):
        return Refused(found.name, found.code, found.reason)
    attribution = msgspec.structs.replace(
        said, provenance=said.provenance or f"file:{PurePath(found.name).name}"
    )
    try:
        with found.open() as stream:
            return enroller.prepare(stream, bank, attribution)
    except NahmiError as error:
        return Refused(found.name, error.code, error.diagnostics())
    except OSError as error:
        reason = error.strerror or type(error).__name__
        return Refused(found.name, ErrorCode.FILE_UNREADABLE, reason)


def _write(enroller: Enroller, bank: Bank, batch: list[EntryDraft], done: Done) -> None:
    written = enroller.add(bank, batch)
    done.added += len(written.entry_ids)
    done.known += written.known
    batch.clear()
