# SPDX-License-Identifier: Apache-2.0
"""The frame of the command line: help, errors, pipes, completion, doctor."""

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nahmi.cli.app import COMMANDS, run

Call = Callable[..., Any]
PROGRAM = str(Path(sys.executable).with_name("nahmi"))


def test_help_names_every_command_and_loads_none() -> None:
    code = (
        "import sys; from nahmi.cli.app import run; run(['--help']); "
        "print(sorted({'numpy', 'sqlalchemy', 'PIL', 'jinja2'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert all(f"  {name} " in done.stdout for name in COMMANDS)
    assert done.stdout.endswith("[]\n")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([name, "--help"]) == 0
    assert COMMANDS[name].split()[0] in capsys.readouterr().out


def test_wrong_use_is_one_line_and_exit_code_2(nahmi: Call) -> None:
    for arguments in (["frob"], ["scan"], ["match", "--limit", "99"], ["hash", "--what"]):
        result = nahmi(*arguments)
        assert result.code == 2
        assert result.err.count("\n") == 1
        assert "[input_invalid]" in result.err
    wrong = nahmi("scan", "--json")
    assert json.loads(wrong.err)["schema"] == "nahmi.error/1"


def test_errors_carry_code_and_hint(nahmi: Call, tmp_path: Path) -> None:
    result = nahmi("--node", str(tmp_path / "none"), "bank", "list", "--json")
    assert result.code == 2
    error = json.loads(result.err)
    assert error["code"] == "store_missing"
    assert "init" in error["hint"]


def test_a_file_where_the_node_should_be(nahmi: Call, folder: Path) -> None:
    (folder / "file").write_text("")
    for command in (["init"], ["bank", "list"]):
        result = nahmi("--node", "file", *command)
        assert result.code == 2
        assert "Traceback" not in result.err


def test_init_leaves_other_folders_alone(nahmi: Call, folder: Path) -> None:
    assert nahmi("--node", "uploads", "init").code == 2
    assert nahmi("init").code == 0
    assert len(list((folder / "uploads").iterdir())) == 5


def test_a_closed_pipe_is_no_error(folder: Path) -> None:
    words = (PROGRAM, "--node", f"{folder}/node", "bank", "entries", "KNOWN", "--limit", "1000")
    command = f"{shlex.join(words)} | head -n 1"
    script = f"set -o pipefail; {command}; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["/bin/bash", "-c", script], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stderr == ""
    assert done.stdout.splitlines()[-1] in ("0", "141")


def test_a_pipe_that_is_closed_at_once(folder: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [PROGRAM, "--node", f"{folder}/node", "bank", "list"],
        stdout=writing,
        stderr=subprocess.PIPE,
        check=False,
        timeout=60,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, b"")


def test_completion_offers_commands_and_options() -> None:
    def complete(words: str, place: int) -> str:
        environment = os.environ | {
            "_NAHMI_COMPLETE": "complete_bash",
            "COMP_WORDS": words,
            "COMP_CWORD": str(place),
        }
        done = subprocess.run(
            [PROGRAM], env=environment, capture_output=True, text=True, check=False, timeout=60
        )
        return done.stdout

    assert "scan" in complete("nahmi sc", 1)
    assert "create" in complete("nahmi bank cr", 2)
    assert "--robust" in complete("nahmi scan --ro", 2)


@pytest.mark.enable_socket  # the doctor looks whether its port is free
@pytest.mark.allow_hosts(["127.0.0.1"])
def test_doctor_looks_without_touching(nahmi: Call, tmp_path: Path) -> None:
    states = {check["name"]: check["state"] for check in nahmi("doctor", "--json").json["checks"]}
    assert states["sandbox"] == states["node"] == states["index"] == "ok"
    missing = nahmi("--node", str(tmp_path / "none"), "doctor")
    assert not (tmp_path / "none").exists()
    assert "NOTE" in missing.out


def test_index_commands(nahmi: Call) -> None:
    signals = nahmi("index", "status", "--json").json["signals"]
    assert signals > 3
    for command in ("verify", "compact", "rebuild"):
        assert nahmi("index", command, "--json").json["signals"] == signals


def test_a_damaged_index_is_found(nahmi: Call, folder: Path) -> None:
    nahmi("index", "compact")
    for file in (folder / "node" / "index" / "pdq").rglob("*"):
        if file.is_file() and file.stat().st_size > 4096:
            content = bytearray(file.read_bytes())
            content[len(content) // 2] ^= 1
            file.write_bytes(content)
    assert nahmi("index", "verify").code == 2
    assert nahmi("index", "rebuild").code == 0
    assert nahmi("match", "uploads/copy1.jpg").code == 1


def test_bench_measures_something(nahmi: Call) -> None:
    result = nahmi("bench", "--signals", "1000", "--pictures", "1", "--json").json
    assert result["schema"] == "nahmi.bench/1"
    assert result["pictures_per_s"]["exact"] > 0
