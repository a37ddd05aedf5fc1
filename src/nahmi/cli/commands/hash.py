# SPDX-License-Identifier: Apache-2.0
"""`nahmi hash`."""

from typing import Annotated

import msgspec
import typer

from nahmi.bootstrap import make_fingerprinter
from nahmi.cli.exits import ERROR, OK
from nahmi.cli.faults import report_error
from nahmi.cli.options import Fast, Json, emit, open_content, safe
from nahmi.core.signal import ContentFingerprints
from nahmi.errors import ErrorCode, InputError, NahmiError
from nahmi.protect.plan import FingerprintPlan, Mode
from nahmi.protect.ports import Fingerprinter
from nahmi.protect.signals.registry import signal_types

app = typer.Typer(rich_markup_mode=None, add_completion=False)

EPILOG = """\b
Examples:
  nahmi hash photo.jpg
  nahmi hash --types pdq,sha256 *.jpg
  nahmi hash --variants photo.jpg        also turned, mirrored, without borders
  curl -s https://… | nahmi hash - --json"""


@app.command(epilog=EPILOG)
def hash(  # noqa: A001 - the command's name
    files: Annotated[
        list[str], typer.Argument(metavar="FILE...", help="Files, or - for standard input.")
    ],
    *,
    types: Annotated[str, typer.Option(help="Only these signal types, such as pdq,sha256.")] = "",
    variants: Annotated[
        bool, typer.Option("--variants", help="Also hash turned, mirrored and trimmed forms.")
    ] = False,
    fast: Fast = False,
    as_json: Json = False,
) -> int:
    """Compute the fingerprints of files.

    Prints a line for each fingerprint: type, value, quality (0-100, - where there is none),
    variant, file. Files are decoded in sandboxed workers. A file that cannot be read is reported,
    the others are hashed all the same, and the exit code is 2.
    """
    wanted = {name.strip() for name in types.split(",") if name.strip()}
    for name in wanted:
        signal_types().get(name)
    plan = FingerprintPlan(
        mode=Mode.FAST if fast else Mode.EXACT, orientations=variants, trims=variants
    )
    results = []
    is_failed = False
    with make_fingerprinter(workers=1) as fingerprinter:
        for name in files:
            try:
                content = _fingerprint(name, fingerprinter, plan)
            except NahmiError as error:
                is_failed = True
                results.append(_failure(name, error))
                if not as_json:
                    report_error(_named(error, name), as_json=False, verbose=False)
                continue
            results.append(_result(name, content, wanted))
            if not as_json:
                _print(name, content, wanted)
    if as_json:
        emit("hash/1", {"files": results})
    return ERROR if is_failed else OK


def _fingerprint(
    name: str, fingerprinter: Fingerprinter, plan: FingerprintPlan
) -> ContentFingerprints:
    with open_content(name) as stream:
        return fingerprinter.fingerprint(stream, plan)


def _print(name: str, content: ContentFingerprints, wanted: set[str]) -> None:
    for item in content.fingerprints:
        if not wanted or item.signal_type in wanted:
            quality = "-" if item.quality is None else item.quality
            typer.echo(f"{item.signal_type}\t{item.value}\t{quality}\t{item.variant}\t{safe(name)}")
    if content.unusable:
        unusable = InputError(ErrorCode.FINGERPRINT_UNUSABLE, f"{safe(name)}: {content.unusable}")
        report_error(unusable, as_json=False, verbose=False)


def _result(name: str, content: ContentFingerprints, wanted: set[str]) -> dict[str, object]:
    fields: dict[str, object] = msgspec.to_builtins(content)
    fields["fingerprints"] = [
        msgspec.to_builtins(item)
        for item in content.fingerprints
        if not wanted or item.signal_type in wanted
    ]
    return {"file": name, **fields}


def _failure(name: str, error: NahmiError) -> dict[str, object]:
    return {"file": name, "error": {"code": error.code, "detail": error.detail}}


def _named(error: NahmiError, name: str) -> NahmiError:
    return type(error)(error.code, f"{safe(name)}: {error.detail}", hint=error.hint)
