# SPDX-License-Identifier: Apache-2.0
"""Files that people carry from one node to another: whole or not there, and private."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile, mkstemp
from typing import BinaryIO, Final

import msgspec

from nahmi.cli.options import open_content
from nahmi.errors import ErrorCode, InputError
from nahmi.flows.circles.joining import HomeDoor
from nahmi.partner.circles.roster import SignedRoster
from nahmi.partner.courier.head import LONGEST_PAGE, no_courier_file
from nahmi.partner.invitations import Application
from nahmi.store.age_files import decrypt_file, encrypt_file

LONGEST_LETTER: Final = 1 << 20
"""Bytes of a receipt, an application or a first roster; what is longer is none."""

_SECRET: Final = "AGE-SECRET-KEY-1"  # noqa: S105 - how such a line begins, not a key


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """A file that is written anew, for its owner only; nothing is left of it after an error.

    Raises:
        InputError: INPUT_INVALID: it cannot be written there.
    """
    try:
        descriptor, name = mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        detail = f"The file {path.name!r} cannot be written: {reason}."
        raise InputError(ErrorCode.INPUT_INVALID, detail) from error
    partial = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def write_lines_to(path: Path, lines: Iterable[bytes], recipients: list[str]) -> None:
    """Write lines to a file, encrypted where there are receivers.

    Raises:
        InputError: EXTRA_MISSING, KEY_INVALID; INPUT_INVALID: it cannot be written there.
    """
    with new_file(path) as target:
        if not recipients:
            target.writelines(lines)
            return
        with TemporaryFile() as plain:
            plain.writelines(lines)
            plain.seek(0)
            encrypt_file(plain, target, recipients)


@contextmanager
def lines_of(path: Path, identity: Path | None) -> Iterator[Callable[[], Iterator[bytes]]]:
    """The lines of a file, as often as they are asked for, decrypted where there is an identity.

    Raises:
        InputError: FILE_MISSING, FILE_UNREADABLE, EXTRA_MISSING or KEY_INVALID.
    """
    with open_content(str(path)) as source, TemporaryFile() as plain:
        if identity is not None:
            decrypt_file(source, plain, read_identity(identity))
        stream = source if identity is None else plain

        def lines() -> Iterator[bytes]:
            stream.seek(0)
            while line := stream.readline(LONGEST_PAGE + 1):
                if len(line) > LONGEST_PAGE:
                    raise no_courier_file()
                yield line

        yield lines


def read_identity(path: Path) -> str:
    """The secret key in a file as `age-keygen` writes it.

    Raises:
        InputError: FILE_MISSING, FILE_UNREADABLE; KEY_INVALID: there is none in it.
    """
    found = [
        line for line in read_letter(path).decode("ascii", "replace").split() if _SECRET in line
    ]
    if len(found) != 1:
        raise InputError(
            ErrorCode.KEY_INVALID,
            "The identity file does not hold one secret key.",
            hint="It is what `age-keygen` writes.",
        )
    return found[0]


def read_letter(path: Path) -> bytes:
    """A small file.

    Raises:
        InputError: FILE_MISSING or FILE_UNREADABLE.
    """
    with open_content(str(path)) as stream:
        return stream.read(LONGEST_LETTER)


class CarriedHome(HomeDoor):
    """The home of a circle, where people carry what it says and what it is told.

    Args:
        genesis: A file with the circle's first roster, from the home.
        application: Where the application is written.
    """

    def __init__(self, genesis: Path, application: Path) -> None:
        self._genesis = genesis
        self._application = application

    def genesis(self, token: str) -> SignedRoster:
        """See `HomeDoor.genesis`."""
        del token  # whoever handed the file over knew to whom
        return SignedRoster.read(read_letter(self._genesis))

    def apply(self, application: Application) -> None:
        """See `HomeDoor.apply`."""
        with new_file(self._application) as stream:
            stream.write(msgspec.json.encode(application))
