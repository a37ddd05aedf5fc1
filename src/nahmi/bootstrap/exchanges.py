# SPDX-License-Identifier: Apache-2.0
"""The exchanges that an operator named in node.toml, joined to a node's store."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from nahmi.bootstrap.clock import now
from nahmi.bootstrap.node import Node, node_settings
from nahmi.bootstrap.place import NodePlace, open_store, placed
from nahmi.flows.exchanges import Exchanges
from nahmi.flows.fetch_exchange import FetchWork
from nahmi.flows.ledger import Ledger
from nahmi.flows.run_jobs import JobRunner
from nahmi.flows.shared_entries import SharedEntries
from nahmi.flows.telling import JobTeller
from nahmi.operate.exchanges import FETCH_KIND
from nahmi.operate.settings import ThreatExchangeSettings
from nahmi.plugins.threatexchange.exchanges.process import ExchangeProcesses
from nahmi.store.sql import SqlBankStore
from nahmi.store.sql.access_audit import SqlAuditStore
from nahmi.store.sql.database import Database
from nahmi.store.sql.exchanges import SqlExchangeStore
from nahmi.store.sql.operate_jobs import SqlJobStore
from nahmi.store.sql.operate_outbox import SqlOutboxStore
from nahmi.store.sql.operate_webhooks import SqlWebhookStore

MOST_AT_ONCE: Final = 4
"""Exchanges that one process fetches from at once, so that a slow one does not delay the others."""


def make_exchanges(
    database: Database, settings: ThreatExchangeSettings, follow: Callable[[], object]
) -> Exchanges:
    """The exchanges of a node.

    Args:
        database: The node's store.
        settings: What its operator set.
        follow: Brings this process to where the store is.
    """
    return Exchanges(
        settings.exchange,
        store=SqlExchangeStore(database),
        banks=SqlBankStore(database),
        jobs=SqlJobStore(database),
        ledger=Ledger(begin=database.writing, audit=SqlAuditStore(database), clock=now),
        follow=follow,
        clock=now,
    )


def make_fetch_runner(
    database: Database, settings: ThreatExchangeSettings, follow: Callable[[], object]
) -> JobRunner:
    """Who fetches from exchanges.

    Args:
        database: The node's store.
        settings: What its operator set.
        follow: Brings this process to where the store is.
    """
    store = SqlExchangeStore(database)
    work = FetchWork(
        settings.exchange,
        source=ExchangeProcesses(settings),
        store=store,
        entries=SharedEntries(
            store=store, banks=SqlBankStore(database), begin=database.writing, clock=now
        ),
        follow=follow,
        clock=now,
        make_token=lambda: secrets.token_hex(16),
    )
    return JobRunner(
        SqlJobStore(database),
        {FETCH_KIND: work},
        on_end=JobTeller(SqlWebhookStore(database), SqlOutboxStore(database), clock=now),
        clock=now,
        make_token=lambda: secrets.token_hex(16),
    )


def exchanges_of(node: Node) -> Exchanges:
    """The exchanges of a node that is open.

    Raises:
        InputError: The node's settings cannot be read or used.
    """
    settings = node.folder.read_settings().threatexchange
    return make_exchanges(node.store.database, settings, node.catch_up)


def fetch_runner_of(node: Node) -> JobRunner:
    """Who fetches from the exchanges of a node that is open.

    Raises:
        InputError: The node's settings cannot be read or used.
    """
    settings = node.folder.read_settings().threatexchange
    return make_fetch_runner(node.store.database, settings, node.catch_up)


@contextmanager
def open_exchanges(folder: Path | NodePlace) -> Iterator[Exchanges]:
    """The exchanges of a node, to be looked at or asked.

    Raises:
        StoreError: STORE_MISSING, STORE_CORRUPT, STORE_VERSION or STORAGE_DENIED.
        InputError: The node's settings cannot be read or used.
    """
    settings = node_settings(folder).threatexchange
    database = open_store(placed(folder))
    try:
        yield make_exchanges(database, settings, lambda: None)
    finally:
        database.close()
