# SPDX-License-Identifier: Apache-2.0
"""The circles that a node takes part in, joined to its stores and to the other nodes."""

import secrets
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Self

from nahmi.bootstrap.clock import now
from nahmi.bootstrap.signature_worker import SignatureWorker
from nahmi.flows.circles.ahead import PagesAhead
from nahmi.flows.circles.answering import Answering
from nahmi.flows.circles.applying import Applying
from nahmi.flows.circles.circle_jobs import CircleJobs, CircleWork
from nahmi.flows.circles.cosigning import Cosigning
from nahmi.flows.circles.courier import Packing, Unpacking
from nahmi.flows.circles.early import EarlyWithdrawals
from nahmi.flows.circles.following import FollowingLog
from nahmi.flows.circles.founding import Founding
from nahmi.flows.circles.handing_out import HandingOut
from nahmi.flows.circles.harmless import BankedHarmless, HarmlessReader
from nahmi.flows.circles.hosting import Hosting
from nahmi.flows.circles.joining import Joining
from nahmi.flows.circles.judging import Judging
from nahmi.flows.circles.keeping_up import KeepingUp
from nahmi.flows.circles.looking import Looking
from nahmi.flows.circles.own_keys import OwnKeys
from nahmi.flows.circles.proving import Proving
from nahmi.flows.circles.rounds import Rounds
from nahmi.flows.circles.sharing import Sharing
from nahmi.flows.circles.speaking import Speaking
from nahmi.flows.circles.stewarding import Stewarding
from nahmi.flows.circles.tending import Tending
from nahmi.flows.circles.verifying import VerifyingLog
from nahmi.flows.circles.witnessing import Witnessing
from nahmi.flows.curating import Curating
from nahmi.flows.ledger import Ledger
from nahmi.operate.node_key import NodeKey
from nahmi.operate.settings import Settings
from nahmi.partner.circles.roster import Roster
from nahmi.partner.ports.circle import Circle
from nahmi.partner.requests.verifying import FindKey, RequestVerifier
from nahmi.protect.ports import SignalIndex
from nahmi.store.sql import SqlBankStore
from nahmi.store.sql.access_audit import SqlAuditStore
from nahmi.store.sql.circle_changes import SqlCircleChanges
from nahmi.store.sql.circle_folds import SqlFoldStore
from nahmi.store.sql.circle_invitations import SqlInvitationStore
from nahmi.store.sql.circle_outgoing import SqlOutgoingStore
from nahmi.store.sql.circle_quotas import SqlQuotaStore
from nahmi.store.sql.circle_receipts import SqlReceiptStore
from nahmi.store.sql.circle_views import SqlCircleViews
from nahmi.store.sql.circle_witnessed import SqlWitnessedStore
from nahmi.store.sql.circles import SqlCircleStore
from nahmi.store.sql.database import Database
from nahmi.store.sql.operate_jobs import SqlJobStore
from nahmi.store.sql.request_nonces import SqlNonceStore
from nahmi.store.sql.store import INDEXED_TYPES
from nahmi.wire.circles.calling import NodeCaller
from nahmi.wire.circles.upstream import HttpUpstream
from nahmi.wire.hosts import HostRule
from nahmi.wire.target import parse_target


