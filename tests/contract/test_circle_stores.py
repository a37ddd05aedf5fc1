# SPDX-License-Identifier: Apache-2.0
"""Stores of circles keep their contracts."""

from collections.abc import Iterator

import pytest

from nahmi.store.sql.circle_folds import SqlFoldStore
from nahmi.store.sql.circle_invitations import SqlInvitationStore
from nahmi.store.sql.circle_outgoing import SqlOutgoingStore
from nahmi.store.sql.circle_quotas import SqlQuotaStore
from nahmi.store.sql.circle_receipts import SqlReceiptStore
from nahmi.store.sql.circles import SqlCircleStore
from nahmi.store.sql.database import Database
from nahmi.store.sql.opening import open_database
from nahmi.testing.circle_folds import FoldStoreContract
from nahmi.testing.circle_records import RecordStoresContract
from nahmi.testing.circle_samples import Stores
from nahmi.testing.circle_store import CircleStoreContract


@pytest.fixture
def database(store_address: str) -> Iterator[Database]:
    opened = open_database(store_address, busy_timeout_s=30)
    yield opened
    opened.close()


class _OnDatabase:
    database: Database

    @pytest.fixture(autouse=True)
    def _open(self, database: Database) -> None:
        self.database = database

    def new_stores(self) -> Stores:
        return Stores(
            circles=SqlCircleStore(self.database),
            folds=SqlFoldStore(["pdq"]),
            outgoing=SqlOutgoingStore(self.database),
            receipts=SqlReceiptStore(self.database),
            invitations=SqlInvitationStore(self.database),
            quotas=SqlQuotaStore(),
            begin=self.database.writing,
        )


class TestSqlCircleStore(_OnDatabase, CircleStoreContract):
    pass


class TestSqlFoldStore(_OnDatabase, FoldStoreContract):
    pass


class TestSqlRecordStores(_OnDatabase, RecordStoresContract):
    pass
