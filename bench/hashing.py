# SPDX-License-Identifier: Apache-2.0
"""Pictures a second on one thread: the peers, decoding alone, nahmi exact and fast."""

import io
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pdqhash
import simplejpeg
from PIL import Image
from threatexchange.signal_type.pdq.pdq_hasher import pdq_from_bytes

from bench import corpus, subject
from bench.corpus import Corpus
from bench.options import Options
from bench.report import Cell, Table
from bench.timing import interleaved, ratios, spread


def _pillow(data: bytes) -> corpus.Pixels:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


PEER = "threatexchange pdq_from_bytes"
_CONTENDERS: dict[str, Callable[[bytes], object]] = {
    PEER: pdq_from_bytes,
    "Pillow + pdqhash": lambda data: pdqhash.compute(_pillow(data)),
    "nahmi exact": subject.exact,
    "nahmi fast": subject.fast,
    "decode only: Pillow RGB": _pillow,
    "decode only: libjpeg-turbo RGB": simplejpeg.decode_jpeg,
    "decode only: libjpeg-turbo luminance": lambda data: simplejpeg.decode_jpeg(data, "GRAY"),
}
_GOALS = {"nahmi exact": 8.0, "nahmi fast": 12.0}


def run(pictures: Corpus, options: Options) -> list[Table]:
    rounds = options.pick(7, 5)
    return [
        _measure(paths, name, rounds)
        for name, paths in (("web", pictures.web[:120]), ("camera", pictures.camera[:12]))
        if paths
    ]


def _all(call: Callable[[bytes], object], contents: Sequence[bytes]) -> None:
    for data in contents:  # Results are dropped at once: kept pixels would cost page faults.
        call(data)


def _measure(paths: Sequence[Path], name: str, rounds: int) -> Table:
    contents = [path.read_bytes() for path in paths]
    work = {
        contender: lambda call=call: _all(call, contents) for contender, call in _CONTENDERS.items()
    }
    subject.exact(contents[0])
    taken = interleaved(work, rounds=rounds, clock=time.process_time)
    table = Table(
        title=f"Hashing on one thread, {name}: {corpus.describe(paths)}; {rounds} rounds in turn",
        columns=("what", "pictures/s, median (low..high)", f"times {PEER}", "goal, scan", ""),
        notes=[
            "In processor seconds of this one process and thread. The goals are for whole scans.",
        ],
    )
    for contender, times in taken.items():
        ratio = ratios(taken, baseline=PEER, subject=contender)
        goal = _GOALS.get(contender)
        verdict: list[Cell] = (
            [None, ""] if goal is None else [f">= {goal:.0f}", ratio.median >= goal]
        )
        table.rows.append([contender, spread([len(paths) / t for t in times]), ratio, *verdict])
    return table
