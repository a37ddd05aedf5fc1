# SPDX-License-Identifier: Apache-2.0
"""What a worker says is untrusted: a decoder that was taken over may answer anything."""

import io
import socket
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

from nahmi.errors import ErrorCode, MediaError
from nahmi.media import MediaLimits, SandboxedFingerprinter
from nahmi.media.protocol import receive
from nahmi.protect.plan import FingerprintPlan

# A shell finds the interpreter also where its path has spaces, and Python reads it as a string.
_TAKEN_OVER = """#!/bin/sh
'''exec' "{python}" "$0" "$@"
' '''
import os, socket, sys, time
from nahmi.media.protocol import Reply, receive, send
channel = socket.socket(fileno=int(sys.argv[-2]))
send(channel, Reply(layers=()))
receive(channel)
{answer}
time.sleep(60)
"""

_ANSWERS = {
    "stalls in the length": "channel.sendall(bytes([16]))",
    "stalls in the body": "channel.sendall(bytes([16, 0, 0, 0, 1]))",
    "no message": "channel.sendall(bytes([2, 0, 0, 0, 0xC1, 0xC1]))",
    "endless": "channel.sendall(bytes([255] * 4))",
    "unknown code": 'send(channel, Reply(code="no such code", detail="no"))',
    "nothing asked for": "send(channel, Reply())",
    "a file": "send(channel, Reply(), 0)",
    "gone": "sys.exit(3)",
}
_TIMEOUTS = {"stalls in the length", "stalls in the body"}


@pytest.mark.parametrize("answer", _ANSWERS)
def test_any_answer_of_a_worker_becomes_a_typed_error(
    answer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = tmp_path / "worker"
    worker.write_text(_TAKEN_OVER.format(python=sys.executable, answer=_ANSWERS[answer]))
    worker.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(worker))
    before = _open_files()
    with (
        SandboxedFingerprinter(limits=MediaLimits(seconds=0.5)) as fingerprinter,
        pytest.raises(MediaError) as caught,
    ):
        fingerprinter.fingerprint(b"content", FingerprintPlan())
    expected = ErrorCode.MEDIA_TIMEOUT if answer in _TIMEOUTS else ErrorCode.MEDIA_CRASHED
    assert caught.value.code == expected
    assert _open_files() == before


def _open_files() -> int:
    return sum(1 for _ in Path("/dev/fd").iterdir())


def test_a_message_that_drips_gets_no_new_time_for_each_byte() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(bytes([16, 0, 0, 0, 1]))
        with pytest.raises(TimeoutError):
            receive(ours, time.monotonic() + 0.05)
        with pytest.raises(TimeoutError):
            receive(ours, time.monotonic())


def test_the_file_after_one_that_took_too_much_memory_is_not_lost() -> None:
    limits = MediaLimits(memory_bytes=96 << 20)
    greedy, modest = _png(7000), _png(64)
    with SandboxedFingerprinter(limits=limits) as fingerprinter:
        for _ in range(3):
            with pytest.raises(MediaError) as caught:
                fingerprinter.fingerprint(greedy, FingerprintPlan())
            assert caught.value.code == ErrorCode.MEDIA_MEMORY
            assert fingerprinter.fingerprint(modest, FingerprintPlan()).width == 64


def _png(side: int) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (side, side)).save(file, "PNG", compress_level=1)
    return file.getvalue()
