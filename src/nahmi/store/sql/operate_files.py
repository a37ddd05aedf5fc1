# SPDX-License-Identifier: Apache-2.0
"""The files of jobs in SQL, in pieces."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select

from nahmi.store.sql.database import Database
from nahmi.store.sql.operate_tables import job_file
from nahmi.store.sql.rows import to_us


class SqlJobFiles:
    """`JobFiles` in a database.

    Args:
        database: An opened store.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def append(
        self,
        name: str,
        part: str,
        content: bytes,
        *,
        now: datetime,
        within: Connection | None = None,
    ) -> None:
        """See `JobFiles.append`."""
        last = select(func.max(job_file.c.number)).where(*_is(name, part))
        with self._database.joining(within) as connection:
            number = (connection.execute(last).scalar() or 0) + 1
            _add(connection, name, part, number, content, now)

    def replace(
        self,
        name: str,
        part: str,
        content: bytes,
        *,
        now: datetime,
        within: Connection | None = None,
    ) -> None:
        """See `JobFiles.replace`."""
        with self._database.joining(within) as connection:
            connection.execute(delete(job_file).where(*_is(name, part)))
            _add(connection, name, part, 1, content, now)

    def pieces(self, name: str, part: str) -> Iterator[bytes]:
        """See `JobFiles.pieces`; each piece is read by itself."""
        number = 0
        while True:
            following = select(job_file.c.number, job_file.c.content).where(
                *_is(name, part), job_file.c.number > number
            )
            with self._database.reading() as connection:
                row = connection.execute(following.order_by(job_file.c.number).limit(1)).first()
            if row is None:
                return
            number = row.number
            yield row.content

    def drop(self, name: str, part: str) -> None:
        """See `JobFiles.drop`."""
        with self._database.writing() as connection:
            connection.execute(delete(job_file).where(*_is(name, part)))

    def forget(self, *, until: datetime) -> int:
        """See `JobFiles.forget`."""
        old = delete(job_file).where(job_file.c.added_us < to_us(until))
        with self._database.writing() as connection:
            return connection.execute(old).rowcount


def _is(name: str, part: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return job_file.c.name == name, job_file.c.part == part


def _add(  # noqa: PLR0913, PLR0917 - the columns of a row
    connection: Connection, name: str, part: str, number: int, content: bytes, now: datetime
) -> None:
    values = {
        "name": name,
        "part": part,
        "number": number,
        "content": content,
        "added_us": to_us(now),
    }
    connection.execute(insert(job_file).values(values))
