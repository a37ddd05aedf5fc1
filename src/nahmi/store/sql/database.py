# SPDX-License-Identifier: Apache-2.0
"""A database as the stores see it: transactions that read one state, and ones that write."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, Final

from sqlalchemy import Connection, Engine

from nahmi.operate.changes import ChangeSignal
from nahmi.store.sql.errors import wrapped

Watch = Callable[[str], AbstractContextManager[Any]]
"""Looks on while something is done: `read`, `look_up` or `write`."""

_NOBODY: Final = nullcontext()


def _unwatched(_: str) -> AbstractContextManager[Any]:
    return _NOBODY


class Database(ABC):
    """An opened database; safe between threads.

    Args:
        engine: Its connections.
        read_only: Refuse every write.

    Attributes:
        watch: Looks on at each transaction; nobody does unless told otherwise.
    """

    def __init__(self, engine: Engine, *, read_only: bool) -> None:
        self.read_only = read_only
        self.watch: Watch = _unwatched
        self._engine = engine

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._engine.dialect.name

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one state of the store.

        Raises:
            StoreError: As the block, or the database failed.
        """
        with self.watch("read"), wrapped(), self._engine.connect() as connection:
            reader = connection.execution_options(**self._for_reading())
            with reader.begin():
                yield reader

    @abstractmethod
    def looking_up(self) -> AbstractContextManager[Any]:
        """A cursor of the driver itself, for one short statement on the hottest path.

        SQLAlchemy's own work for a statement takes ten times as long as the look-up.

        Raises:
            StoreError: As the block, or the database failed.
        """

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that may write; an exception rolls it back.

        Raises:
            StoreError: As the block, or the database failed.
        """
        with self.watch("write"), wrapped(), self._engine.connect() as connection:
            writer = connection.execution_options(**self._for_writing())
            with writer.begin():
                yield writer

    @contextmanager
    def joining(self, within: Connection | None) -> Iterator[Connection]:
        """The caller's writing transaction when there is one, else one of its own.

        Raises:
            StoreError: As the block, or the database failed.
        """
        if within is None:
            with self.writing() as connection:
                yield connection
        else:
            with wrapped():
                yield within

    @abstractmethod
    def change_signal(self) -> ChangeSignal:
        """Wakes up whoever waits for a change; close it before the database."""

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    @abstractmethod
    def take_turn(self, connection: Connection) -> None:
        """Be the only one who changes banks and entries until the transaction ends.

        A transaction that also appends to the audit log does so after this, never before: two
        that wait for each other are both told to try again.
        """

    @abstractmethod
    def _for_reading(self) -> dict[str, Any]:
        """Execution options of a reading transaction."""

    @abstractmethod
    def _for_writing(self) -> dict[str, Any]:
        """Execution options of a writing transaction."""
