# SPDX-License-Identifier: Apache-2.0
"""What a serving node does for whoever asks, joined to its stores."""

import secrets
from collections.abc import Callable
from contextlib import suppress
from uuid import uuid4

from nahmi.access.identity import Principal
from nahmi.bootstrap.access import Access
from nahmi.bootstrap.clock import now
from nahmi.bootstrap.granting import Granting
from nahmi.bootstrap.node import Node
from nahmi.errors import NahmiError
from nahmi.flows.account import OwnAccount
from nahmi.flows.auditing import Auditing
from nahmi.flows.curating import Curating
from nahmi.flows.import_jobs import Imports
from nahmi.flows.ledger import Ledger
from nahmi.flows.ruling import Ruling
from nahmi.flows.signing_in import SigningIn
from nahmi.flows.subscribing import Subscribing
from nahmi.operate.jobs import Job
from nahmi.operate.node_key import NodeKey
from nahmi.store.sql.match_rules import SqlRuleStore
from nahmi.store.sql.operate_files import SqlJobFiles
from nahmi.store.sql.operate_jobs import SqlJobStore
from nahmi.store.sql.operate_outbox import SqlOutboxStore
from nahmi.store.sql.operate_webhooks import SqlWebhookStore
from nahmi.wire.webhooks import WebhookSender


class Journeys:
    """What people and machines may do on a node, beyond asking.

    Args:
        node: Its banks.
        access: Who may do what.
        node_key: From which second factors and webhooks' secrets are derived.
        look: Brings this process to where the store is.
        sender: Sends messages to webhooks.
    """

    def __init__(
        self,
        node: Node,
        access: Access,
        node_key: NodeKey,
        look: Callable[[], None],
        sender: WebhookSender,
    ) -> None:
        database = access.database
        self._look = look
        self._jobs = SqlJobStore(database)
        self.ledger = Ledger(begin=access.writing, audit=access.audit, clock=now)
        self.curating = Curating(store=node.store, ledger=self.ledger, follow=self.follow)
        granting = Granting(access, self.ledger)
        self.keys, self.people, self.members = granting.keys, granting.people, granting.members
        self.signing_in = SigningIn(
            logins=access.logins,
            sessions=access.sessions,
            ledger=self.ledger,
            node_key=node_key,
            clock=now,
            random=secrets.token_bytes,
        )
        self.account = OwnAccount(
            logins=access.logins,
            sessions=access.sessions,
            people=access.people,
            ledger=self.ledger,
            node_key=node_key,
            clock=now,
            random=secrets.token_bytes,
        )
        self.auditing = Auditing(reader=access.audit, ledger=self.ledger)
        self.ruling = Ruling(store=SqlRuleStore(database), ledger=self.ledger, follow=self.follow)
        self.subscribing = Subscribing(
            webhooks=SqlWebhookStore(database),
            letters=SqlOutboxStore(database),
            sender=sender,
            node_key=node_key,
            ledger=self.ledger,
            make_id=lambda: f"msg_{uuid4().hex}",
            clock=now,
        )
        files = SqlJobFiles(database)
        self.imports = Imports(
            curating=self.curating, files=files, jobs=self._jobs, ledger=self.ledger, clock=now
        )

    def cancel_job(self, principal: Principal, job_id: int) -> Job:
        """Stop a job of the principal's member.

        Raises:
            StoreError: JOB_MISSING.
        """
        with self.ledger.change(principal, "job:cancel", f"job:{job_id}") as change:
            return self._jobs.cancel(
                job_id,
                member_id=principal.member_id,
                now=change.now,
                within=change.transaction,
            )

    def follow(self) -> None:
        """Bring this process to where the store is, as far as that can be done now."""
        # What was changed is kept by now. If it cannot be seen here yet, the follower goes on
        # trying, and the node says that it is not ready.
        with suppress(NahmiError):
            self._look()
