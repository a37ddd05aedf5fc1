# SPDX-License-Identifier: Apache-2.0
"""The entry point `nahmi`: finds the command, turns errors into one line and an exit code."""

import gc
import io
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from nahmi.cli.exits import ERROR, INTERRUPTED, OK, PIPE_CLOSED
from nahmi.cli.faults import report_error, report_usage
from nahmi.errors import NahmiError

if TYPE_CHECKING:
    from nahmi.bootstrap import NodePlace

COMMANDS = {
    "init": "Make a node: a folder with banks and a search index.",
    "bank": "Make banks, fill them, search, export and import them.",
    "exchange": "Fetch what others share into a bank.",
    "circle": "Share signals with other organisations, and see what they say.",
    "rule": "Say what a match asks for, by bank or by category.",
    "webhook": "Tell other systems of matches and jobs.",
    "job": "See how far long work is, and stop it.",
    "hash": "Compute the fingerprints of files.",
    "match": "Ask whether files, signals or URLs are known.",
    "scan": "Look for known content in folders, archives and object stores.",
    "serve": "Serve the node over HTTP.",
    "person": "Let people sign in.",
    "key": "Make, list and revoke API keys.",
    "audit": "Read and check the audit log.",
    "backup": "Write the node into one file, also while it serves.",
    "restore": "Make a new node from a backup.",
    "migrate": "Bring the store to the schema of this nahmi.",
    "index": "Look after the search index.",
    "bench": "Measure this machine: fingerprints and queries per second.",
    "doctor": "Check that everything nahmi needs is there and works.",
    "demo": "See nahmi at work on harmless pictures.",
}
"""Every command with its one line of help, in the order of `nahmi --help`."""

EPILOG = """\b
Begin with:
  nahmi demo                              see it at work
  nahmi init                              make a node in ./nahmi-node
  nahmi bank create KNOWN --category test
  nahmi bank add KNOWN pictures/          fill a bank
  nahmi scan folder/ --report found.html  look for copies

\b
Exit codes: 0 no match (or done), 1 match, 2 error. Add --json for scripts."""


class LazyGroup(TyperGroup):
    """Loads the module of the one command that is called, so that help answers at once."""

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:  # noqa: ANN401 - Typer's own classes are private
        """The command that the arguments name, with its real parameters."""
        name, command, rest = super().resolve_command(ctx, args)
        if name is not None:
            module = import_module(f"nahmi.cli.commands.{name}")
            command = typer.main.get_command(module.app)
            command.name = name
            _end_of_loading()
        return name, command, rest


app = typer.Typer(
    cls=LazyGroup,
    name="nahmi",
    help="Find known pictures again, however they were altered. All on your own machine.",
    epilog=EPILOG,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:  # noqa: FBT001 - the form of a Typer callback
    if wanted:
        from importlib.metadata import version  # noqa: PLC0415 - slow, and needed only here

        typer.echo(f"nahmi {version('nahmi')}")
        raise typer.Exit


@app.callback()
def _root(
    ctx: typer.Context,
    *,
    node: Annotated[
        Path, typer.Option("--node", envvar="NAHMI_NODE", help="The node's folder.")
    ] = Path("nahmi-node"),
    database: Annotated[
        str | None,
        typer.Option(
            "--database",
            envvar="NAHMI_DATABASE",
            metavar="URL",
            help="A PostgreSQL database for the banks, instead of a file in the folder.",
        ),
    ] = None,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Show the cause of an error as well.")
    ] = False,
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    ctx.obj = _place(node, database)
    ctx.meta["verbose"] = verbose


def _place(folder: Path, database: str | None) -> "NodePlace":
    from nahmi.bootstrap.place import NodePlace  # noqa: PLC0415 - slow, not needed for help

    return NodePlace(folder, database or None)


def _placeholder() -> None:
    raise AssertionError("LazyGroup puts the real command in place")


for _name, _text in COMMANDS.items():
    app.command(_name, help=_text)(_placeholder)


def run(arguments: Sequence[str]) -> int:
    """Run one command.

    Args:
        arguments: What follows `nahmi` on the command line.

    Returns:
        The exit code, as in docs/reference/exit-codes.md.
    """
    as_json = "--json" in arguments
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="surrogateescape")  # file names are bytes, not always text
    try:
        code = typer.main.get_command(app)(list(arguments), "nahmi", standalone_mode=False)
        sys.stdout.flush()
    except NahmiError as error:
        report_error(error, as_json=as_json, verbose="--verbose" in arguments)
        return ERROR
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except BrokenPipeError:
        return _quietly()
    except SystemExit as stop:
        return _quietly() if isinstance(stop.__context__, BrokenPipeError) else _code(stop.code)
    except Exception as error:
        if report_usage(error, as_json=as_json):
            return ERROR
        raise
    return _code(code)


def main() -> None:
    """Run the command line and end the process with its exit code."""
    # Loading makes many objects and no rubbish: to look for it takes a sixth of a short command.
    gc.disable()
    # nahmi multiplies no matrices; the threads of NumPy's library for that would only wait, busily.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    sys.exit(run(sys.argv[1:]))


def _end_of_loading() -> None:
    """Collect rubbish from now on, and leave out what was loaded: it stays."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


def _code(value: object) -> int:
    return value if isinstance(value, int) else OK


def _quietly() -> int:
    """Whoever read our output has gone: say nothing, not even at interpreter exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return PIPE_CLOSED
