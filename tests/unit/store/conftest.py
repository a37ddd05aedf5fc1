# SPDX-License-Identifier: Apache-2.0
"""An empty store in each kind of database."""

from collections.abc import Iterator

import pytest

from nahmi.store.sql.database import Database
from nahmi.store.sql.opening import open_database


@pytest.fixture
def database(store_address: str) -> Iterator[Database]:
    opened = open_database(store_address, busy_timeout_s=30)
    yield opened
    opened.close()
