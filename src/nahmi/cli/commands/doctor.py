# SPDX-License-Identifier: Apache-2.0
"""`nahmi doctor`."""

import platform
import shutil
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import msgspec
import typer

from nahmi.bootstrap import NodePlace, open_node, sandbox_layers
from nahmi.cli.exits import ERROR, OK
from nahmi.cli.options import Json, emit, table
from nahmi.errors import ErrorCode, NahmiError
from nahmi.kernels import best_instruction_set
from nahmi.protect.signals.registry import signal_types

app = typer.Typer(rich_markup_mode=None, add_completion=False)

_LOW_BYTES = 1 << 30
_EXTRAS = {
    "lake": ("obstore", "pyarrow"),
    "demo": ("skimage", "sklearn"),
    "bench": ("faiss", "pdqhash", "threatexchange"),
}


class Check(msgspec.Struct, frozen=True):
    """One thing that was looked at.

    Attributes:
        name: What.
        state: `ok`, `note` (nothing is wrong, but you may want to know) or `bad`.
        detail: What was seen.
        hint: What to do about it.
    """

    name: str
    state: str
    detail: str
    hint: str = ""


@app.command(epilog="\b\nExample:\n  nahmi --node /srv/nahmi doctor --json")
def doctor(ctx: typer.Context, *, as_json: Json = False) -> int:
    """Check that everything nahmi needs is there and works. Changes nothing.

    The exit code is 2 when something is bad.
    """
    checks = [
        Check("python", "ok", f"{platform.python_version()}, {sys.platform}"),
        Check("native code", "ok", f"uses {best_instruction_set()}"),
        _try("sandbox", lambda: ", ".join(sandbox_layers())),
        *_signal_types(),
        *(_extra(name, modules) for name, modules in _EXTRAS.items()),
        _disk(ctx.obj.folder),
        *_node(ctx.obj),
    ]
    if as_json:
        emit("doctor/1", {"checks": [msgspec.to_builtins(check) for check in checks]})
    else:
        table([(c.state.upper(), c.name, f"{c.detail} {c.hint}".strip()) for c in checks])
    return ERROR if any(check.state == "bad" for check in checks) else OK


def _try(name: str, look: Callable[[], str]) -> Check:
    try:
        return Check(name, "ok", look())
    except NahmiError as error:
        return Check(name, "bad", error.detail, error.hint)
    except OSError as error:  # workers could not be started at all
        return Check(name, "bad", f"It does not start: {error.strerror or type(error).__name__}.")


def _signal_types() -> list[Check]:
    names = ", ".join(kind.name for kind in signal_types().types())
    problems = signal_types().problems()
    return [
        Check("signal types", "ok", names),
        *(Check("signal types", "bad", error.detail, error.hint) for error in problems),
    ]


def _extra(name: str, modules: tuple[str, ...]) -> Check:
    missing = [module for module in modules if find_spec(module) is None]
    if missing:
        hint = f"If you need it: pip install 'nahmi[{name}]'."
        return Check(f"extra {name}", "note", f"without {', '.join(missing)}", hint)
    return Check(f"extra {name}", "ok", "installed")


def _disk(folder: Path) -> Check:
    there = next(
        place for place in (folder.absolute(), *folder.absolute().parents) if place.exists()
    )
    free = shutil.disk_usage(there).free
    state, hint = ("ok", "") if free > _LOW_BYTES else ("bad", "Free at least 1 GB.")
    return Check("disk", state, f"{free / 1e9:,.1f} GB free", hint)


def _node(place: NodePlace) -> list[Check]:
    try:
        with open_node(place, read_only=True) as node:
            node.index.verify()
            signals = node.index.status().signals
            behind = node.is_behind()
            banks = node.store.banks()
            entries = sum(node.store.count_entries(bank.bank_id) for bank in banks)
    except NahmiError as error:
        if error.code is ErrorCode.STORE_MISSING:
            return [Check("node", "note", error.detail, error.hint)]
        return [Check("node", "bad", error.detail, error.hint)]
    is_private = not place.folder.stat().st_mode & 0o077
    return [
        Check(
            "node",
            "ok",
            f"{_count(len(banks), 'bank', 'banks')}, {_count(entries, 'entry', 'entries')}",
        ),
        Check(
            "rights",
            "ok" if is_private else "note",
            "only you may read the folder" if is_private else "others may read the folder",
            "" if is_private else "Fingerprints are sensitive: chmod 700 the folder.",
        ),
        Check(
            "index",
            "note" if behind else "ok",
            _count(signals, "signal", "signals") + (", behind the banks" if behind else ""),
            "The next command that writes brings it up to date." if behind else "",
        ),
    ]


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"
