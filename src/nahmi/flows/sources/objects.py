# SPDX-License-Identifier: Apache-2.0
"""Object stores: `s3://`, `gs://`, `az://`, `https://` and `file://`, through obstore."""

from collections.abc import Iterator
from functools import partial
from typing import Any, BinaryIO

from nahmi.errors import ErrorCode, InputError
from nahmi.flows.sources.items import Found, Item, Limits, Skip, Unread, held, too_large

_PAGE = 1000


def is_url(source: str) -> bool:
    """Whether a source is a URL rather than a path."""
    return "://" in source


def read_objects(url: str, *, skip: Skip, limits: Limits) -> Iterator[Found]:
    """The objects below a URL, ascending by name; credentials come from the environment.

    Only the host of this URL is contacted, and only because the operator named it.

    Raises:
        InputError: EXTRA_MISSING, or INPUT_INVALID when the URL cannot be used.
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
        store = from_url(url)
    except Exception as error:  # obstore raises bases of its own and ValueError
        raise InputError(
            ErrorCode.INPUT_INVALID,
            f"The address cannot be used as an object store ({type(error).__name__}).",
            hint="Such as s3://bucket/prefix, gs://bucket or file:///folder.",
        ) from error
    return _objects(obstore, store, url.rstrip("/"), skip, limits)


def _objects(obstore: Any, store: Any, url: str, skip: Skip, limits: Limits) -> Iterator[Found]:  # noqa: ANN401 - untyped
    try:
        for page in obstore.list(store, chunk_size=_PAGE):
            for meta in page:
                name = f"{url}/{meta['path']}"
                if skip(name):
                    continue
                if meta["size"] > limits.item_bytes:
                    yield too_large(name, meta["size"], limits)
                else:
                    yield Item(name, partial(_open, obstore, store, meta["path"]))
    except Exception as error:  # noqa: BLE001 - obstore's errors share no base but Exception
        reason = f"The listing broke off ({type(error).__name__})."
        yield Unread(url, ErrorCode.FILE_UNREADABLE, reason)


def _open(obstore: Any, store: Any, path: str) -> BinaryIO:  # noqa: ANN401 - untyped
    try:
        content = bytes(obstore.get(store, path).bytes())
    except Exception as error:
        raise OSError(0, f"The object could not be read ({type(error).__name__})") from error
    return held(path, content).open()
