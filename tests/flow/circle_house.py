# SPDX-License-Identifier: Apache-2.0
"""Nodes of several organisations in one process, and the line between them, for tests."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from nahmi.access.identity import LOCAL
from nahmi.core.bank import Category, Entry
from nahmi.core.signal import Signal
from nahmi.flows.circles.applying import Applying
from nahmi.flows.circles.following import FollowingLog
from nahmi.flows.circles.founding import Founding, NewCircle, Organisation
from nahmi.flows.circles.handing_out import HandingOut
from nahmi.flows.circles.hosting import Hosting
from nahmi.flows.circles.judging import Judging
from nahmi.flows.circles.own_keys import OwnKeys
from nahmi.flows.circles.speaking import Speaking
from nahmi.flows.ledger import Ledger
from nahmi.operate.node_key import make_node_key
from nahmi.partner.circles.members import Sector
from nahmi.partner.circles.rules import Rules
from nahmi.partner.pages import Line
from nahmi.partner.ports import Circle
from nahmi.partner.receipts import SignedReceipt
from nahmi.partner.upstream import Taken, Withdrawals
from nahmi.store.sql import SqlBankStore
from nahmi.store.sql.access_audit import SqlAuditStore
from nahmi.store.sql.circle_folds import SqlFoldStore
from nahmi.store.sql.circle_outgoing import SqlOutgoingStore
from nahmi.store.sql.circle_quotas import SqlQuotaStore
from nahmi.store.sql.circles import SqlCircleStore
from nahmi.store.sql.database import Database

START = datetime(2026, 11, 27, 12, tzinfo=UTC)


class NothingHarmless:
    """A node without any bank of what must not match."""

    def near(self, signals: Sequence[Signal]) -> Sequence[int]:
        return [0] * len(signals)


class Member:
    """A node of one organisation.

    Args:
        database: Its store.
        name: The organisation's.
        country: Its country.
    """

    def __init__(self, database: Database, name: str, country: str, *, seed: int) -> None:
        self.database = database
        self.name = name
        self.country = country
        self.now = START
        chance = random.Random(seed)  # noqa: S311 - the same keys at every run
        self.keys = OwnKeys(make_node_key(chance.randbytes(32)))
        self.banks = SqlBankStore(database)
        self.circles = SqlCircleStore(database)
        self.folds = SqlFoldStore(["pdq"])
        self.outgoing = SqlOutgoingStore(database)
        self.ledger = Ledger(
            begin=database.writing, audit=SqlAuditStore(database), clock=lambda: self.now
        )
        harmless = NothingHarmless()
        applying = Applying(
            circles=self.circles,
            folds=self.folds,
            judging=Judging(folds=self.folds, banks=self.banks, harmless=harmless),
        )
        self.hosting = Hosting(
            circles=self.circles,
            folds=self.folds,
            quotas=SqlQuotaStore(database),
            applying=applying,
            harmless=harmless,
            keys=self.keys,
            begin=database.writing,
            clock=lambda: self.now,
        )
        self.founding = Founding(
            circles=self.circles,
            hosting=self.hosting,
            keys=self.keys,
            ledger=self.ledger,
            random=chance.randbytes,
        )
        self.following = FollowingLog(
            circles=self.circles,
            folds=self.folds,
            applying=applying,
            begin=database.writing,
            clock=lambda: self.now,
        )
        self.handing_out = HandingOut(circles=self.circles)
        self.speaking = Speaking(
            circles=self.circles,
            folds=self.folds,
            outgoing=self.outgoing,
            hosting=self.hosting,
            keys=self.keys,
            ledger=self.ledger,
            random=chance.randbytes,
            follow=lambda: None,
        )

    @property
    def organisation(self) -> Organisation:
        return Organisation(name=self.name, sector=Sector.HOTLINE, country=self.country)

    def founds(self, rules: Rules) -> Circle:
        new = NewCircle(
            name="Gulf", url="http://home.example", organisation=self.organisation, rules=rules
        )
        return self.founding.found(LOCAL, new)

    def entries(self) -> list[Entry]:
        """All entries that match, whatever bank they are in."""
        return [
            entry
            for bank in self.banks.banks()
            for entry in self.banks.entries(bank.bank_id, limit=1000)
        ]
