# SPDX-License-Identifier: Apache-2.0
"""Every bank store keeps the same contract."""

from pathlib import Path

import pytest

from nahmi.store.memory import MemoryBankStore
from nahmi.store.sql import SqlBankStore
from nahmi.store.sql.access_people import SqlPeopleStore
from nahmi.store.sql.opening import open_database
from nahmi.testing.bank_store import NOW, BankStore, BankStoreContract


class TestMemoryBankStore(BankStoreContract):
    def new_store(self, folder: Path) -> BankStore:
        del folder
        return MemoryBankStore()


class TestSqlBankStore(BankStoreContract):
    @pytest.fixture(autouse=True)
    def at(self, store_address: str) -> None:
        self._address = store_address

    def new_store(self, folder: Path) -> BankStore:
        del folder
        database = open_database(self._address)
        SqlPeopleStore(database).add_member("other", now=NOW)
        return SqlBankStore(database)
