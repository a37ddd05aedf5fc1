# SPDX-License-Identifier: Apache-2.0
"""The help texts of every command as Markdown; docs/reference/cli.md injects them with cog."""

import os
from collections.abc import Iterator
from typing import Any

COLUMNS = "88"

# Before typer is imported, which reads them once: the texts must not depend on the terminal.
os.environ |= {
    "COLUMNS": COLUMNS,
    "NO_COLOR": "1",
    "TERM": "dumb",
    "TERMINAL_WIDTH": COLUMNS,
    "_TYPER_FORCE_DISABLE_TERMINAL": "1",
}

import typer  # noqa: E402 - reads the environment above
from typer.testing import CliRunner  # noqa: E402 - the same

Command = Any  # typer's own type for them has moved between its releases


def commands(app: typer.Typer) -> Iterator[tuple[tuple[str, ...], Command]]:
    """Every visible command and group, as its words and itself, in the order of the help."""
    yield from _below((), typer.main.get_command(app))


def _below(path: tuple[str, ...], command: Command) -> Iterator[tuple[tuple[str, ...], Command]]:
    yield path, command
    if not hasattr(command, "list_commands"):
        return
    context = command.make_context("nahmi", [], resilient_parsing=True)
    for name in command.list_commands(context):
        # Groups may load a command only when it is called; this is how they find it.
        _, child, _ = command.resolve_command(context, [name])
        if not child.hidden:
            yield from _below((*path, name), child)


def help_text(app: typer.Typer, path: tuple[str, ...]) -> str:
    """What a command prints for --help."""
    result = CliRunner().invoke(app, [*path, "--help"], prog_name="nahmi")
    if result.exit_code:
        raise RuntimeError(f"nahmi {' '.join(path)} --help ended with {result.exit_code}")
    return "\n".join(line.rstrip() for line in result.stdout.strip("\n").splitlines())


def heading(path: tuple[str, ...]) -> str:
    """The heading under which a command is documented."""
    return f"## {' '.join(('nahmi', *path))}"


def page(app: typer.Typer) -> str:
    """All help texts, each under its heading."""
    return "\n".join(
        f"{heading(path)}\n\n```text\n{help_text(app, path)}\n```\n" for path, _ in commands(app)
    )
