# SPDX-License-Identifier: Apache-2.0
"""A page of the match log is read off one index, in its order, whatever it is filtered by."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Select
from sqlalchemy.dialects import sqlite

from nahmi.core.bank import Action, Category
from nahmi.protect.match_log import MatchFilter
from nahmi.store.sql.database import Database
from nahmi.store.sql.match_log_reading import _page
from nahmi.store.sql.match_log_writing import _old
from nahmi.store.sql.opening import create_database, open_database

NOW = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    create_database(tmp_path / "nahmi.sqlite3")
    opened = open_database(tmp_path / "nahmi.sqlite3")
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        (MatchFilter(), "match_log_at"),
        (MatchFilter(since=NOW, until=NOW + timedelta(days=1)), "match_log_at"),
        (MatchFilter(action=Action.BLOCK), "match_log_action"),
        (MatchFilter(principal="key:1"), "match_log_principal"),
        (MatchFilter(channel="api"), "match_log_channel"),
        (MatchFilter(reference="r"), "match_log_reference"),
        (MatchFilter(reference="r", bank_id=1), "match_log_reference"),
        (MatchFilter(bank_id=1), "match_hit_bank_id"),
        (MatchFilter(bank_id=1, since=NOW), "match_hit_bank_id"),
        (MatchFilter(bank_id=1, action=Action.HOLD), "match_hit_bank_id"),
        (MatchFilter(category=Category.NCII), "match_hit_category"),
    ],
    ids=str,
)
@pytest.mark.parametrize("last", [None, (5, 1)])
def test_a_page_is_read_off_one_index(
    database: Database, wanted: MatchFilter, index: str, last: tuple[int, int] | None
) -> None:
    assert_read_off(database, _page(1, wanted, last).limit(100), index)


def test_what_is_old_is_found_by_an_index(database: Database) -> None:
    assert_read_off(database, _old(1, NOW).limit(100), "match_log_at")


def assert_read_off(database: Database, query: Select[Any], index: str) -> None:
    text = str(query.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True}))
    with database.reading() as connection:
        plan = [row[-1] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}")]
    assert f"INDEX {index} (" in plan[0]
    assert not any("SCAN" in step or "TEMP B-TREE" in step for step in plan), plan
