# SPDX-License-Identifier: Apache-2.0
"""Options and arguments that several commands share, and what they print."""

import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import msgspec
import typer

from nahmi.core.signal import Signal
from nahmi.errors import ErrorCode, InputError

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object, for scripts.")]
BankName = Annotated[str, typer.Argument(metavar="BANK", help="The bank's name.")]
Robust = Annotated[
    str,
    typer.Option(
        help="Altered forms to ask about: none, orientations (turned, mirrored), or full "
        "(also without borders and screenshot frames).",
        metavar="none|orientations|full",
    ),
]
Fast = Annotated[
    bool,
    typer.Option("--fast", help="Decode JPEG at reduced scale: quicker, a few bits less exact."),
]
Limit = Annotated[
    int | None,
    typer.Option(min=0, max=63, help="Bits that may differ, instead of each bank's own limit."),
]
Jobs = Annotated[
    int | None, typer.Option("--jobs", "-j", min=1, help="Workers; one a core by default.")
]


def now() -> datetime:
    """The current moment, UTC."""
    return datetime.now(UTC)


def emit(schema: str, fields: dict[str, Any]) -> None:
    """Print a JSON object that names its own shape.

    Args:
        schema: Such as `match/1`; the number grows when a field changes its meaning or goes.
        fields: The rest.
    """
    typer.echo(msgspec.json.encode({"schema": f"nahmi.{schema}", **fields}))


def table(rows: Iterable[Sequence[object]]) -> None:
    """Print rows in columns that line up, for people."""
    texts = [[safe(str(cell)) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    for row in texts:
        padded = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        typer.echo("  ".join(padded).rstrip())


def safe(text: str) -> str:
    """Text from outside without control characters, which could rewrite the terminal."""
    return "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in text)


def open_content(name: str) -> BinaryIO:
    """A file named on the command line, or standard input for `-`.

    Raises:
        InputError: FILE_MISSING or FILE_UNREADABLE.
    """
    if name == "-":
        return sys.stdin.buffer
    try:
        return Path(name).open("rb")
    except FileNotFoundError as error:
        raise InputError(ErrorCode.FILE_MISSING, f"There is no file {name!r}.") from error
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        detail = f"The file {name!r} cannot be read: {reason}."
        raise InputError(ErrorCode.FILE_UNREADABLE, detail) from error


def parse_signal(text: str) -> Signal:
    """A signal written as TYPE:VALUE.

    Raises:
        InputError: INPUT_INVALID.
    """
    signal_type, separator, value = text.partition(":")
    if not separator or not signal_type:
        raise InputError(
            ErrorCode.INPUT_INVALID,
            "A signal is written as TYPE:VALUE.",
            hint="Such as sha256:e3b0c442... or url:https://example.org/.",
        )
    return Signal(signal_type.strip().lower(), value)


def choice(text: str, kind: type[Any], name: str) -> Any:  # noqa: ANN401 - a member of `kind`
    """A member of a StrEnum by value.

    Raises:
        InputError: INPUT_INVALID, with the words that are allowed.
    """
    try:
        return kind(text)
    except ValueError as error:
        known = ", ".join(member.value for member in kind)
        raise InputError(
            ErrorCode.INPUT_INVALID, f"{name} cannot be {safe(text)!r}.", hint=f"One of: {known}."
        ) from error


def moment(text: str | None) -> datetime | None:
    """A date or a moment in ISO 8601, UTC unless it says otherwise.

    Raises:
        InputError: INPUT_INVALID.
    """
    if text is None:
        return None
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError as error:
        raise InputError(
            ErrorCode.INPUT_INVALID,
            "A date is written as 2026-12-31 or 2026-12-31T12:00:00Z.",
        ) from error
    return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
