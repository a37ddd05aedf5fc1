# SPDX-License-Identifier: Apache-2.0
"""The sandboxed decoders of untrusted files."""

from collections.abc import Sequence

from nahmi.media import SandboxedFingerprinter


def make_fingerprinter(*, workers: int) -> SandboxedFingerprinter:
    """Sandboxed workers that fingerprint untrusted files.

    Args:
        workers: Processes at most, 1 or more.
    """
    return SandboxedFingerprinter(workers=workers)


def sandbox_layers() -> Sequence[str]:
    """Names of the layers that hold a worker in on this system."""
    with make_fingerprinter(workers=1) as fingerprinter:
        return fingerprinter.layers()
