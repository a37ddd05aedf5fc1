# SPDX-License-Identifier: Apache-2.0
"""A scan that was killed or interrupted goes on, without losing or repeating a file."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nahmi.cli.app import run
from nahmi.testing.media import as_jpeg, scene

PROGRAM = str(Path(sys.executable).with_name("nahmi"))
FILES = 600


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    uploads = tmp_path / "uploads"
    uploads.mkdir()
    (uploads / "0000.jpg").write_bytes(as_jpeg(scene(1, width=1200, height=900)))
    for number in range(1, FILES):
        (uploads / f"{number:04d}.jpg").hardlink_to(uploads / "0000.jpg")
    assert run(["--node", str(tmp_path / "node"), "init"]) == 0
    return tmp_path


def command(folder: Path) -> list[str]:
    scan = ["scan", "uploads", "--jobs", "1", "--out", "out.jsonl"]
    return [PROGRAM, "--node", str(folder / "node"), *scan]


def start_and_stop(folder: Path, how: signal.Signals) -> tuple[int, bytes]:
    """Run the scan until its journal holds records, then stop it; its code and its journal."""
    with subprocess.Popen(
        command(folder),
        cwd=folder,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as process:
        journals = folder / "node" / "scans"
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            held = [file.read_bytes() for file in journals.glob("*.jsonl")]
            if held and held[0].count(b"\n") > 3:
                break
            time.sleep(0.005)
        os.killpg(process.pid, how)
        process.wait(60)
        code = process.returncode
    (journal,) = journals.glob("*.jsonl")
    return code, journal.read_bytes()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_stopped_scan_goes_on(folder: Path, how: signal.Signals) -> None:
    code, journal = start_and_stop(folder, how)
    assert code == (-signal.SIGKILL if how is signal.SIGKILL else 130)
    _header, *lines = journal.splitlines(keepends=True)
    done = [line for line in lines if line.endswith(b"\n")]
    assert 0 < len(done) < FILES

    again = subprocess.run(
        command(folder), cwd=folder, capture_output=True, text=True, check=False, timeout=120
    )
    assert again.returncode == 0
    assert f"{len(done)} files are done" in again.stderr
    results = (folder / "out.jsonl").read_bytes().splitlines(keepends=True)
    assert results[: len(done)] == done, "what was done was kept as it was"
    records = [json.loads(line) for line in results]
    names = [record["name"] for record in records]
    assert names == [f"uploads/{number:04d}.jpg" for number in range(FILES)]
    assert {record["outcome"] for record in records} == {"no_match"}
    assert not list((folder / "node" / "scans").glob("*.jsonl"))
