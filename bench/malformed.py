# SPDX-License-Identifier: Apache-2.0
"""Damaged and hostile files through the sandbox: `python -m bench.malformed DIR [--mutants N]`."""

import argparse
import collections
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from bench.mutants import mutants
from nahmi.errors import MediaError
from nahmi.media import SandboxedFingerprinter
from nahmi.protect.plan import FingerprintPlan

WORST_S = 2.0
"""Seconds that one file may take; docs/explanation/untrusted-media.md says what was measured."""

WORST_BYTES = 512 << 20
"""Memory that a worker may take for it, resident."""

_UNHANDLED = "UNHANDLED"
_PLAN = FingerprintPlan(orientations=True, trims=True, frame_step=1)


def main(folder: Path, *, count: int, seed: int) -> int:
    """Fingerprint every file and its mutants.

    Args:
        folder: With the files.
        count: Mutants of each file.
        seed: Decides on them.

    Returns:
        1 if one got no typed answer, took longer than `WORST_S` or more than `WORST_BYTES`.
    """
    outcomes: collections.Counter[str] = collections.Counter()
    worst_s, worst_name = 0.0, ""
    with SandboxedFingerprinter() as fingerprinter:
        _start(fingerprinter)
        for name, content in _contents(folder, count, seed):
            start = time.perf_counter()
            outcomes[_outcome(fingerprinter, content)] += 1
            took = time.perf_counter() - start
            if took > WORST_S:
                print(f"too slow: {took:.2f} s for {name}")
            if took > worst_s:
                worst_s, worst_name = took, name
    peak_bytes = _peak_bytes()
    unhandled = sum(n for name, n in outcomes.items() if name.startswith(_UNHANDLED))
    for name, number in outcomes.most_common():
        print(f"{number:>7}  {name}")
    print(f"{outcomes.total():>7}  contents, {outcomes.total() - unhandled} handled")
    print(f"worst time {worst_s:.2f} s of at most {WORST_S:.0f}: {worst_name}")
    print(f"workers' peak memory {peak_bytes >> 20} MiB of at most {WORST_BYTES >> 20}")
    return int(unhandled > 0 or worst_s > WORST_S or peak_bytes > WORST_BYTES)


def _contents(folder: Path, count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """Every file, then its mutants; a mutant's name is enough to make it again."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = str(path.relative_to(folder))
        content = path.read_bytes()
        yield name, content
        if content:
            made = mutants(content, count=count, seed=f"{seed}:{name}")
            yield from ((f"{name}, mutant {n}", mutant) for n, mutant in enumerate(made, 1))


def _start(fingerprinter: SandboxedFingerprinter) -> None:
    """The first worker's start belongs to no file."""
    with suppress(MediaError):
        fingerprinter.fingerprint(b"", _PLAN)


def _outcome(fingerprinter: SandboxedFingerprinter, content: bytes) -> str:
    try:
        return "unusable" if fingerprinter.fingerprint(content, _PLAN).unusable else "decoded"
    except MediaError as error:
        return str(error.code)
    except Exception as error:  # noqa: BLE001 - what is counted here is exactly this
        return f"{_UNHANDLED} {type(error).__name__}"


def _peak_bytes() -> int:
    """Largest resident size that any worker has had; they have all ended by now."""
    size = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return size if sys.platform == "darwin" else size << 10


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.malformed")
    parser.add_argument("folder", type=Path, help="damaged, hostile or ordinary files")
    parser.add_argument("--mutants", type=int, default=0, metavar="N", help="of each file")
    parser.add_argument("--seed", type=int, default=1, help="decides on the mutants")
    return parser.parse_args()


if __name__ == "__main__":
    given = _arguments()
    sys.exit(main(given.folder, count=given.mutants, seed=given.seed))
