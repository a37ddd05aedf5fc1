# SPDX-License-Identifier: Apache-2.0
"""Nodes of circles on files of their own, which can be opened again and copied, for tests."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nahmi.store.sql.database import Database
from nahmi.store.sql.opening import create_database, open_database
from nahmi.testing.circles import Member

_BLANK = "blank.sqlite3"


class Nodes:
    """Makes nodes in a folder; close it when they are no longer needed.

    Args:
        folder: Where their stores are; may hold those of an earlier run.
        blank: An empty store to copy, which is quicker than making one; made when there is none.
    """

    def __init__(self, folder: Path, blank: Path | None = None) -> None:
        self._folder = folder
        self._blank = blank or folder / _BLANK
        self._more: dict[str, tuple[str, dict[str, Any]]] = {}
        self._open: dict[str, Database] = {}

    def make(self, name: str, country: str, **more: Any) -> Member:  # noqa: ANN401 - of `Member`
        """A node of an organisation, with the store that it had before, if there is one.

        Args:
            name: The organisation's; its keys follow from it.
            country: Its country.
            more: See `Member`.
        """
        self._more[name] = country, more
        if not self.path(name).exists():
            if not self._blank.exists():
                create_database(self._blank)
            shutil.copy(self._blank, self.path(name))
        return self.reopen(name)

    def reopen(self, name: str) -> Member:
        """The same node after it was stopped, whatever it was about to do."""
        if name in self._open:
            self._open.pop(name).close()
        country, more = self._more[name]
        database = self._open[name] = open_database(self.path(name))
        return Member(database, name, country, seed=sum(name.encode()), **more)

    def path(self, name: str) -> Path:
        """Where a node's store is."""
        return self._folder / f"{name}.db"

    def close(self) -> None:
        """Stop all of them."""
        while self._open:
            self._open.popitem()[1].close()


@contextmanager
def nodes_in(folder: Path, blank: Path | None = None) -> Iterator[Nodes]:
    """`Nodes` that are stopped at the end."""
    nodes = Nodes(folder, blank)
    try:
        yield nodes
    finally:
        nodes.close()
