# SPDX-License-Identifier: Apache-2.0
"""The exchanges that an operator named in node.toml, joined to a node's store."""

import random
import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final
from uuid import uuid4

import msgspec

from nahmi.bootstrap.clock import now
from nahmi.bootstrap.node import Node, node_settings
from nahmi.bootstrap.place import NodePlace, open_store, placed
from nahmi.core.bank import Bank
from nahmi.errors import ErrorCode, InputError
from nahmi.flows.deliver import Deliverer
from nahmi.flows.exchange_receivers import ExchangeReceivers
from nahmi.flows.exchanges import Exchanges
from nahmi.flows.fetch_exchange import FetchWork
from nahmi.flows.ledger import Ledger
from nahmi.flows.opining import Opining
from nahmi.flows.run_jobs import JobRunner
from nahmi.flows.shared_entries import SharedEntries
from nahmi.flows.telling import JobTeller
from nahmi.operate.exchange_settings import AnyExchangeSettings, DirectExchangeSettings
from nahmi.operate.exchanges import FETCH_KIND, Exchange, ExchangeSession
from nahmi.operate.opinions import OPINION_KIND
from nahmi.operate.settings import Settings
from nahmi.plugins.threatexchange.exchanges.process import ExchangeProcesses
from nahmi.protect.actions import ATTESTED
from nahmi.protect.signals.registry import signal_types
from nahmi.store.sql import SqlBankStore
from nahmi.store.sql.access_audit import SqlAuditStore
from nahmi.store.sql.database import Database
from nahmi.store.sql.exchanges import SqlExchangeStore
from nahmi.store.sql.operate_jobs import SqlJobStore
from nahmi.store.sql.operate_outbox import SqlOutboxStore
from nahmi.store.sql.operate_webhooks import SqlWebhookStore
from nahmi.wire.exchanges.registry import check_exchange, kind_of
from nahmi.wire.exchanges.source import DirectExchanges
from nahmi.wire.exchanges.talk import PAUSES_S

MOST_AT_ONCE: Final = 4
"""Exchanges that one process fetches from at once, so that a slow one does not delay the others."""

TELL_S: Final = 20
"""How long one call may take that tells an exchange of an opinion, seconds."""

TELL_LEASE: Final = timedelta(minutes=10)
"""How long an opinion is kept from other processes; several times what one try may take."""


class ExchangeSources:
    """`ExchangeSource` of all exchanges, each by the way that it is spoken with.

    Args:
        settings: What the operator set.
    """

    def __init__(self, settings: Settings) -> None:
        self._plugged = ExchangeProcesses(settings.threatexchange)
        self._direct = make_direct()

    def session(
        self, exchange: AnyExchangeSettings, go_on: Callable[[], bool]
    ) -> AbstractContextManager[ExchangeSession]:
        """See `ExchangeSource.session`."""
        if isinstance(exchange, DirectExchangeSettings):
            return self._direct.session(exchange, go_on)
        return self._plugged.session(exchange, go_on)


def make_direct(*, pauses_s: tuple[float, ...] = PAUSES_S) -> DirectExchanges:
    """Who speaks with the exchanges that need no plug-in.

    Args:
        pauses_s: Before each further try of what only reads.
    """
    return DirectExchanges(
        known=lambda: [one.name for one in signal_types().types()], clock=now, pauses_s=pauses_s
    )


def check_exchanges(settings: Settings) -> None:
    """Refuse exchanges that cannot be used as they are set; nothing is called.

    Raises:
        InputError: INPUT_INVALID or PLUGIN_INVALID.
    """
    for one in settings.exchange:
        check_exchange(one)


def admit(exchange: AnyExchangeSettings, bank: Bank) -> None:
    """Refuse a bank in which an exchange must not be.

    Raises:
        InputError: INPUT_INVALID: nobody has looked at what is shared there, and the bank says
            that somebody vouches for every entry.
    """
    if not isinstance(exchange, DirectExchangeSettings) or ATTESTED not in bank.labels:
        return
    if not kind_of(exchange).is_reviewed:
        raise InputError(
            ErrorCode.INPUT_INVALID,
            "Nobody has looked at what this exchange shares, and the bank is labelled as attested.",
            hint=f"Give it a bank without the label {ATTESTED!r}.",
        )


