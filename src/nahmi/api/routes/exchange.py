# SPDX-License-Identifier: Apache-2.0
"""Whole banks: in as jobs, out as streams."""

import secrets
from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Final

import anyio.to_thread
from litestar import Request, Router, get, post
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from litestar.response import Stream

from nahmi.access.roles import Permission
from nahmi.api.callers import Caller
from nahmi.api.describing import RawBody, Sample
from nahmi.api.fields import Id
from nahmi.api.operations import operation
from nahmi.api.routes.jobs import JOB, NDJSON, JobReply, job_reply
from nahmi.api.text_streams import TextStream
from nahmi.errors import ErrorCode, MediaError, RequestError
from nahmi.flows.import_jobs import ImportRequest
from nahmi.operate.job_files import PIECE_BYTES
from nahmi.protect.formats import Format

AnyRequest = Request[Any, Any, Any]
_LINES: Final = """\
signal_type,value,note
pdq,f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22,
"""
_MEDIA_TYPES: Final = {
    Format.CSV: "text/csv; charset=utf-8",
    Format.JSONL: NDJSON,
    Format.THREATEXCHANGE: "text/plain; charset=utf-8",
    Format.THREATEXCHANGE_CSV: "text/csv; charset=utf-8",
}
_Form = Annotated[Format, QueryParameter(name="format", description="Of the file.")]
_MaybeForm = Annotated[
    Format | None,
    QueryParameter(name="format", description="Found out from the first line when left out."),
]
_Source = Annotated[
    str,
    QueryParameter(
        name="source",
        max_length=2000,
        pattern="^[^\\x00]*$",
        description="Who contributed the entries, where a line does not say.",
    ),
]


@operation(
    post,
    "/banks/{bank_id:int}/import",
    permission=Permission.PROTECT_ENTRY_WRITE,
    summary="Import a file into a bank",
    sample=Sample(
        request=RawBody(("text/csv", NDJSON, "text/plain", "application/gzip"), _LINES), reply=JOB
    ),
    problems=(
        ErrorCode.BANK_MISSING,
        ErrorCode.MEDIA_EMPTY,
        ErrorCode.REQUEST_TOO_LARGE,
    ),
    status=202,
)
async def import_bank(
    request: AnyRequest,
    caller: NamedDependency[Caller],
    bank_id: Id,
    *,
    form: _MaybeForm = None,
    source: _Source = "",
) -> JobReply:
    """Send a file as CSV, JSON lines or the text of Meta's `threatexchange`, also gzipped.

    It is kept as it comes and imported by a job. Signals that the bank has already are passed
    over, so that a file can be sent again. Lines that are no entry are written down beside the
    job; the others are taken.
    """
    imports, principal = caller.journeys.imports, caller.principal
    await anyio.to_thread.run_sync(caller.journeys.curating.live_bank, principal, bank_id)
    upload = secrets.token_hex(16)
    most = caller.service.settings.limits.import_bytes
    try:
        size = await _keep(request, caller, upload, most)
        wanted = ImportRequest(upload=upload, size_bytes=size, form=form, source=source)
        job = await anyio.to_thread.run_sync(imports.ask, principal, bank_id, wanted)
    except BaseException:
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(imports.drop, upload)
        raise
    return job_reply(job)


async def _keep(request: AnyRequest, caller: Caller, upload: str, most_bytes: int) -> int:
    """Keep the body in pieces; how long it was."""
    piece, total = bytearray(), 0
    async for chunk in request.stream():
        total += len(chunk)
        if total > most_bytes:
            raise RequestError(
                ErrorCode.REQUEST_TOO_LARGE,
                f"The file has more than {most_bytes} bytes.",
                hint="Send it in parts; an administrator can raise limits.import_bytes.",
            )
        piece += chunk
        while len(piece) >= PIECE_BYTES:
            await _keep_piece(caller, upload, bytes(piece[:PIECE_BYTES]))
            del piece[:PIECE_BYTES]
    if piece:
        await _keep_piece(caller, upload, bytes(piece))
    if not total:
        raise MediaError(ErrorCode.MEDIA_EMPTY, "The request carries no file.")
    return total


async def _keep_piece(caller: Caller, upload: str, piece: bytes) -> None:
    await anyio.to_thread.run_sync(caller.journeys.imports.keep, upload, piece)


@operation(
    get,
    "/banks/{bank_id:int}/export",
    permission=Permission.PROTECT_ENTRY_EXPORT,
    summary="Export a bank",
    sample=Sample(reply=_LINES),
    problems=(ErrorCode.BANK_MISSING,),
    media_type="text/csv",
)
def export_bank(
    caller: NamedDependency[Caller], bank_id: Id, *, form: _Form = Format.CSV
) -> Stream:
    """All entries of a bank that are not deleted, as a stream. The audit log notes who exported."""
    lines = caller.journeys.curating.export(caller.principal, bank_id, form)
    return TextStream(_pieces(lines), media_type=_MEDIA_TYPES[form])


def _pieces(lines: Iterable[str]) -> Iterator[bytes]:
    """Lines in pieces that are worth a system call each."""
    piece = bytearray()
    for line in lines:
        piece += line.encode()
        if len(piece) >= PIECE_BYTES:
            yield bytes(piece)
            piece.clear()
    yield bytes(piece)


routes = Router("/", route_handlers=[import_bank, export_bank], tags=["import and export"])
