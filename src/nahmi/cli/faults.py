# SPDX-License-Identifier: Apache-2.0
"""Errors on standard error: one line for people, one JSON object for scripts."""

import msgspec
import typer

from nahmi.errors import ErrorCode, NahmiError


def report_error(error: NahmiError, *, as_json: bool, verbose: bool) -> None:
    """Say what went wrong and what to do about it.

    Args:
        error: The failure.
        as_json: As `{"schema": "nahmi.error/1", "code", "detail", "hint"}`.
        verbose: Add the chain of causes by type, never their texts: those may quote content.
    """
    _report(error.code, error.detail, error.hint, as_json=as_json)
    cause = error.__cause__
    while verbose and cause is not None:
        typer.echo(f"  because of {type(cause).__module__}.{type(cause).__qualname__}", err=True)
        cause = cause.__cause__


def report_usage(error: Exception, *, as_json: bool) -> bool:
    """Say how the command line was wrong; False when the exception is of another kind."""
    text = getattr(error, "format_message", None)
    if text is None:
        return False
    context = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError":
        typer.echo(text(), err=True)
        return True
    path = context.command_path if context is not None else "nahmi"
    hint = f"See {path} --help."
    _report(ErrorCode.INPUT_INVALID, text(), hint, as_json=as_json)
    return True


def _report(code: ErrorCode, detail: str, hint: str, *, as_json: bool) -> None:
    if as_json:
        fields = {"schema": "nahmi.error/1", "code": code, "detail": detail, "hint": hint}
        typer.echo(msgspec.json.encode(fields), err=True)
    else:
        typer.echo(f"nahmi: {detail} {hint}".rstrip() + f" [{code}]", err=True)
