# SPDX-License-Identifier: Apache-2.0
"""Who does a node's jobs, joined to its stores."""

import secrets
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final

from nahmi.bootstrap.clock import now
from nahmi.flows.import_jobs import KIND, ImportWork
from nahmi.flows.run_jobs import JobRunner, Work
from nahmi.flows.telling import JobTeller
from nahmi.operate.opinions import OPINION_KIND
from nahmi.operate.webhooks import MESSAGE_KIND
from nahmi.store.sql import SqlBankStore
from nahmi.store.sql.database import Database
from nahmi.store.sql.operate_files import SqlJobFiles
from nahmi.store.sql.operate_jobs import SqlJobStore
from nahmi.store.sql.operate_outbox import SqlOutboxStore
from nahmi.store.sql.operate_requests import SqlIdempotencyStore
from nahmi.store.sql.operate_webhooks import SqlWebhookStore

DELIVERED_KEPT: Final = timedelta(days=7)
"""How long a message is kept after it was put, once it is delivered."""


def make_job_runner(
    database: Database, follow: Callable[[], None], works: Mapping[str, Work]
) -> JobRunner:
    """Who does jobs, and forgets what is old.

    Args:
        database: The node's store.
        follow: Brings this process to where the store is.
        works: Who does jobs of other kinds than imports.
    """
    outbox = SqlOutboxStore(database)
    requests = SqlIdempotencyStore(database)
    importing = ImportWork(
        store=SqlBankStore(database),
        files=SqlJobFiles(database),
        begin=database.writing,
        follow=follow,
        clock=now,
    )
    return JobRunner(
        SqlJobStore(database),
        {KIND: importing, **works},
        on_end=JobTeller(SqlWebhookStore(database), outbox, clock=now),
        chores=(
            importing.forget,
            lambda: requests.forget(now=now()),
            lambda: outbox.forget_delivered(MESSAGE_KIND, until=now() - DELIVERED_KEPT),
            lambda: outbox.forget_delivered(OPINION_KIND, until=now() - DELIVERED_KEPT),
        ),
        clock=now,
        make_token=lambda: secrets.token_hex(16),
    )