def make_exchanges(
    database: Database, settings: Settings, follow: Callable[[], object]
) -> Exchanges:
    """The exchanges of a node.

    Args:
        database: The node's store.
        settings: What its operator set.
        follow: Brings this process to where the store is.

    Raises:
        InputError: One of them cannot be used as it is set.
    """
    check_exchanges(settings)
    outbox = SqlOutboxStore(database)
    return Exchanges(
        settings.exchanges,
        admit=admit,
        opinions=lambda number: outbox.depth(OPINION_KIND, target_id=number),
        store=SqlExchangeStore(database),
        banks=SqlBankStore(database),
        jobs=SqlJobStore(database),
        ledger=Ledger(begin=database.writing, audit=SqlAuditStore(database), clock=now),
        follow=follow,
        clock=now,
    )


def make_fetch_runner(
    database: Database, settings: Settings, follow: Callable[[], object]
) -> JobRunner:
    """Who fetches from exchanges.

    Args:
        database: The node's store.
        settings: What its operator set.
        follow: Brings this process to where the store is.
    """
    store = SqlExchangeStore(database)
    work = FetchWork(
        settings.exchanges,
        source=ExchangeSources(settings),
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


def make_opinion_deliverer(database: Database, settings: Settings) -> Deliverer[Exchange]:
    """Who tells exchanges of our opinions.

    Args:
        database: The node's store.
        settings: What its operator set.
    """
    # One try must be short, and its outbox tries again: so nothing is repeated within it.
    hurried = [
        msgspec.structs.replace(one, seconds=min(one.seconds, TELL_S)) for one in settings.exchange
    ]
    outbox = SqlOutboxStore(database)
    return Deliverer(
        outbox=outbox,
        receivers=ExchangeReceivers(
            hurried, SqlExchangeStore(database), make_direct(pauses_s=()), outbox
        ),
        clock=now,
        chance=random.random,
        make_token=lambda: secrets.token_hex(16),
        threads=2,
        lease=TELL_LEASE,
    )


def make_opining(database: Database, settings: Settings) -> Opining:
    """What takes our opinions.

    Args:
        database: The node's store.
        settings: What its operator set.
    """
    return Opining(
        settings.exchanges,
        store=SqlExchangeStore(database),
        entries=SqlBankStore(database),
        sender=make_direct(),
        outbox=SqlOutboxStore(database),
        ledger=Ledger(begin=database.writing, audit=SqlAuditStore(database), clock=now),
        make_id=lambda: f"opn_{uuid4().hex}",
    )


@contextmanager
def open_opining(folder: Path | NodePlace) -> Iterator[tuple[Opining, SqlOutboxStore]]:
    """What takes our opinions, and where those wait that have not arrived.

    Raises:
        StoreError: STORE_MISSING, STORE_CORRUPT, STORE_VERSION or STORAGE_DENIED.
        InputError: The node's settings cannot be read or used.
    """
    settings = node_settings(folder)
    check_exchanges(settings)
    database = open_store(placed(folder))
    try:
        yield make_opining(database, settings), SqlOutboxStore(database)
    finally:
        database.close()


def exchanges_of(node: Node) -> Exchanges:
    """The exchanges of a node that is open.

    Raises:
        InputError: The node's settings cannot be read or used.
    """
    settings = node.folder.read_settings()
    return make_exchanges(node.store.database, settings, node.catch_up)


def fetch_runner_of(node: Node) -> JobRunner:
    """Who fetches from the exchanges of a node that is open.

    Raises:
        InputError: The node's settings cannot be read or used.
    """
    settings = node.folder.read_settings()
    return make_fetch_runner(node.store.database, settings, node.catch_up)


@contextmanager
def open_exchanges(folder: Path | NodePlace) -> Iterator[Exchanges]:
    """The exchanges of a node, to be looked at or asked.

    Raises:
        StoreError: STORE_MISSING, STORE_CORRUPT, STORE_VERSION or STORAGE_DENIED.
        InputError: The node's settings cannot be read or used.
    """
    settings = node_settings(folder)
    database = open_store(placed(folder))
    try:
        yield make_exchanges(database, settings, lambda: None)
    finally:
        database.close()
