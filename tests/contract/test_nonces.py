# SPDX-License-Identifier: Apache-2.0
"""Stores for nonces keep their contract, and refuse when they are down."""

from collections.abc import Iterator

import pytest

from nahmi.partner.requests.nonces import NonceStore
from nahmi.store.memory.nonces import MemoryNonceStore
from nahmi.store.sql.database import Database
from nahmi.store.sql.opening import open_database
from nahmi.store.sql.request_nonces import SqlNonceStore
from nahmi.testing.nonces import NonceStoreContract


@pytest.fixture
def database(store_address: str) -> Iterator[Database]:
    opened = open_database(store_address, busy_timeout_s=30)
    yield opened
    opened.close()


class TestSqlNonceStore(NonceStoreContract):
    database: Database

    @pytest.fixture(autouse=True)
    def _open(self, database: Database) -> None:
        self.database = database

    def new_store(self) -> NonceStore:
        return SqlNonceStore(self.database)


class TestMemoryNonceStore(NonceStoreContract):
    def new_store(self) -> NonceStore:
        return MemoryNonceStore()
