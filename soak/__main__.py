# SPDX-License-Identifier: Apache-2.0
"""`python -m soak [--seconds 600] [--workers 2] [--callers 2] [--seed 1]`."""

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from nahmi.core.bank import Category
from nahmi.library import Bank
from nahmi.testing.acknowledged import Acknowledged
from nahmi.testing.media import as_jpeg, scene
from nahmi.testing.node_process import NodeProcess, make_node
from soak.circles import kill_followers
from soak.crashes import check_claims, check_log, crash
from soak.figures import Figures, print_faults, print_table
from soak.load import LoadCaller, Shared
from soak.memory import MemoryWatch
from soak.trouble import SETTINGS, SlowCaller, Troublemaker

_CRASHES: Final = 0.4
_CIRCLES: Final = 0.05
_TROUBLE: Final = 0.3
_SLOW_CALLERS: Final = 6
_WARM_UP_S: Final = 5.0


def main() -> int:
    """Soak a node; 1 when an answer was wrong or something acknowledged was lost."""
    options = _options()
    figures = Figures()
    with tempfile.TemporaryDirectory(prefix="nahmi-soak-") as name:
        print(f"Crashes for {options.seconds * _CRASHES:.0f} s, then load.", flush=True)
        crash(Path(name) / "crashes", figures, options.seed, options.seconds * _CRASHES)
        circles = Path(name) / "circles"
        circles.mkdir()
        kill_followers(circles, figures, options.seed, options.seconds * _CIRCLES)
        memory = _load(Path(name) / "load", figures, options)
    _report(figures, memory, options.seconds)
    return 0 if figures.is_right else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser("soak", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600, help="how long, in all")
    parser.add_argument("--workers", type=int, default=2, help="server processes, 2 or more")
    parser.add_argument("--callers", type=int, default=2, help="callers who ask all the time")
    parser.add_argument("--seed", type=int, default=1, help="of signals, moments and kinds of work")
    return parser.parse_args()


def _load(folder: Path, figures: Figures, options: argparse.Namespace) -> MemoryWatch:
    """Load and trouble, then load alone, in which the node's memory is watched."""
    key = make_node(folder, settings=SETTINGS)
    with Bank.open(folder, "PICTURES", category=Category.TEST) as bank:
        bank.add(as_jpeg(scene(1)))
    said = Acknowledged(options.seed + 1)
    node = NodeProcess(folder, workers=options.workers)
    with node:
        shared = Shared(node.port, key, said, figures)
        threads = [LoadCaller(shared, number) for number in range(options.callers)]
        slow = [SlowCaller(shared, number) for number in range(_SLOW_CALLERS)]
        for thread in [*threads, *slow]:
            thread.start()
        trouble = Troublemaker(node, shared, options.seed)
        trouble.start()
        time.sleep(options.seconds * _TROUBLE)
        trouble.leave_alone()
        time.sleep(_WARM_UP_S)
        memory = MemoryWatch(node.process.pid)
        time.sleep(max(options.seconds * (1 - _CRASHES - _CIRCLES - _TROUBLE) - _WARM_UP_S, 1))
        memory.stop()
        shared.is_over.set()
        for thread in [*threads, *slow]:
            thread.join()
        time.sleep(_WARM_UP_S)  # until every process knows of the last change
        check_claims(node.port, key, said, figures)
        if node.stop() != 0:
            figures.note_wrong("a node that was told to stop ended with another code than 0")
    check_log(folder, said, figures)
    figures.add("changes acknowledged under load", said.changes)
    figures.add("matches acknowledged under load", len(said.references))
    return memory


def _report(figures: Figures, memory: MemoryWatch, seconds: float) -> None:
    requests = sum(count for name, count in figures.counts.items() if name.startswith("requests"))
    rows = [(name, f"{count:,}") for name, count in sorted(figures.counts.items())]
    rows += [
        ("requests, all", f"{requests:,}"),
        ("longest until another process knew of a change, s", f"{figures.longest_lag_s:.2f}"),
        *memory.told(),
        ("wrong answers", f"{len(figures.wrong):,}"),
        ("acknowledged and lost", f"{len(figures.lost):,}"),
    ]
    print_faults("wrong", figures.wrong)
    print_faults("lost", figures.lost)
    print_table(f"Soak of {seconds:.0f} s", rows)


if __name__ == "__main__":
    sys.exit(main())
