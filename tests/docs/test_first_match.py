# SPDX-License-Identifier: Apache-2.0
"""Who follows the tutorial over HTTP gets the answers that it shows."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pages import DOCS, blocks
from PIL import Image
from skimage import data

pytestmark = [pytest.mark.enable_socket, pytest.mark.allow_hosts(["127.0.0.1"])]

PAGE = DOCS / "tutorial" / "first-match.md"
PROGRAMS = Path(sys.executable).parent
COMMANDS = [
    line.removeprefix("$ ") for block in blocks(PAGE, "console") for line in block.splitlines()
]
ANSWERS = [json.loads(block) for block in blocks(PAGE, "json")]
BEFORE = 3
"""The commands of the reader before the node is served."""

Shell = Callable[[str], str]


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
    return number


@pytest.fixture
def shell(tmp_path: Path, port: int) -> Iterator[Shell]:
    """One shell for the whole page, as the reader has: variables stay."""
    Image.fromarray(data.astronaut()).save(tmp_path / "picture.jpg")
    environment = {**os.environ, "PATH": f"{PROGRAMS}:{os.environ['PATH']}"}
    with subprocess.Popen(
        ["sh"],  # noqa: S607 - the reader's
        cwd=tmp_path,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        stdin, stdout = process.stdin, process.stdout

        def type_in(command: str) -> str:
            stdin.write(f"{command.replace('8410', str(port))}\necho; echo done $?\n")
            stdin.flush()
            said = ""
            while not (line := stdout.readline()).startswith("done "):
                assert line, said
                said += line
            return said.strip()

        yield type_in
        stdin.close()


def test_the_reader_gets_the_answers_that_are_shown(
    shell: Shell, port: int, tmp_path: Path
) -> None:
    for command in COMMANDS[:BEFORE]:
        shell(command)
    server = subprocess.Popen([str(PROGRAMS / "nahmi"), "serve", "--port", str(port)], cwd=tmp_path)
    try:
        while not (ready := shell(COMMANDS[BEFORE])):
            assert server.poll() is None
            time.sleep(0.1)
        got = [json.loads(ready)]
        said = [shell(command) for command in COMMANDS[BEFORE + 1 :]]
        got += [json.loads(answer) for answer in said if answer.startswith("{")]
        assert said[-1].startswith(f"http://127.0.0.1:{8410}/console/enter/")
    finally:
        server.terminate()
        server.wait(60)
    assert got[0] == ANSWERS[0]
    assert got[1] == ANSWERS[1]
    matches = [answer.pop("matches")[0] for answer in (got[2], ANSWERS[2])]
    for match in matches:
        assert match.pop("distance") <= match["limit_bits"]
    assert got[2] == ANSWERS[2]
    assert matches[0] == matches[1]
