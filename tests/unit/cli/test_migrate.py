# SPDX-License-Identifier: Apache-2.0
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nahmi.store.sql.migrations import newest_version, upgrade
from nahmi.store.sql.schema import APPLICATION_ID
from nahmi.store.sql.sqlite import SqliteDatabase

Nahmi = Callable[..., Any]


def make_older(file: Path) -> None:
    """Put another store, of the first schema, in place of a node's."""
    for part in file.parent.glob(f"{file.name}*"):
        part.unlink()
    file.touch()
    database = SqliteDatabase(file, read_only=False, busy_timeout_s=5)
    with database.writing() as connection:
        upgrade(connection, to=1)
        connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
    database.close()


def test_an_older_store_is_refused_until_it_was_migrated(folder: Path, nahmi: Nahmi) -> None:
    assert nahmi("migrate", "--check").code == 0
    make_older(folder / "node" / "nahmi.sqlite3")
    refused = nahmi("bank", "list")
    assert (refused.code, "nahmi migrate" in refused.err) == (2, True)
    assert nahmi("migrate", "--check").code == 2
    done = nahmi("migrate", "--json")
    assert (done.code, done.json["before"], done.json["newest"]) == (0, 1, newest_version())
    stranger = nahmi("bank", "list")
    assert (stranger.code, "nahmi index rebuild" in stranger.err) == (2, True)
    assert nahmi("index", "rebuild").code == 0
    assert nahmi("bank", "list").code == 0
    assert "newest" in nahmi("migrate").out


def test_there_must_be_a_node(folder: Path, nahmi: Nahmi) -> None:
    (folder / "node" / "nahmi.sqlite3").unlink()
    for arguments in (["migrate"], ["migrate", "--check"]):
        assert nahmi(*arguments).code == 2
