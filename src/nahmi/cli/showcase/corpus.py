# SPDX-License-Identifier: Apache-2.0
"""The demo's pictures: photographs that Python packages ship, generated scenes, altered copies."""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import msgspec
from PIL import Image

from nahmi.testing.media import ALTERATIONS, as_jpeg, as_png, scene

_PHOTOGRAPHS = {
    "skimage": (
        "data",
        ("astronaut.png", "camera.png", "chelsea.png", "coffee.png", "coins.png"),
        ("hubble_deep_field.jpg", "moon.png", "motorcycle_left.png", "retina.jpg", "rocket.jpg"),
    ),
    "sklearn": ("datasets/images", ("china.jpg", "flower.jpg"), ()),
}
_BANKED_SCENES = 12
_UNRELATED_SCENES = 30


class Corpus(msgspec.Struct, frozen=True):
    """Where the pictures are and what was done to them.

    Attributes:
        originals: Folder of the pictures for the bank.
        uploads: Folder to scan.
        done: What was done to each uploaded file, by name; empty for unrelated pictures.
        original_of: The original's file name by the uploaded file's name, for altered copies.
        photographs: How many of the originals are real photographs.
    """

    originals: Path
    uploads: Path
    done: dict[str, str]
    original_of: dict[str, str]
    photographs: int


def make_corpus(folder: Path) -> Corpus:
    """Write the demo's pictures.

    Args:
        folder: An empty or missing folder.
    """
    originals, uploads = folder / "originals", folder / "uploads"
    originals.mkdir(parents=True)
    uploads.mkdir()
    pictures = dict(_photographs())
    photographs = len(pictures)
    pictures |= {f"scene{seed:02d}": scene(seed) for seed in range(_BANKED_SCENES)}
    corpus = Corpus(originals, uploads, {}, {}, photographs)
    for number, (name, picture) in enumerate(pictures.items()):
        original = f"{name}.png"
        (originals / original).write_bytes(as_png(picture))
        alterations = list(ALTERATIONS.items())
        for step in range(3):
            words, alter = alterations[(number * 3 + step) % len(alterations)]
            upload = f"upload{number * 3 + step:03d}.jpg"
            (uploads / upload).write_bytes(as_jpeg(alter(picture), quality=85))
            corpus.done[upload] = words
            corpus.original_of[upload] = original
    for seed in range(_UNRELATED_SCENES):
        name = f"other{seed:03d}.jpg"
        (uploads / name).write_bytes(as_jpeg(scene(1000 + seed)))
    (uploads / "blank.png").write_bytes(as_png(Image.new("RGB", (640, 480), "white")))
    (uploads / "cut-off.jpg").write_bytes(as_jpeg(scene(2000))[:300])
    (uploads / "notes.txt").write_text("This is no picture.\n", encoding="utf-8")
    return corpus


def _photographs() -> Iterator[tuple[str, Image.Image]]:
    for package, (folder, *names) in _PHOTOGRAPHS.items():
        spec = find_spec(package)
        if spec is None or not spec.submodule_search_locations:
            continue
        for name in (name for group in names for name in group):
            path = Path(spec.submodule_search_locations[0], folder, name)
            if path.is_file():
                with Image.open(path) as picture:
                    yield path.stem, picture.convert("RGB")
