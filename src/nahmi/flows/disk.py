# SPDX-License-Identifier: Apache-2.0
"""Writing files so that a full disk or a crash leaves the old file or the new one, never half."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from nahmi.errors import ErrorCode, StoreError

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def storage_error(error: OSError, what: str) -> StoreError:
    """A failed write as a typed error.

    Args:
        error: What the system said.
        what: What was tried, as in "write the results".
    """
    if error.errno in _FULL:
        return StoreError(
            ErrorCode.STORAGE_FULL,
            f"There is no room to {what}.",
            hint="Free some space and run the same command again; nothing was lost.",
        )
    reason = (error.strerror or type(error).__name__).lower()
    return StoreError(
        ErrorCode.STORAGE_DENIED,
        f"It was not possible to {what}: {reason}.",
        hint="Check the path and its permissions.",
    )


@contextmanager
def replacing(path: Path, what: str, *, is_private: bool = False) -> Iterator[BinaryIO]:
    """A stream whose content takes the file's place once it is complete.

    Args:
        path: The file.
        what: As for `storage_error`.
        is_private: Only its owner may read it, from its first byte.

    Raises:
        StoreError: STORAGE_FULL or STORAGE_DENIED; the old file, if any, is untouched.
    """
    try:
        if path.exists() and not path.is_file():  # a pipe or device is written as it is
            with path.open("wb") as stream:
                yield stream
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f".{path.name}.{os.getpid()}.part")
        try:
            if is_private:
                partial.touch(0o600)
            with partial.open("wb") as stream:
                yield stream
                stream.flush()
                os.fsync(stream.fileno())
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        raise storage_error(error, what) from error
