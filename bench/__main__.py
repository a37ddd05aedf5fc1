# SPDX-License-Identifier: Apache-2.0
"""Command line: `python -m bench [section...] [--quick] [--corpus DIR] [--size N]`."""

import argparse
import importlib
import os
import sys
from pathlib import Path

from bench import corpus, machine, report
from bench.options import Options

SECTIONS = {
    "hash": "bench.hashing",
    "agreement": "bench.agreement",
    "scan": "bench.scanning",
    "index": "bench.index",
    "robust": "bench.robust",
    "import": "bench.importing",
    "serve": "bench.serving",
    "upload": "bench.uploads",
    "visible": "bench.visible",
    "exchange": "bench.exchange",
    "poisoning": "bench.poisoning",
    "taxii": "bench.taxii",
}


def main(arguments: list[str]) -> None:
    # Without compiled files every process that is measured would spend a second on compiling.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    asked, options = _parse(arguments)
    pictures = corpus.Corpus(options.corpus, quick=options.quick)
    described = machine.describe()
    for name, value in described.items():
        print(f"{name:>15}: {value}")
    print(f"{'pictures':>15}: {pictures.source}")
    for section in asked:
        tables = importlib.import_module(SECTIONS[section]).run(pictures, options)
        for table in tables:
            report.show(table)
        path = report.save(section, described, " ".join(arguments), tables)
        print(f"Also in bench/out/{path.name}.")


def _parse(arguments: list[str]) -> tuple[list[str], Options]:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("section", nargs="*", help=f"of {', '.join(SECTIONS)}; none means all")
    parser.add_argument("--quick", action="store_true", help="small samples")
    parser.add_argument("--corpus", type=Path, help="folder of JPEG files to measure on")
    parser.add_argument(
        "--size", type=_size, action="append", default=[], help="signals, such as 100k or 10M"
    )
    parser.add_argument("--alone", action="store_true", help="index: nahmi without its peers")
    parser.add_argument(
        "--realtime", action="store_true", help="index: time searches at real-time priority"
    )
    given = parser.parse_args(arguments)
    unknown = sorted(set(given.section) - set(SECTIONS))
    if unknown:
        parser.error(f"there is no section {', '.join(unknown)}; choose from {', '.join(SECTIONS)}")
    return given.section or [*SECTIONS], Options(
        quick=given.quick,
        corpus=given.corpus,
        sizes_asked=tuple(given.size),
        alone=given.alone,
        realtime=given.realtime,
    )


def _size(text: str) -> int:
    factors = {"k": 1_000, "M": 1_000_000}
    factor = factors.get(text[-1:], 1)
    return int(float(text[:-1] if factor > 1 else text) * factor)


if __name__ == "__main__":
    main(sys.argv[1:])
