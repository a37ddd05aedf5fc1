# SPDX-License-Identifier: Apache-2.0
"""Content that a caller sends or names, and its signals under the names that the caller knows."""

import asyncio
from typing import Any, BinaryIO

from litestar import Request
from litestar.datastructures import UploadFile

from nahmi.access.roles import Permission
from nahmi.api.authentication import check
from nahmi.api.bodies import spooled
from nahmi.api.hma import names
from nahmi.api.services import services_of
from nahmi.core.signal import ContentFingerprints
from nahmi.errors import ErrorCode, InputError
from nahmi.protect.plan import FingerprintPlan
from nahmi.protect.signals.digests import digest_all

AnyRequest = Request[Any, Any, Any]
_CHUNK_BYTES = 1 << 20
_DIGESTS = ("sha256", "md5")


async def uploaded(request: AnyRequest) -> tuple[str, BinaryIO]:
    """The one file of a form; the name of its field says what it is.

    Raises:
        InputError: INPUT_INVALID: there is not exactly one file.
        MediaError: MEDIA_TOO_LARGE or MEDIA_EMPTY.
    """
    form = await request.form()
    files = [(name, value) for name, value in form.multi_items() if isinstance(value, UploadFile)]
    if len(files) != 1:
        raise InputError(ErrorCode.INPUT_INVALID, "Exactly one file must be uploaded.")
    name, file = files[0]
    limit = services_of(request.app).settings.limits.upload_bytes
    return name, await spooled(_chunks(file), most_bytes=limit)


async def fetched(request: AnyRequest, url: str) -> BinaryIO:
    """Content by its address, from a host that the operator named.

    Raises:
        AccessError: PERMISSION_DENIED.
        WireError: Fetching is switched off, refused, or failed.
    """
    check(request.user, Permission.PROTECT_URL_FETCH)
    return await asyncio.to_thread(services_of(request.app).fetch, url)


async def signals_of(
    request: AnyRequest, content_type: str, content: BinaryIO, types: str | None
) -> dict[str, str]:
    """Signals of content by the caller's names; without one that has too little detail.

    Args:
        request: Whose limits hold.
        content_type: `photo` or `video`.
        content: Closed when it was read.
        types: As `nahmi.api.hma.names.wanted_types`.

    Raises:
        MediaError: It cannot be decoded.
        InputError: As `nahmi.api.hma.names.wanted_types`.
    """
    try:
        wanted = names.wanted_types(content_type, types)
    except InputError:
        content.close()
        raise
    if content_type == "video":
        return await asyncio.to_thread(_digests, content, wanted)
    found = await fingerprints(request, content, FingerprintPlan(digests=()))
    return {
        name: names.first(f.value for f in found.fingerprints if f.signal_type == names.ours(name))
        for name in wanted
    }


async def fingerprints(
    request: AnyRequest, content: BinaryIO, plan: FingerprintPlan
) -> ContentFingerprints:
    """What the sandboxed decoders make of content."""
    return await services_of(request.app).decoders.fingerprint(content, plan)


def _digests(content: BinaryIO, wanted: tuple[str, ...]) -> dict[str, str]:
    """Digests of a video's bytes: they are looked at, and never decoded."""
    with content:
        found = {item.signal_type: item.value for item in digest_all(content, _DIGESTS)}
    return {name: found[names.ours(name)] for name in wanted}


async def _chunks(file: UploadFile) -> Any:  # noqa: ANN401 - an async generator of bytes
    try:
        while part := await file.read(_CHUNK_BYTES):
            yield part
    finally:
        await file.close()
