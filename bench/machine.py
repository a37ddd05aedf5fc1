# SPDX-License-Identifier: Apache-2.0
"""What the figures were measured on: without it they say nothing."""

import importlib.metadata
import os
import platform
from pathlib import Path

import psutil

from nahmi.kernels import best_instruction_set

_PACKAGES = ("numpy", "pillow", "simplejpeg", "threatexchange", "pdqhash", "faiss-cpu")


def describe() -> dict[str, str]:
    return {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "kernels": best_instruction_set(),
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "load": " ".join(f"{load:.1f}" for load in os.getloadavg()),
        "Python": platform.python_version(),
        **{name: importlib.metadata.version(name) for name in _PACKAGES},
    }


def _processor() -> str:
    listing = Path("/proc/cpuinfo")
    if not listing.exists():
        return platform.processor() or platform.machine()
    fields = dict(
        (part.strip() for part in line.split(":", 1))
        for line in listing.read_text(encoding="utf-8").splitlines()
        if ":" in line
    )
    return f"{fields.get('model name', platform.machine())}, model {fields.get('model', '?')}"
