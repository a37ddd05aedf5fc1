# SPDX-License-Identifier: Apache-2.0
"""A PostgreSQL database: many processes on many machines, each with a few connections."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, create_engine, func, make_url, select
from sqlalchemy.exc import ArgumentError

from nahmi.errors import ErrorCode, InputError
from nahmi.store.sql.database import Database
from nahmi.store.sql.errors import wrapped
from nahmi.store.sql.signals import PostgresChangeSignal

_SCHEMES: Final = ("postgresql://", "postgres://")
_TURN: Final = 0x6E61686D
"""The number of the lock that writers of banks hold ("nahm" in ASCII)."""

_CONNECT_TIMEOUT_S: Final = 10
_CONNECTIONS: Final = 10
"""Connections that a process keeps open at most when it is idle; twice as many when busy."""


class PostgresDatabase(Database):
    """A PostgreSQL database.

    Reading transactions see one snapshot and may not write. Writing ones see what others have
    committed; those that change banks take turns, so that changes are numbered in the order in
    which they are committed.

    Args:
        url: Its address, from `parse_url`.
        read_only: Refuse every write.
        busy_timeout_s: How long a statement waits for another's lock, in seconds.
    """

    def __init__(self, url: URL, *, read_only: bool, busy_timeout_s: float) -> None:
        lock_ms = max(1, round(busy_timeout_s * 1000))
        engine = create_engine(
            url,
            pool_size=_CONNECTIONS,
            max_overflow=_CONNECTIONS,
            pool_pre_ping=True,  # a database that was restarted is noticed before it is asked
            connect_args={
                "connect_timeout": _CONNECT_TIMEOUT_S,
                "application_name": "nahmi",
                "options": f"-c lock_timeout={lock_ms} -c timezone=UTC",
                # A server that vanished without a word is noticed within a minute.
                "keepalives_idle": 20,
                "keepalives_interval": 10,
                "keepalives_count": 3,
                "tcp_user_timeout": 50_000,
            },
            hide_parameters=True,
        )
        super().__init__(engine, read_only=read_only)
        self._url = url

    @contextmanager
    def looking_up(self) -> Iterator[Any]:
        """See `Database.looking_up`: no transaction around it, which would be two waits more."""
        with wrapped(), closing(self._engine.raw_connection()) as connection:
            driver: Any = connection.driver_connection
            driver.autocommit = True
            try:
                with driver.cursor() as cursor:
                    yield cursor
            finally:
                if not driver.closed:
                    driver.autocommit = False

    def take_turn(self, connection: Connection) -> None:
        """See `Database.take_turn`."""
        connection.execute(select(func.pg_advisory_xact_lock(_TURN)))

    def change_signal(self) -> PostgresChangeSignal:
        """See `Database.change_signal`."""
        return PostgresChangeSignal(self._url)

    def _for_reading(self) -> dict[str, Any]:
        return {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}

    def _for_writing(self) -> dict[str, Any]:
        return {"isolation_level": "READ COMMITTED", "postgresql_readonly": self.read_only}


def is_url(where: object) -> bool:
    """Whether something names a PostgreSQL database."""
    return isinstance(where, str) and where.startswith(_SCHEMES)


def parse_url(text: str) -> URL:
    """The address of a PostgreSQL database, with the password from a file when it names one.

    Args:
        text: As libpq takes it, `postgresql://user@host:port/name?…`. The parameter
            `password_file` names a file that holds the password and nothing else.

    Raises:
        InputError: INPUT_INVALID: it is no such address. FILE_UNREADABLE: the password's file.
    """
    try:
        url = make_url(text).set(drivername="postgresql+psycopg")
    except (ArgumentError, ValueError):
        raise InputError(
            ErrorCode.INPUT_INVALID,
            "The database's address cannot be understood.",
            hint="Such as postgresql://nahmi@db.example/nahmi; see docs/reference/database.md.",
        ) from None
    file = url.query.get("password_file")
    if not isinstance(file, str):
        return url
    url = url.difference_update_query(["password_file"])
    try:
        return url.set(password=Path(file).read_text(encoding="utf-8").rstrip("\r\n"))
    except (OSError, UnicodeDecodeError):
        raise InputError(
            ErrorCode.FILE_UNREADABLE, "The file with the database's password cannot be read."
        ) from None
