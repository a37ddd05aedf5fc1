# SPDX-License-Identifier: Apache-2.0
"""Hostile files and dying workers: each costs its own answer and nothing else."""

import io
import os
import signal
import struct
import threading
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pillow_heif import register_heif_opener

from nahmi.core.signal import ContentFingerprints
from nahmi.errors import ErrorCode, MediaError
from nahmi.media import MediaLimits, SandboxedFingerprinter
from nahmi.protect.plan import FingerprintPlan
from nahmi.testing.media import as_jpeg, as_png, scene

PLAN = FingerprintPlan(orientations=True, trims=True, frame_step=1)
GOOD = as_jpeg(scene(1, width=320, height=240))


@pytest.fixture(scope="module")
def fingerprinter() -> Iterator[SandboxedFingerprinter]:
    with SandboxedFingerprinter(limits=MediaLimits(seconds=10)) as made:
        yield made


def outcome(fingerprinter: SandboxedFingerprinter, data: bytes) -> ErrorCode | ContentFingerprints:
    try:
        return fingerprinter.fingerprint(data, PLAN)
    except MediaError as error:
        return error.code


def worker_of(fingerprinter: SandboxedFingerprinter) -> int:
    with fingerprinter._worker() as worker:
        return worker.process.pid


def encoded(form: str, **options: object) -> bytes:
    out = io.BytesIO()
    scene(2, width=120, height=90).save(out, form, **options)
    return out.getvalue()


def png(width: int, height: int, body: bytes) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    start = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
    return start + chunk(b"IDAT", zlib.compress(body)) + chunk(b"IEND", b"")


# ---- hostile files ------------------------------------------------------------------------------

REFUSED = {
    "empty": (b"", ErrorCode.MEDIA_EMPTY),
    "text": (b"just words\n", ErrorCode.MEDIA_UNSUPPORTED),
    "page": (b"<!doctype html><img src=x>", ErrorCode.MEDIA_UNSUPPORTED),
    "script in a picture's name": (b"#!/bin/sh\nexit\n", ErrorCode.MEDIA_UNSUPPORTED),
    "PDF": (b"%PDF-1.7\n", ErrorCode.MEDIA_UNSUPPORTED),
    "EPS": (b"%!PS-Adobe-3.0 EPSF-3.0\n", ErrorCode.MEDIA_UNSUPPORTED),
    "PSD": (b"8BPS\0\1", ErrorCode.MEDIA_UNSUPPORTED),
    "FITS": (b"SIMPLE  =                    T", ErrorCode.MEDIA_UNSUPPORTED),
    "archive": (b"PK\x03\x04" + bytes(30), ErrorCode.MEDIA_UNSUPPORTED),
    "SVG": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", ErrorCode.MEDIA_UNSUPPORTED),
    "film": (b"\0\0\0\x18ftypisom\0\0\0\0isomiso2", ErrorCode.MEDIA_UNSUPPORTED),
    "20,000 x 20,000 pixels": (png(20_000, 20_000, b"\0" * 100), ErrorCode.MEDIA_TOO_LARGE),
    "one line of 2 billion": (png(2**31 - 1, 1, b"\0"), ErrorCode.MEDIA_TOO_LARGE),
    "no pixels": (png(0, 5, b""), ErrorCode.MEDIA_MALFORMED),
    "less data than pixels": (png(500, 500, b"\0" * 10), ErrorCode.MEDIA_MALFORMED),
    "half a JPEG": (GOOD[: len(GOOD) // 2], ErrorCode.MEDIA_MALFORMED),
    "a JPEG's first bytes": (GOOD[:20], ErrorCode.MEDIA_MALFORMED),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_the_right_reason(fingerprinter: SandboxedFingerprinter, name: str) -> None:
    data, code = REFUSED[name]
    assert outcome(fingerprinter, data) == code
    assert isinstance(outcome(fingerprinter, GOOD), ContentFingerprints)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "WEBP", "AVIF", "TIFF", "BMP"])
def test_damaged_files_always_get_an_answer(
    fingerprinter: SandboxedFingerprinter, form: str
) -> None:
    data = encoded(form)
    rng = np.random.default_rng(len(data))
    for _ in range(40):
        damaged = bytearray(data)
        for place in rng.integers(0, len(data), rng.integers(1, 30)):
            damaged[place] ^= int(rng.integers(1, 256))
        if rng.random() < 0.3:
            del damaged[int(rng.integers(1, len(damaged))) :]
        answer = outcome(fingerprinter, bytes(damaged))
        assert answer not in {ErrorCode.MEDIA_TIMEOUT, ErrorCode.MEDIA_CRASHED}


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "WEBP", "AVIF", "HEIF", "TIFF", "BMP"])
def test_every_format_is_decoded_inside(fingerprinter: SandboxedFingerprinter, form: str) -> None:
    register_heif_opener()
    out = io.BytesIO()
    scene(2, width=320, height=240).save(out, form)
    found = outcome(fingerprinter, out.getvalue())
    assert isinstance(found, ContentFingerprints)
    assert not found.unusable


def test_a_jpeg_of_several_pictures_in_print_colours(
    fingerprinter: SandboxedFingerprinter,
) -> None:
    """Pillow turns to another of its decoders in the middle of such a file."""
    pictures = [scene(seed, width=320, height=240).convert("CMYK") for seed in (1, 2)]
    out = io.BytesIO()
    pictures[0].save(out, "MPO", save_all=True, append_images=pictures[1:])
    found = outcome(fingerprinter, out.getvalue())
    assert isinstance(found, ContentFingerprints)
    assert found.media_type == "image/jpeg"


