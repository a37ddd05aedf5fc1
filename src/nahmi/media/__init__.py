# SPDX-License-Identifier: Apache-2.0
"""Decoders of untrusted files, in sandboxed worker processes.

`SandboxedFingerprinter` is the way in. The other modules run inside the workers, where a damaged or
hostile file can do no harm. Names are imported when they are first used: a worker is a process of
its own and starts without what its caller needs.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nahmi.media.limits import MediaLimits
    from nahmi.media.pool import SandboxedFingerprinter

__all__ = ["MediaLimits", "SandboxedFingerprinter"]

_HOMES = {"MediaLimits": "nahmi.media.limits", "SandboxedFingerprinter": "nahmi.media.pool"}


def __getattr__(name: str) -> object:
    """Import a public name when it is first used (PEP 562)."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'nahmi.media' has no attribute {name!r}")
    value: object = getattr(import_module(home), name)
    globals()[name] = value
    return value
