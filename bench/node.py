# SPDX-License-Identifier: Apache-2.0
"""nahmi's command line on a node of its own, as a user calls it."""

import subprocess
import sys
from pathlib import Path

BANK = "PEERS"
Command = list[str]


def make(folder: Path, *, database: str = "") -> Command:
    """Make a node with one empty bank; the beginning of every command on it."""
    command = [str(Path(sys.executable).parent / "nahmi"), "--node", str(folder / "node")]
    if database:
        command += ["--database", database]
    call(command, "init")
    call(command, "bank", "create", BANK)
    return command


def call(command: Command, *arguments: str) -> None:
    quiet([*command, *arguments])


def quiet(command: Command) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own
