# SPDX-License-Identifier: Apache-2.0
"""How often an altered copy is found, change by change, and how often a stranger is taken for one.

1. Fingerprint every picture as a bank would enrol it, with all crops.
2. Alter each one, fingerprint the copy as a query in all orientations and trims.
3. A copy is found under a setting when a query variant of that setting lies within 31 bits of an
   enrolled variant of that setting.
4. Pictures that were not enrolled ask a list of a million: every hit is a false positive.
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from bench import signals, subject
from bench.alterations import Alteration, alterations, as_jpeg
from bench.corpus import Corpus
from bench.options import Options
from bench.report import Cell, Table
from bench.subject import Variants
from nahmi.core.bank import CropPolicy
from nahmi.core.signal import ORIGINAL
from nahmi.media.variants import TRIMS
from nahmi.store.index import Index

_TRIMS = frozenset(TRIMS)
_LONGEST_SIDE = 1024
_LIST = 1_000_000
_GOAL_FALSE = 1e-6


class Setting(msgspec.Struct, frozen=True):
    """Which variants are asked and which are enrolled."""

    name: str
    orientations: bool = False
    trims: bool = False
    crops: bool = False

    def asked(self, variants: Variants) -> signals.Rows:
        return _rows(row for name, row in variants if self._asks(name))

    def enrolled(self, variants: Variants) -> signals.Rows:
        return _rows(row for name, row in variants if self._keeps(name))

    def _keeps(self, name: str) -> bool:
        return self.crops or name == ORIGINAL or (self.trims and name in _TRIMS)

    def _asks(self, name: str) -> bool:
        steps = set(name.split("+"))
        is_turned = bool(steps - {ORIGINAL} - _TRIMS)
        return (self.trims or not steps & _TRIMS) and (self.orientations or not is_turned)


SETTINGS = (
    Setting("PDQ alone"),
    Setting("+ orientations", orientations=True),
    Setting("+ trims", orientations=True, trims=True),
    Setting("+ enrolled crops", orientations=True, trims=True, crops=True),
)


def run(pictures: Corpus, options: Options) -> list[Table]:
    listed, strangers = _split(pictures.pictures, options.pick(1000, 60))
    enrolled = [(path, variants) for path in listed if (variants := _enrolled(path))]
    recall = Table(
        title=f"Recall at {signals.LIMIT_BITS} bits on {len(enrolled):,} benign pictures, percent "
        "with 95 % intervals (Wilson)",
        columns=("group", "change", *(setting.name for setting in SETTINGS), "goal", ""),
        notes=[
            (
                f"Pictures: {pictures.source}; the longest side at most {_LONGEST_SIDE}. Altered "
                "copies are saved as JPEG of quality 90."
            )
        ],
    )
    found = sum(_found(path, variants) for path, variants in enrolled)
    for alteration, hits in zip(alterations(), found, strict=True):
        recall.rows.append(_recall(alteration, hits, len(enrolled)))
    return [recall, _false_positives(enrolled, strangers, options)]


def wilson(hits: int, trials: int) -> tuple[float, float]:
    """95 % interval of a share."""
    if trials == 0:
        return 0.0, 1.0
    z, share = 1.96, hits / trials
    centre = share + z * z / (2 * trials)
    reach = z * (share * (1 - share) / trials + z * z / (4 * trials * trials)) ** 0.5
    scale = 1 + z * z / trials
    return max(0.0, (centre - reach) / scale), min(1.0, (centre + reach) / scale)


def _split(paths: Sequence[Path], most: int) -> tuple[list[Path], list[Path]]:
    """Pictures for the list and strangers, by turns, spread over the whole corpus."""
    step = max(1, len(paths) // (2 * most))
    chosen = list(paths[::step])[: 2 * most]
    return chosen[::2], chosen[1::2]


def _enrolled(path: Path) -> Variants:
    data = _normal(path)
    return [] if data is None else subject.enrolled_variants(data, CropPolicy.CENTRE_AND_CORNERS)


def _normal(path: Path) -> bytes | None:
    """The picture as a JPEG of quality 95 at a usual size."""
    picture = _open(path)
    return None if picture is None else as_jpeg(picture, 95)


def _open(path: Path) -> Image.Image | None:
    try:
        with Image.open(path) as picture:
            picture.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE), Image.Resampling.LANCZOS)
            return picture.convert("RGB")
    except (OSError, UnidentifiedImageError):
        return None


def _found(path: Path, variants: Variants) -> NDArray[np.int64]:
    """Whether each altered copy of one picture is found: alterations down, settings across."""
    picture = _open(path)
    assert picture is not None
    kept = [setting.enrolled(variants) for setting in SETTINGS]
    rows = []
    for alteration in alterations():
        asked = subject.query_variants(as_jpeg(alteration.apply(picture)))
        pairs = zip(SETTINGS, kept, strict=True)
        rows.append([_is_near(setting.asked(asked), each) for setting, each in pairs])
    return np.array(rows, dtype=np.int64)


def _recall(alteration: Alteration, hits: NDArray[np.int64], trials: int) -> list[Cell]:
    shares = [_share(int(count), trials) for count in hits]
    met = bool(hits[-1] >= alteration.goal * trials)
    return [alteration.group, alteration.name, *shares, f">= {alteration.goal * 100:g}", met]


def _share(hits: int, trials: int) -> str:
    low, high = wilson(hits, trials)
    return f"{hits / trials * 100:.1f} ({low * 100:.1f}..{high * 100:.1f})"


def _is_near(asked: signals.Rows, kept: signals.Rows) -> bool:
    if not len(asked) or not len(kept):
        return False
    distances = np.bitwise_count(asked[:, None] ^ kept[None]).sum(axis=2)
    return bool(distances.min() <= signals.LIMIT_BITS)


def _rows(rows: object) -> signals.Rows:
    taken = [np.frombuffer(row, dtype=np.uint8) for row in rows]  # type: ignore[attr-defined]
    return np.array(taken, dtype=np.uint8).reshape(-1, 32)


def _false_positives(
    enrolled: Sequence[tuple[Path, Variants]],
    strangers: Sequence[Path],
    options: Options,
) -> Table:
    asked = [
        variants
        for path in strangers
        if (data := _normal(path)) and (variants := subject.query_variants(data))
    ]
    table = Table(
        title=f"False positives: {len(asked):,} strangers ask a list of {_LIST:,} signals",
        columns=(
            "setting", "signals of pictures", "query fingerprints", "false fingerprints",
            "pictures", "false pictures", "rate of pictures, 95 % up to", "goal", "",
        ),
        notes=[
            ("The list holds the enrolled pictures, crops of them in 8 orientations, and random "
            "signals. A rate of 1e-6 needs millions of strangers to be shown: the upper end of the "
            "interval is what these pictures prove. Pictures that are copies of one another in the "
            "corpus count as false here.")
        ],
    )  # fmt: skip
    listed = [path for path, _ in enrolled]
    pool = signals.real_pool(listed, f"robust-{len(listed)}", per_picture=options.pick(40, 5))[
        : _LIST // 2
    ]
    for setting in SETTINGS:
        own = np.concatenate([setting.enrolled(variants) for _, variants in enrolled])
        table.rows.append(_false(setting, own, pool, asked))
    return table


def _false(
    setting: Setting, own: signals.Rows, pool: signals.Rows, asked: Sequence[Variants]
) -> list[Cell]:
    real = np.concatenate([own, pool])
    rows = np.concatenate([real, signals.uniform(max(0, _LIST - len(real)), seed=3)])
    counts = [len(setting.asked(variants)) for variants in asked]
    owner = np.repeat(np.arange(len(asked)), counts)
    with (
        tempfile.TemporaryDirectory(prefix="nahmi-bench-") as folder,
        Index.create(Path(folder) / "index") as index,
    ):
        index.add(np.arange(len(rows), dtype=np.uint64), rows)
        hits = index.search(np.concatenate([setting.asked(each) for each in asked]))
    wrong = np.unique(hits.query)
    pictures = len(np.unique(owner[wrong]))
    _, high = wilson(pictures, len(asked))
    return [
        setting.name, len(real), len(owner), len(wrong), len(asked), pictures,
        f"{pictures / len(asked):.2e} ({high:.2e})", f"<= {_GOAL_FALSE:.0e}", high <= _GOAL_FALSE,
    ]  # fmt: skip
