# SPDX-License-Identifier: Apache-2.0
"""Damaged and hostile files through the sandbox: `python -m bench.malformed DIR`."""

import collections
import resource
import sys
import time
from contextlib import suppress
from pathlib import Path

from nahmi.errors import MediaError
from nahmi.media import SandboxedFingerprinter
from nahmi.protect.plan import FingerprintPlan


def main(folder: Path) -> int:
    """Fingerprint every file; 1 if one of them got no typed answer."""
    outcomes: collections.Counter[str] = collections.Counter()
    worst_s, worst_file = 0.0, ""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    with SandboxedFingerprinter() as fingerprinter:
        _start(fingerprinter)
        for path in files:
            start = time.perf_counter()
            outcomes[_outcome(fingerprinter, path)] += 1
            took = time.perf_counter() - start
            if took > worst_s:
                worst_s, worst_file = took, str(path.relative_to(folder))
    unhandled = sum(n for name, n in outcomes.items() if name.startswith("UNHANDLED"))
    for name, count in outcomes.most_common():
        print(f"{count:>7}  {name}")
    print(f"{len(files):>7}  files, {len(files) - unhandled} handled")
    print(f"worst time {worst_s:.2f} s: {worst_file}")
    print(f"workers' peak memory {_peak_bytes() / 2**20:.0f} MiB")
    return int(unhandled > 0)


def _start(fingerprinter: SandboxedFingerprinter) -> None:
    """The first worker's start belongs to no file."""
    with suppress(MediaError):
        fingerprinter.fingerprint(b"", _PLAN)


def _outcome(fingerprinter: SandboxedFingerprinter, path: Path) -> str:
    try:
        with path.open("rb") as file:
            return "unusable" if fingerprinter.fingerprint(file, _PLAN).unusable else "decoded"
    except MediaError as error:
        return str(error.code)
    except Exception as error:  # noqa: BLE001 - what is counted here is exactly this
        return f"UNHANDLED {type(error).__name__}"


_PLAN = FingerprintPlan(orientations=True, trims=True, frame_step=1)


def _peak_bytes() -> int:
    """Largest resident size that any worker has had; they have all ended by now."""
    size = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return size if sys.platform == "darwin" else size << 10


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
