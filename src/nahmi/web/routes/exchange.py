# SPDX-License-Identifier: Apache-2.0
"""Whole banks: in as jobs, out as files."""

import secrets
from collections.abc import Iterable, Iterator
from typing import Final

import anyio
import anyio.to_thread
from litestar import Response
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Stream

from nahmi.access.roles import Permission
from nahmi.core.bank import Bank
from nahmi.errors import ErrorCode, InputError, MediaError
from nahmi.flows.import_jobs import ImportRequest
from nahmi.operate.job_files import PIECE_BYTES
from nahmi.protect.formats import Format
from nahmi.web.headers import PAGE_HEADERS
from nahmi.web.paths import to
from nahmi.web.routes.gates import action, page
from nahmi.web.typed import Typed
from nahmi.web.views.banks import ExportEntries, ImportEntries
from nahmi.web.views.base import Form
from nahmi.web.visits import Visit

_ENDINGS: Final = {
    Format.CSV: ".csv",
    Format.JSONL: ".jsonl",
    Format.THREATEXCHANGE: ".txt",
    Format.THREATEXCHANGE_CSV: ".csv",
}


@page("/banks/{bank_id:int}/import", Permission.PROTECT_ENTRY_WRITE)
def show_import(visit: NamedDependency[Visit], bank_id: FromPath[int]) -> Response[str]:
    """A form for a file of signals."""
    bank = visit.journeys.curating.live_bank(visit.principal, bank_id)
    return visit.show(_import(visit, bank, Form()))


@action("/banks/{bank_id:int}/import", Permission.PROTECT_ENTRY_WRITE, is_async=True)
async def import_file(
    visit: NamedDependency[Visit], typed: NamedDependency[Typed], bank_id: FromPath[int]
) -> Response[str]:
    """Ask for an import, and follow the job."""
    who, imports = visit.principal, visit.journeys.imports
    bank = await anyio.to_thread.run_sync(visit.journeys.curating.live_bank, who, bank_id)
    form = typed.one_of("format", ("", *Format))
    file, source = typed.file("file"), typed.text("source")
    if file is None or not typed.is_right:
        return visit.again(_import(visit, bank, typed.form()))
    upload = secrets.token_hex(16)
    try:
        size = await _keep(visit, file, upload)
        wanted = ImportRequest(
            upload=upload, size_bytes=size, form=Format(form) if form else None, source=source
        )
        job = await anyio.to_thread.run_sync(imports.ask, who, bank_id, wanted)
    except BaseException as error:
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(imports.drop, upload)
        if isinstance(error, InputError | MediaError):
            return visit.again(_import(visit, bank, typed.form(error, field="file")))
        raise
    return visit.go(to("jobs", job.job_id))


async def _keep(visit: Visit, file: UploadFile, upload: str) -> int:
    """Keep an uploaded file in pieces; how long it was."""
    total = 0
    while piece := await file.read(PIECE_BYTES):
        total += len(piece)
        await anyio.to_thread.run_sync(visit.journeys.imports.keep, upload, piece)
    await file.close()
    if not total:
        raise MediaError(ErrorCode.MEDIA_EMPTY, "The file is empty.")
    return total


@page("/banks/{bank_id:int}/export", Permission.PROTECT_ENTRY_EXPORT)
def show_export(visit: NamedDependency[Visit], bank_id: FromPath[int]) -> Response[str]:
    """Which form a bank leaves in."""
    curating = visit.journeys.curating
    bank = curating.live_bank(visit.principal, bank_id)
    count = curating.count(visit.principal, bank_id)
    return visit.show(ExportEntries(bank=bank, entries=count, formats=tuple(Format)))


@action("/banks/{bank_id:int}/export", Permission.PROTECT_ENTRY_EXPORT)
def export_file(
    visit: NamedDependency[Visit], typed: NamedDependency[Typed], bank_id: FromPath[int]
) -> Stream:
    """All entries of a bank as a file."""
    curating = visit.journeys.curating
    bank = curating.live_bank(visit.principal, bank_id)
    form = typed.choice("format", Format)
    lines = curating.export(visit.principal, bank_id, form)
    name = f"{bank.name}{_ENDINGS[form]}"
    return Stream(
        _pieces(lines),
        media_type="application/octet-stream",
        headers={**PAGE_HEADERS, "content-disposition": f'attachment; filename="{name}"'},
    )


def _pieces(lines: Iterable[str]) -> Iterator[bytes]:
    """Lines in pieces that are worth a system call each."""
    piece = bytearray()
    for line in lines:
        piece += line.encode()
        if len(piece) >= PIECE_BYTES:
            yield bytes(piece)
            piece.clear()
    yield bytes(piece)


def _import(visit: Visit, bank: Bank, form: Form) -> ImportEntries:
    most = visit.service.settings.limits.import_bytes
    return ImportEntries(bank=bank, formats=tuple(Format), most_bytes=most, form=form)


ROUTES = [show_import, import_file, show_export, export_file]