class Circles:
    """Everything that a node does with circles. Safe to share between threads.

    Args:
        database: The node's store.
        index: Searches fingerprints.
        reader: Has the banks, perhaps remembered.
        settings: What the operator set.
        node_key: From which keys are derived.
        follow: Brings this process to where the store is.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - each is a part of its own
        self,
        database: Database,
        index: SignalIndex,
        reader: HarmlessReader,
        settings: Settings,
        node_key: NodeKey,
        follow: Callable[[], object],
    ) -> None:
        self._settings = settings
        self.url = settings.circles.url.rstrip("/") or settings.serve.address
        self.keys = OwnKeys(node_key)
        self.circles = SqlCircleStore(database)
        self.receipts = SqlReceiptStore(database)
        self.outgoing = SqlOutgoingStore(database)
        self.nonces = SqlNonceStore(database)
        folds, banks = SqlFoldStore(INDEXED_TYPES), SqlBankStore(database)
        harmless = BankedHarmless(reader, index)
        ledger = Ledger(begin=database.writing, audit=SqlAuditStore(database), clock=now)
        judging = Judging(
            folds=folds,
            banks=banks,
            harmless=harmless,
            common_hosts=settings.circles.common_hosts,
        )
        applying = Applying(circles=self.circles, folds=folds, judging=judging)
        self.hosting = Hosting(
            circles=self.circles,
            folds=folds,
            quotas=SqlQuotaStore(),
            applying=applying,
            harmless=harmless,
            keys=self.keys,
            begin=database.writing,
            clock=now,
        )
        self.speaking = Speaking(
            circles=self.circles,
            folds=folds,
            outgoing=self.outgoing,
            hosting=self.hosting,
            keys=self.keys,
            ledger=ledger,
            random=secrets.token_bytes,
            follow=follow,
        )
        self.founding = Founding(
            circles=self.circles,
            hosting=self.hosting,
            keys=self.keys,
            ledger=ledger,
            random=secrets.token_bytes,
        )
        self.stewarding = Stewarding(
            circles=self.circles,
            invitations=SqlInvitationStore(database),
            speaking=self.speaking,
            keys=self.keys,
            ledger=ledger,
            random=secrets.token_bytes,
            clock=now,
        )
        views = SqlCircleViews(database)
        self.sharing = Sharing(
            banks=banks,
            speaking=self.speaking,
            is_fed=lambda bank_id: views.of_bank(bank_id) is not None,
        )
        self.handing_out = HandingOut(circles=self.circles)
        self.verifying = VerifyingLog(circles=self.circles)
        self.looking = Looking(
            circles=self.circles,
            views=views,
            changes=SqlCircleChanges(database),
            receipts=self.receipts,
            outgoing=self.outgoing,
            folds=folds,
            judging=judging,
            ledger=ledger,
            follow=follow,
        )
        self.tending = Tending(looking=self.looking, stewarding=self.stewarding, keys=self.keys)
        self.answering = Answering(looking=self.looking, speaking=self.speaking)
        self.proving = Proving(looking=self.looking, handing_out=self.handing_out)
        curating = Curating(store=banks, ledger=ledger, follow=follow)
        self.jobs = CircleJobs(
            looking=self.looking,
            sharing=self.sharing,
            banks=curating,
            jobs=SqlJobStore(database),
            ledger=ledger,
        )
        self.work = CircleWork(
            sharing=self.sharing,
            banks=curating,
            verify=VerifyingLog(circles=self.circles).verify,
        )
        self._signatures = SignatureWorker()
        self._beside = ThreadPoolExecutor(4, thread_name_prefix="nahmi-ahead")
        following = FollowingLog(
            circles=self.circles,
            folds=folds,
            applying=applying,
            begin=database.writing,
            clock=now,
            ahead=PagesAhead(checks=self._signatures, submit=self._beside.submit),
        )
        self.keeping_up = KeepingUp(
            circles=self.circles,
            outgoing=self.outgoing,
            receipts=self.receipts,
            following=following,
            early=EarlyWithdrawals(
                circles=self.circles,
                folds=folds,
                judging=judging,
                begin=database.writing,
                clock=now,
            ),
            applying=applying,
            keys=self.keys,
            begin=database.writing,
            follow=follow,
            clock=now,
        )
        self.packing = Packing(handing_out=self.handing_out, keys=self.keys, clock=now)
        self.unpacking = Unpacking(
            circles=self.circles,
            following=following,
            keeping_up=self.keeping_up,
            receipts=self.receipts,
            follow=follow,
            clock=now,
        )
        caller = NodeCaller(
            rules=[HostRule.parse(f"{text} internal") for text in settings.circles.private_hosts],
            nonce=partial(secrets.token_urlsafe, 24),
            clock=time.time,
        )
        self._caller = caller
        self.witnessing = Witnessing(
            circles=self.circles,
            witnessed=SqlWitnessedStore(database),
            keys=self.keys,
            begin=database.writing,
            clock=now,
        )
        self.cosigning = Cosigning(
            circles=self.circles,
            handing_out=self.handing_out,
            ask=caller.ask_witness,
            begin=database.writing,
        )
        self.joining = Joining(
            circles=self.circles,
            founding=self.founding,
            keys=self.keys,
            home=lambda url, circle_id, key: HttpUpstream(caller, url, circle_id, lambda: key),
            check=caller.check,
        )
        self.rounds = Rounds(
            circles=self.circles,
            keeping_up=self.keeping_up,
            following=following,
            cosigning=self.cosigning,
            upstream=self.upstream,
            forget=self._forget,
            wait_s=settings.circles.wait_s,
            clock=now,
            token=secrets.token_hex(16),
        )

    def close(self) -> None:
        """End what was begun beside."""
        self._beside.shutdown(cancel_futures=True)
        self._signatures.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _forget(self) -> None:
        self._signatures.rest()
        self.nonces.forget(now_s=int(time.time()))

    def upstream(self, circle: Circle) -> HttpUpstream:
        """The node from which a circle's log is read."""

        def named() -> tuple[Roster, str, int]:
            known = self.circles.circle(circle.circle_id)
            return known.roster.roster, known.own_org, known.member_id

        return HttpUpstream(
            self._caller,
            circle.upstream,
            circle.circle_id,
            lambda: self.keys.asking(*named()),
            spares=lambda: self.keys.spares(*named()),
        )

    def verifier(self, find: FindKey) -> RequestVerifier:
        """Checks requests of other nodes.

        Args:
            find: Finds the keys of nodes that may ask.
        """
        addresses = {self.url, self._settings.serve.address}
        authorities = {parse_target(url).authority.lower() for url in addresses}
        return RequestVerifier(find, self.nonces, authorities=authorities)
