# SPDX-License-Identifier: Apache-2.0
"""The machine and what is installed on it."""

import platform
import shutil
import sys
import tempfile
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from nahmi.bootstrap.checkup.check import Check, State
from nahmi.bootstrap.clock import now
from nahmi.bootstrap.media import sandbox_layers
from nahmi.errors import NahmiError
from nahmi.kernels import best_instruction_set
from nahmi.protect.signals.registry import signal_types

_LOW_BYTES: Final = 1 << 30
_FILTER: Final = "system_calls"
"""The layer that keeps a decoder from reaching anything."""
_WITH_FILTER: Final = frozenset({"x86_64", "aarch64"})
_FIRST_YEAR: Final = 2026
"""Of this program: a clock that says less is wrong."""

_EXTRAS: Final[Mapping[str, tuple[str, ...]]] = {
    "lake": ("obstore", "pyarrow"),
    "threatexchange": ("threatexchange",),
    "telemetry": ("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http"),
    "demo": ("skimage", "sklearn"),
    "bench": ("faiss", "pdqhash", "threatexchange"),
}


def machine_checks(folder: Path) -> list[Check]:
    """Everything about the machine.

    Args:
        folder: The node's, which need not be there.
    """
    return [
        Check("python", State.OK, f"{platform.python_version()}, {sys.platform}"),
        Check("native code", State.OK, f"uses {best_instruction_set()}"),
        _sandbox(),
        *_signal_types(),
        *(_extra(name, modules) for name, modules in _EXTRAS.items()),
        _disk("disk", folder),
        _disk("disk for uploads", Path(tempfile.gettempdir())),
        _clock(),
    ]


def _sandbox() -> Check:
    try:
        layers = sandbox_layers()
    except NahmiError as error:
        return Check("sandbox", State.BAD, error.detail, error.hint)
    except OSError as error:  # workers could not be started at all
        reason = error.strerror or type(error).__name__
        return Check("sandbox", State.BAD, f"It does not start: {reason}.")
    if _FILTER in layers:
        return Check("sandbox", State.OK, ", ".join(layers))
    # Where there could be a filter, something around the node forbids it.
    could_be = sys.platform == "linux" and platform.machine() in _WITH_FILTER
    return Check(
        "sandbox",
        State.BAD if could_be else State.NOTE,
        f"Uploads are decoded without {_FILTER}: {', '.join(layers)}.",
        "Let the system call seccomp through, such as in the unit: docs/how-to/production.md."
        if could_be
        else "On Linux for x86-64 and AArch64 there is one layer more.",
    )


def _signal_types() -> list[Check]:
    names = ", ".join(kind.name for kind in signal_types().types())
    problems = signal_types().problems()
    return [
        Check("signal types", State.OK, names),
        *(Check("signal types", State.BAD, error.detail, error.hint) for error in problems),
    ]


def _extra(name: str, modules: tuple[str, ...]) -> Check:
    missing = [module for module in modules if not _is_there(module)]
    if missing:
        hint = f"If you need it: pip install 'nahmi[{name}]'."
        return Check(f"extra {name}", State.NOTE, f"without {', '.join(missing)}", hint)
    return Check(f"extra {name}", State.OK, "installed")


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # not even the package around it is there
        return False


def _disk(name: str, folder: Path) -> Check:
    whole = folder.absolute()
    there = next(place for place in (whole, *whole.parents) if place.exists())
    free = shutil.disk_usage(there).free
    state, hint = (State.OK, "") if free > _LOW_BYTES else (State.BAD, "Free at least 1 GB.")
    return Check(name, state, f"{free / 1e9:,.1f} GB free", hint)


def _clock() -> Check:
    moment = now()
    seen = f"{moment:%Y-%m-%d %H:%M:%S} UTC"
    if moment.year >= _FIRST_YEAR:
        return Check("clock", State.OK, seen)
    return Check(
        "clock",
        State.BAD,
        f"It says {seen}, which is over.",
        "Set the clock: keys, sessions and second factors go by it.",
    )
