# SPDX-License-Identifier: Apache-2.0
"""Every bank store keeps the same contract."""

from pathlib import Path

from nahmi.store.memory import MemoryBankStore
from nahmi.store.sql import SqlBankStore
from nahmi.store.sql.access_people import SqlPeopleStore
from nahmi.store.sql.opening import create_database, open_database
from nahmi.testing.bank_store import NOW, BankStore, BankStoreContract


class TestMemoryBankStore(BankStoreContract):
    def new_store(self, folder: Path) -> BankStore:
        del folder
        return MemoryBankStore()


class TestSqlBankStore(BankStoreContract):
    def new_store(self, folder: Path) -> BankStore:
        create_database(folder / "nahmi.sqlite3")
        database = open_database(folder / "nahmi.sqlite3")
        SqlPeopleStore(database).add_member("other", now=NOW)
        return SqlBankStore(database)
