# SPDX-License-Identifier: Apache-2.0
"""What running a node needs of its store, joined to it."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Self
from uuid import uuid4

from sqlalchemy import Connection

from nahmi.bootstrap.clock import now
from nahmi.bootstrap.node import node_settings
from nahmi.bootstrap.place import NodePlace, open_store, placed
from nahmi.bootstrap.secret import open_node_key
from nahmi.bootstrap.wire import make_webhook_sender
from nahmi.flows.ledger import Ledger
from nahmi.flows.subscribing import Subscribing
from nahmi.store.sql import SqlBankStore
from nahmi.store.sql.access_audit import SqlAuditStore
from nahmi.store.sql.database import Database
from nahmi.store.sql.match_log_reading import SqlMatchLogReader
from nahmi.store.sql.match_log_writing import SqlMatchLogWriter
from nahmi.store.sql.match_rules import SqlRuleStore
from nahmi.store.sql.operate_jobs import SqlJobStore
from nahmi.store.sql.operate_outbox import SqlOutboxStore
from nahmi.store.sql.operate_requests import SqlIdempotencyStore
from nahmi.store.sql.operate_webhooks import SqlWebhookStore


class Operation:
    """Rules, match log, jobs, outbox, webhooks and repeated requests of a node, opened.

    Args:
        database: The node's store.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.audit = SqlAuditStore(database)
        self.banks = SqlBankStore(database)
        self.jobs = SqlJobStore(database)
        self.matches = SqlMatchLogReader(database)
        self.match_writer = SqlMatchLogWriter(database)
        self.outbox = SqlOutboxStore(database)
        self.requests = SqlIdempotencyStore(database)
        self.rules = SqlRuleStore(database)
        self.webhooks = SqlWebhookStore(database)
        self.ledger = Ledger(begin=database.writing, audit=self.audit, clock=now)

    def changing(self) -> AbstractContextManager[Connection]:
        """A transaction for a change and its audit record; methods take part in it as `within`.

        Raises:
            StoreError: The store cannot be written.
        """
        return self._database.writing()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()


def open_operation(folder: Path | NodePlace) -> Operation:
    """Open what running a node needs of its store.

    Raises:
        StoreError: STORE_MISSING, STORE_CORRUPT, STORE_VERSION or STORAGE_DENIED.
    """
    return Operation(open_store(placed(folder)))


@contextmanager
def open_subscribing(folder: Path | NodePlace) -> Iterator[Subscribing]:
    """Open the webhooks of a node.

    Raises:
        StoreError: As `open_operation`; NODE_KEY_MISSING or NODE_KEY_UNSAFE.
        InputError: The node's settings cannot be read or used.
    """
    key = open_node_key(folder)
    sender = make_webhook_sender(node_settings(folder), key)
    with open_operation(folder) as node:
        yield Subscribing(
            webhooks=node.webhooks,
            letters=node.outbox,
            sender=sender,
            node_key=key,
            ledger=node.ledger,
            make_id=lambda: f"msg_{uuid4().hex}",
            clock=now,
        )
