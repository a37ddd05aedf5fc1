# SPDX-License-Identifier: Apache-2.0
"""What a process may still do once it is locked in, tried with the system calls themselves."""

import json
import platform
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="seccomp is Linux's")

# Numbers on x86-64 and aarch64. Each call would succeed outside the sandbox: as its own user, with
# a file of its own and its own parent.
_X86 = platform.machine() == "x86_64"
_PROBE = """
import ctypes, errno, json, os, resource, socket, sys, threading
from nahmi import kernels
path, parent = sys.argv[1], os.getppid()
libc = ctypes.CDLL(None, use_errno=True)
file = os.open(path, os.O_RDWR)
limits = (ctypes.c_uint64 * 2)(1 << 30, 1 << 30)
info = (ctypes.c_int * 32)(0, 0, -1)

def python(call):
    def tried():
        try:
            call()
        except OSError as error:
            return errno.errorcode[error.errno]
        return "allowed"
    return tried

def raw(number, *arguments):
    def tried():
        ctypes.set_errno(0)
        if libc.syscall(ctypes.c_long(number), *arguments) >= 0:
            return "allowed"
        return errno.errorcode[ctypes.get_errno()]
    return tried

tries = {
    "socket": python(socket.socket),
    "open for reading": python(lambda: os.open(path, os.O_RDONLY)),
    "create": python(lambda: os.open(path + "2", os.O_CREAT | os.O_WRONLY)),
    "unlink": python(lambda: os.unlink(path)),
    "execve": python(lambda: os.execv("/bin/true", ["true"])),
    "fork": python(os.fork),
    "kill": python(lambda: os.kill(parent, 0)),
    "queue a signal": raw(%(sigqueue)d, parent, 0, info),
    "limits of another": raw(%(prlimit)d, parent, resource.RLIMIT_CORE, None, limits),
    "change mode": python(lambda: os.fchmod(file, 0o600)),
    "change owner": python(lambda: os.fchown(file, os.getuid(), os.getgid())),
    "change times": python(lambda: os.utime(file)),
    "change attributes": python(lambda: os.setxattr(file, "user.nahmi", b"1")),
    "cut short": python(lambda: os.ftruncate(file, 0)),
}
kernels.sandbox_enter()
answers = {name: tried() for name, tried in tries.items()}
thread = threading.Thread(target=lambda: answers.update(thread="runs"))
thread.start()
thread.join()
resource.setrlimit(resource.RLIMIT_CPU, (100, resource.getrlimit(resource.RLIMIT_CPU)[1]))
answers["own limits"] = "allowed"
print(json.dumps(answers))
"""


def test_a_process_that_is_locked_in_reaches_nothing_outside(tmp_path: Path) -> None:
    file = tmp_path / "content"
    file.write_bytes(b"content")
    numbers = {"sigqueue": 129 if _X86 else 138, "prlimit": 302 if _X86 else 261}
    done = subprocess.run(
        [sys.executable, "-I", "-c", _PROBE % numbers, str(file)],
        check=True,
        capture_output=True,
        text=True,
    )
    answers = json.loads(done.stdout)
    assert answers.pop("thread") == "runs"
    assert answers.pop("own limits") == "allowed"
    assert {name: answer for name, answer in answers.items() if answer != "EPERM"} == {}
    assert file.read_bytes() == b"content"
