# SPDX-License-Identifier: Apache-2.0
"""Stores of running a node keep their contracts."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from nahmi.core.bank import Category
from nahmi.operate.exchanges import ExchangeStore
from nahmi.operate.idempotency import IdempotencyStore
from nahmi.operate.job_files import JobFiles
from nahmi.operate.jobs import JobStore
from nahmi.operate.outbox import OutboxStore
from nahmi.operate.webhooks import WebhookStore
from nahmi.protect.ports import BankDraft
from nahmi.store.sql import SqlBankStore
from nahmi.store.sql.access_people import SqlPeopleStore
from nahmi.store.sql.database import Database
from nahmi.store.sql.exchanges import SqlExchangeStore
from nahmi.store.sql.match_log_reading import SqlMatchLogReader
from nahmi.store.sql.match_log_writing import SqlMatchLogWriter
from nahmi.store.sql.match_rules import SqlRuleStore
from nahmi.store.sql.opening import open_database
from nahmi.store.sql.operate_files import SqlJobFiles
from nahmi.store.sql.operate_jobs import SqlJobStore
from nahmi.store.sql.operate_outbox import SqlOutboxStore
from nahmi.store.sql.operate_requests import SqlIdempotencyStore
from nahmi.store.sql.operate_webhooks import SqlWebhookStore
from nahmi.testing.action_rules import RuleStore, RuleStoreContract
from nahmi.testing.exchanges import ExchangeStoreContract
from nahmi.testing.idempotency import IdempotencyStoreContract
from nahmi.testing.job_files import JobFilesContract
from nahmi.testing.jobs import JobStoreContract
from nahmi.testing.match_log import MatchLog, MatchLogContract
from nahmi.testing.outbox import OutboxStoreContract
from nahmi.testing.webhooks import WebhookStoreContract

NOW = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.fixture
def database(store_address: str) -> Iterator[Database]:
    opened = open_database(store_address, busy_timeout_s=30)
    yield opened
    opened.close()


class _OnDatabase:
    """Each test runs on an empty database with two members."""

    database: Database

    @pytest.fixture(autouse=True)
    def _fill(self, database: Database) -> None:
        SqlPeopleStore(database).add_member("other", now=NOW)
        self.database = database


class TestSqlJobStore(_OnDatabase, JobStoreContract):
    def new_store(self) -> JobStore:
        return SqlJobStore(self.database)


class TestSqlJobFiles(_OnDatabase, JobFilesContract):
    def new_store(self) -> JobFiles:
        return SqlJobFiles(self.database)


class TestSqlOutboxStore(_OnDatabase, OutboxStoreContract):
    def new_store(self) -> OutboxStore:
        return SqlOutboxStore(self.database)


class TestSqlWebhookStore(_OnDatabase, WebhookStoreContract):
    def new_store(self) -> WebhookStore:
        return SqlWebhookStore(self.database)

    def outbox_of(self, store: WebhookStore) -> OutboxStore:
        del store
        return SqlOutboxStore(self.database)


class TestSqlIdempotencyStore(_OnDatabase, IdempotencyStoreContract):
    def new_store(self) -> IdempotencyStore:
        return SqlIdempotencyStore(self.database)


class TestSqlRuleStore(_OnDatabase, RuleStoreContract):
    def new_store(self) -> RuleStore:
        banks = SqlBankStore(self.database)
        for name in ("A", "B", "C"):
            banks.create_bank(BankDraft(name=name, category=Category.TEST), now=NOW)
        banks.delete_bank("C", now=NOW)
        return SqlRuleStore(self.database)


class TestSqlExchangeStore(_OnDatabase, ExchangeStoreContract):
    def new_store(self) -> ExchangeStore:
        SqlBankStore(self.database).create_bank(
            BankDraft(name="A", category=Category.TEST), now=NOW
        )
        return SqlExchangeStore(self.database)


class SqlMatchLog(SqlMatchLogWriter, SqlMatchLogReader):
    """Both faces of the log."""


class TestSqlMatchLog(_OnDatabase, MatchLogContract):
    def new_log(self) -> MatchLog:
        return SqlMatchLog(self.database)

    def outbox_of(self, log: MatchLog) -> OutboxStore:
        del log
        return SqlOutboxStore(self.database)
