# SPDX-License-Identifier: Apache-2.0
"""The demo, as a stranger sees it."""

import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from nahmi.cli.app import run

PROGRAM = str(Path(sys.executable).with_name("nahmi"))


def test_the_demo_finds_its_copies_and_can_be_run_again(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "demo"
    for _ in range(2):
        assert run(["demo", "--folder", str(folder), "--signals", "1000", "--no-serve"]) == 0
    out, _err = capfd.readouterr()
    assert "half the size" in out
    assert "6 of 6" in out
    assert "of them taken for known: 0" in out
    for language, direction in (("en", "ltr"), ("ar", "rtl")):
        page = (folder / f"report.{language}.html").read_text(encoding="utf-8")
        assert f'<html lang="{language}" dir="{direction}">' in page
        assert "data:image/jpeg;base64," in page


def test_the_demo_leaves_other_folders_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("x")
    assert run(["demo", "--folder", str(tmp_path)]) == 2
    assert (tmp_path / "mine").exists()


@pytest.mark.enable_socket
@pytest.mark.allow_hosts(["127.0.0.1"])
def test_its_node_lets_the_reader_in_and_finds_a_copy_over_http(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    said = tmp_path / "said.txt"
    with said.open("w") as out:
        demo = subprocess.Popen(
            [PROGRAM, "demo", "--folder", str(folder), "--signals", "1000"], stdout=out
        )
    try:
        text = wait_for(said.read_text, until="curl", process=demo)
        link = found(r"Sign in.*?(http://\S+)", text)
        key = found(r"Bearer (\S+)'", text)
        upload, address = found(r"@(\S+)", text), found(r"answers at (http://\S+)", text)
        with httpx.Client(base_url=address) as client:
            wait_for(lambda: answered(client, "/health/live"), until="200", process=demo)
            answer = client.post(
                "/api/v1/match/content",
                headers={"Authorization": f"Bearer {key}"},
                content=Path(upload).read_bytes(),
            ).json()
            assert answer["verdict"] == "match"
            assert '<form method="post" action="/console/enter"' in client.get(link).text
    finally:
        demo.send_signal(signal.SIGINT)
        assert demo.wait(60) == 0


def found(pattern: str, text: str) -> str:
    """What a pattern's group stands for in a text."""
    match = re.search(pattern, text)
    assert match, text
    return match[1]


def answered(client: httpx.Client, path: str) -> str:
    """The status of an answer; empty where nobody answers yet."""
    try:
        return str(client.get(path).status_code)
    except httpx.ConnectError:
        return ""


def wait_for(ask: Callable[[], str], *, until: str, process: subprocess.Popen[bytes]) -> str:
    """Ask again until the answer holds a word; fails when the process ends before."""
    while until not in (answer := ask()):
        assert process.poll() is None, answer
        time.sleep(0.1)
    return answer
