# SPDX-License-Identifier: Apache-2.0
"""Every bank store keeps the same contract."""

from pathlib import Path

from nahmi.store.memory import MemoryBankStore
from nahmi.store.sql import SqliteBankStore
from nahmi.testing.bank_store import BankStore, BankStoreContract


class TestMemoryBankStore(BankStoreContract):
    def new_store(self, folder: Path) -> BankStore:
        del folder
        return MemoryBankStore()


class TestSqliteBankStore(BankStoreContract):
    def new_store(self, folder: Path) -> BankStore:
        SqliteBankStore.create(folder / "nahmi.sqlite3")
        return SqliteBankStore.open(folder / "nahmi.sqlite3")
