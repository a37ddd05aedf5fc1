# SPDX-License-Identifier: Apache-2.0
"""Content that is uploaded: as the raw body, or as the one file of a form."""

from typing import Any, BinaryIO, Final

from litestar import Request
from litestar.datastructures import UploadFile
from litestar.exceptions import HTTPException

from nahmi.api.bodies import spooled, too_large
from nahmi.api.describing import RawBody
from nahmi.errors import ErrorCode, RequestError

AnyRequest = Request[Any, Any, Any]
_FORM = "multipart/form-data"

CONTENT: Final = RawBody(("application/octet-stream", _FORM), "the file's bytes")
"""An example of content that is uploaded."""

CONTENT_PROBLEMS: Final = (
    ErrorCode.MEDIA_EMPTY,
    ErrorCode.MEDIA_TOO_LARGE,
    ErrorCode.MEDIA_UNSUPPORTED,
    ErrorCode.MEDIA_MALFORMED,
    ErrorCode.MEDIA_TIMEOUT,
    ErrorCode.MEDIA_MEMORY,
    ErrorCode.MEDIA_CRASHED,
    ErrorCode.SERVICE_BUSY,
)
"""How content can fail."""

_CHUNK_BYTES = 1 << 20


async def read_content(request: AnyRequest, *, most_bytes: int) -> BinaryIO:
    """The content of a request in an unnamed file, at its start.

    Args:
        request: With the content as its body, or as the one file of a multipart form.
        most_bytes: Limit of the content.

    Raises:
        MediaError: MEDIA_TOO_LARGE or MEDIA_EMPTY.
        RequestError: REQUEST_MALFORMED: the form has no file, or several.
    """
    if request.content_type[0] != _FORM:
        return await spooled(request.stream(), most_bytes=most_bytes)
    announced = request.headers.get("content-length", "")
    if not announced.isdigit() or int(announced) > most_bytes + _CHUNK_BYTES:
        raise too_large(most_bytes)  # a form is read whole before its file can be measured
    try:
        form = await request.form()
    except HTTPException as error:
        raise RequestError(ErrorCode.REQUEST_MALFORMED, "The form cannot be read.") from error
    files = [value for _, value in form.multi_items() if isinstance(value, UploadFile)]
    if len(files) != 1:
        raise RequestError(
            ErrorCode.REQUEST_MALFORMED,
            f"The form must carry one file; it carries {len(files)}.",
            hint="Or send the content itself as the body.",
        )
    return await spooled(_chunks(files[0]), most_bytes=most_bytes)


async def _chunks(file: UploadFile) -> Any:  # noqa: ANN401 - an async generator of bytes
    try:
        while part := await file.read(_CHUNK_BYTES):
            yield part
    finally:
        await file.close()