def test_tiny_pictures_are_judged_not_crashed(fingerprinter: SandboxedFingerprinter) -> None:
    for size in ((1, 1), (3, 1), (1, 3), (2, 2), (4, 400), (5, 5)):
        answer = outcome(fingerprinter, as_png(scene(3, width=64, height=64).resize(size)))
        assert isinstance(answer, ContentFingerprints)


def test_an_animation_with_very_many_frames_is_capped() -> None:
    out = io.BytesIO()
    frames = [Image.new("L", (16, 16), n % 250) for n in range(600)]
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    with SandboxedFingerprinter(limits=MediaLimits(frames=50)) as made:
        assert made.fingerprint(out.getvalue(), PLAN).frame_count == 50


def test_memory_is_capped() -> None:
    data = as_png(Image.new("RGB", (6000, 6000), "white"))
    with SandboxedFingerprinter(limits=MediaLimits(memory_bytes=48 << 20)) as made:
        assert outcome(made, data) in {ErrorCode.MEDIA_MEMORY, ErrorCode.MEDIA_CRASHED}
        assert isinstance(outcome(made, GOOD), ContentFingerprints)


def test_long_files_are_refused_unread(tmp_path: Path) -> None:
    sparse = tmp_path / "sparse.jpg"
    with sparse.open("wb") as file:
        file.write(GOOD)
        file.truncate(1 << 36)
    with SandboxedFingerprinter() as made, sparse.open("rb") as file:
        with pytest.raises(MediaError) as caught:
            made.fingerprint(file, PLAN)
        assert caught.value.code == ErrorCode.MEDIA_TOO_LARGE


# ---- dying workers ------------------------------------------------------------------------------


def test_a_worker_killed_between_files_is_replaced(fingerprinter: SandboxedFingerprinter) -> None:
    pid = worker_of(fingerprinter)
    os.kill(pid, signal.SIGKILL)
    time.sleep(0.05)
    assert isinstance(outcome(fingerprinter, GOOD), ContentFingerprints)
    assert worker_of(fingerprinter) != pid


def test_a_worker_that_hangs_is_ended() -> None:
    with SandboxedFingerprinter(limits=MediaLimits(seconds=1)) as made:
        os.kill(worker_of(made), signal.SIGSTOP)
        assert outcome(made, GOOD) == ErrorCode.MEDIA_TIMEOUT
        assert isinstance(outcome(made, GOOD), ContentFingerprints)


def test_a_worker_killed_in_the_middle_of_a_file() -> None:
    with SandboxedFingerprinter() as made:
        pid = worker_of(made)
        os.kill(pid, signal.SIGSTOP)
        killer = threading.Timer(0.2, os.kill, (pid, signal.SIGKILL))
        killer.start()
        assert outcome(made, GOOD) == ErrorCode.MEDIA_CRASHED
        killer.join()
        assert isinstance(outcome(made, GOOD), ContentFingerprints)


def test_many_threads_share_a_few_workers() -> None:
    pictures = [as_jpeg(scene(seed, width=200, height=150)) for seed in range(8)]
    with SandboxedFingerprinter(workers=2) as made:
        expected = [made.fingerprint(data, PLAN) for data in pictures]
        answers: dict[int, list[ContentFingerprints]] = {}

        def ask(number: int) -> None:
            answers[number] = [made.fingerprint(pictures[number], PLAN) for _ in range(5)]

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert all(answers[number] == [expected[number]] * 5 for number in range(8))


def open_files() -> int:
    """How many files this process has open; 0 on systems that do not say."""
    folder = Path("/proc/self/fd")
    return sum(1 for _ in folder.iterdir()) if folder.exists() else 0


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    before = open_files()
    picture = tmp_path / "picture.jpg"
    picture.write_bytes(GOOD)
    made = SandboxedFingerprinter(workers=2)
    with picture.open("rb") as file:
        made.fingerprint(file, PLAN)
    made.fingerprint(io.BytesIO(GOOD), PLAN)
    outcome(made, b"nothing")
    pid = worker_of(made)
    made.close()
    made.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert open_files() == before
    assert [path.name for path in tmp_path.iterdir()] == ["picture.jpg"]
    with pytest.raises(MediaError):
        made.fingerprint(GOOD, PLAN)


def test_all_ways_of_handing_over_give_one_answer(
    fingerprinter: SandboxedFingerprinter, tmp_path: Path
) -> None:
    picture = tmp_path / "picture.jpg"
    picture.write_bytes(GOOD)
    with picture.open("rb") as buffered, picture.open("rb", buffering=0) as raw:
        answers = [
            fingerprinter.fingerprint(content, PLAN)
            for content in (GOOD, io.BytesIO(GOOD), buffered, raw)
        ]
    assert answers == [answers[0]] * 4


def test_thumbnails_hold_pixels_only(fingerprinter: SandboxedFingerprinter) -> None:
    exif = Image.Exif()
    exif[0x010E] = "a secret description"
    out = io.BytesIO()
    scene(4).save(out, "JPEG", exif=exif, comment=b"a secret comment")
    thumbnail = fingerprinter.thumbnail(out.getvalue(), 160)
    assert b"secret" in out.getvalue()
    assert b"secret" not in thumbnail
    assert max(Image.open(io.BytesIO(thumbnail)).size) == 160


@pytest.mark.parametrize("interpreter", ["/no/such/interpreter", "/bin/false"])
def test_a_worker_that_cannot_start_is_not_blamed_on_the_file(
    monkeypatch: pytest.MonkeyPatch, interpreter: str
) -> None:
    monkeypatch.setattr("sys.executable", interpreter)
    with SandboxedFingerprinter() as made, pytest.raises(MediaError) as caught:
        made.fingerprint(GOOD, PLAN)
    assert "could not be started" in caught.value.detail
    assert caught.value.hint
