# SPDX-License-Identifier: Apache-2.0
"""Bodies of requests: read as they come, never more than is allowed."""

import os
import tempfile
from collections.abc import AsyncIterator
from typing import Any, BinaryIO

import msgspec
from litestar.types import Receive

from nahmi.errors import ErrorCode, InputError, MediaError, RequestError


async def spooled(chunks: AsyncIterator[bytes], *, most_bytes: int) -> BinaryIO:
    """Content in an unnamed file; nothing of it is left when the file is closed.

    Args:
        chunks: The body.
        most_bytes: One more is refused at once, whatever the headers said.

    Raises:
        MediaError: MEDIA_TOO_LARGE or MEDIA_EMPTY.
    """
    file = await spooled_body(chunks, most_bytes=most_bytes)
    if not file.read(1):
        file.close()
        raise MediaError(ErrorCode.MEDIA_EMPTY, "The request carries no content.")
    file.seek(0)
    return file


async def spooled_body(chunks: AsyncIterator[bytes], *, most_bytes: int) -> BinaryIO:
    """A body in an unnamed file, as `spooled`; it may be empty.

    Raises:
        MediaError: MEDIA_TOO_LARGE.
    """
    file = _unnamed_file()
    try:
        await _fill(file, chunks, most_bytes)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file


async def _fill(file: BinaryIO, chunks: AsyncIterator[bytes], most_bytes: int) -> None:
    total = 0
    async for chunk in chunks:
        total += len(chunk)
        if total > most_bytes:
            raise too_large(most_bytes)
        file.write(chunk)


async def body_parts(receive: Receive) -> AsyncIterator[bytes]:
    """The body of a request, as it comes.

    Raises:
        RequestError: REQUEST_MALFORMED: the caller went away before its end.
    """
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise RequestError(ErrorCode.REQUEST_MALFORMED, "The caller went away.")
        yield message["body"]
        if not message["more_body"]:
            return


async def json_body(receive: Receive, *, most_bytes: int) -> bytes:
    """The body of a request, whole.

    Raises:
        RequestError: REQUEST_TOO_LARGE, or as `body_parts`.
    """
    parts: list[bytes] = []
    total = 0
    async for part in body_parts(receive):
        total += len(part)
        if total > most_bytes:
            raise json_too_large(most_bytes)
        parts.append(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def too_large(most_bytes: int) -> MediaError:
    """Content beyond the limit."""
    return MediaError(
        ErrorCode.MEDIA_TOO_LARGE,
        f"The content has more than {most_bytes} bytes.",
        hint="An administrator can raise limits.upload_bytes in node.toml.",
    )


def json_too_large(most_bytes: int) -> RequestError:
    """A JSON body beyond the limit."""
    return RequestError(
        ErrorCode.REQUEST_TOO_LARGE,
        f"The body has more than {most_bytes} bytes.",
        hint="Send it in parts; an administrator can raise limits.json_bytes in node.toml.",
    )


def decoded(body: bytes, kind: type[Any]) -> Any:  # noqa: ANN401 - of `kind`
    """A value from JSON.

    Raises:
        RequestError: REQUEST_MALFORMED: no JSON.
        InputError: INPUT_INVALID: it has another shape.
    """
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        raise InputError(
            ErrorCode.INPUT_INVALID,
            f"The JSON has another shape than is asked for: {error}.",
            hint="The shape is in the description of the interface, /api/v1/schema.",
        ) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RequestError(ErrorCode.REQUEST_MALFORMED, "The body is not JSON.") from error


def _unnamed_file() -> BinaryIO:
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("upload"), "w+b")
    return tempfile.TemporaryFile()
