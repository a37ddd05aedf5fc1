# SPDX-License-Identifier: Apache-2.0
"""Object stores: `s3://`, `gs://`, `az://`, `https://` and `file://`, through obstore."""

import io
import os
import re
from collections.abc import Iterable, Iterator
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from nahmi.errors import ErrorCode, InputError, MediaError, NahmiError
from nahmi.flows.sources.items import Found, Item, Limits, Skip, Unread, too_large

if TYPE_CHECKING:
    from obstore.store import RetryConfig

_PAGE = 1000
_RETRIES: "RetryConfig" = {"max_retries": 4, "retry_timeout": timedelta(seconds=60)}
_STATUS = re.compile(r"status code: (\d{3})\b")
_DENIED, _MISSING = frozenset({401, 403}), 404

_S3_CREDENTIALS: Final = (
    "AWS_ACCESS_KEY_ID",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_METADATA_ENDPOINT",
    "AWS_SKIP_SIGNATURE",
)
"""Any of these says where credentials come from. Without them the client would ask an address that
nobody configured, the metadata service of Amazon's machines."""


def is_url(source: str) -> bool:
    """Whether a source is a URL rather than a path."""
    return "://" in source


def read_objects(url: str, *, skip: Skip, limits: Limits) -> Iterator[Found]:
    """The objects below a URL, ascending by name; credentials come from the environment.

    Only the host of this URL is contacted, and only because the operator named it.

    Raises:
        InputError: EXTRA_MISSING, or INPUT_INVALID when the URL cannot be used or there are no
            credentials. While it is read: FILE_UNREADABLE, when they are refused, and
            FILE_MISSING, when there is no such bucket.
    """
    try:
        import obstore  # noqa: PLC0415 - an extra
        from obstore.store import from_url  # noqa: PLC0415
    except ImportError as error:
        raise InputError(
            ErrorCode.EXTRA_MISSING,
            "Scanning object stores needs the extra 'lake', which is not installed.",
            hint="Install it: pip install 'nahmi[lake]'.",
        ) from error
    try:
        store = from_url(url, retry_config=_RETRIES)
    except Exception as error:  # obstore raises bases of its own and ValueError
        raise InputError(
            ErrorCode.INPUT_INVALID,
            f"The address cannot be used as an object store ({type(error).__name__}).",
            hint="Such as s3://bucket/prefix, gs://bucket or file:///folder.",
        ) from error
    if type(store).__name__ == "S3Store":
        _check_credentials()
    return _objects(obstore, store, url.rstrip("/"), skip, limits)


def _check_credentials() -> None:
    if not any(os.environ.get(name) for name in _S3_CREDENTIALS):
        raise InputError(
            ErrorCode.INPUT_INVALID,
            "There are no credentials for the object store in the environment.",
            hint="Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; AWS_SKIP_SIGNATURE=true for a "
            "public bucket; or AWS_METADATA_ENDPOINT=http://169.254.169.254 for the machine's own.",
        )


def _objects(obstore: Any, store: Any, url: str, skip: Skip, limits: Limits) -> Iterator[Found]:  # noqa: ANN401 - untyped
    try:
        for page in obstore.list(store, chunk_size=_PAGE):
            for meta in page:
                name = f"{url}/{meta['path']}"
                if skip(name) or _is_folder_mark(obstore, store, meta):
                    continue
                if meta["size"] > limits.item_bytes:
                    yield too_large(name, meta["size"], limits)
                else:
                    yield Item(name, partial(_open, obstore, store, meta["path"], limits))
    except Exception as error:
        refusal = _refusal(error)
        if refusal is not None:
            raise refusal from error
        yield Unread(url, ErrorCode.FILE_UNREADABLE, _why_broken(error))


def _is_folder_mark(obstore: Any, store: Any, meta: Any) -> bool:  # noqa: ANN401 - untyped
    """Consoles mark a folder by an empty object whose key ends in a slash, which obstore drops."""
    if meta["size"] > 0:
        return False
    try:
        obstore.get(store, meta["path"])
    except FileNotFoundError:
        return True
    except Exception:  # noqa: BLE001 - whatever it is, reading the item meets it again and says so
        return False
    return False


def _refusal(error: Exception) -> InputError | None:
    """Why nothing of a source can be listed; None for a listing that merely broke off."""
    status = _status(error)
    if status in _DENIED:
        return InputError(
            ErrorCode.FILE_UNREADABLE,
            "The object store refuses these credentials.",
            hint="Check the ones in the environment, and whether they may list there.",
        )
    if status == _MISSING or isinstance(error, FileNotFoundError):
        return InputError(
            ErrorCode.FILE_MISSING,
            "There is no such bucket or container.",
            hint="Check its name, and the region or endpoint in the environment.",
        )
    return None


def _status(error: Exception) -> int | None:
    """The HTTP status of an answer; obstore says it in its text alone, which may quote anything."""
    found = _STATUS.search(str(error))
    return int(found[1]) if found else None


def _why_broken(error: Exception) -> str:
    if type(error).__name__ == "InvalidPathError":
        return (
            "The listing broke off at an object whose name cannot be read, such as one with two "
            "slashes in a row; the objects after it were not scanned."
        )
    status = _status(error)
    cause = type(error).__name__ if status is None else f"the store answered {status}"
    return f"The listing broke off ({cause}); the objects after that were not scanned."


def _open(obstore: Any, store: Any, path: str, limits: Limits) -> BinaryIO:  # noqa: ANN401 - untyped
    try:
        return _held(obstore.get(store, path), limits)
    except NahmiError:
        raise
    except FileNotFoundError as error:
        raise InputError(
            ErrorCode.FILE_MISSING, "It was listed, but is not there any more."
        ) from error
    except Exception as error:
        status = _status(error)
        cause = type(error).__name__ if status is None else f"the store answered {status}"
        raise OSError(0, f"The object could not be read ({cause})") from error


def _held(chunks: Iterable[bytes], limits: Limits) -> BinaryIO:
    content = io.BytesIO()
    for chunk in chunks:
        content.write(chunk)
        if content.tell() > limits.item_bytes:  # it may have been replaced since it was listed
            raise MediaError(
                ErrorCode.MEDIA_TOO_LARGE,
                f"It is longer than the {limits.item_bytes:,} bytes that are read at most.",
            )
    content.seek(0)
    return content
