# SPDX-License-Identifier: Apache-2.0
"""Circles and statements for the contracts of stores; made up, and the same at every run."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256

import msgspec

from nahmi.core.bank import Category
from nahmi.flows.circles.founding import Organisation, approve, member_of
from nahmi.partner.base64_texts import write_base64
from nahmi.partner.circles.members import CircleRole, Sector
from nahmi.partner.circles.roster import Home, Roster, SignedRoster, found
from nahmi.partner.circles.rules import Rules
from nahmi.partner.keys import SigningKey
from nahmi.partner.naming import organisation_id
from nahmi.partner.ports.circle import Circle, Standing, Transaction
from nahmi.partner.ports.fold import FoldStore
from nahmi.partner.ports.invitations import InvitationStore
from nahmi.partner.ports.log import CircleStore, Logged
from nahmi.partner.ports.outgoing import OutgoingStore
from nahmi.partner.ports.quotas import QuotaStore
from nahmi.partner.ports.receipts import ReceiptStore

NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
KEY = SigningKey(bytes(range(32)))
ORG = organisation_id(KEY.public.raw)


class Stores(msgspec.Struct, frozen=True, kw_only=True):
    """All stores of circles on one database, which is empty.

    Attributes:
        circles: Has circles and their logs.
        folds: Has what the logs leave.
        outgoing: Has what waits.
        receipts: Has what members acknowledged.
        invitations: Has invitations.
        quotas: Counts.
        begin: Begins a writing transaction.
    """

    circles: CircleStore
    folds: FoldStore
    outgoing: OutgoingStore
    receipts: ReceiptStore
    invitations: InvitationStore
    quotas: QuotaStore
    begin: Callable[[], AbstractContextManager[Transaction]]

    def circle(self, name: str = "Gulf") -> Circle:
        """A circle that was just founded here."""
        return self.circles.add(a_circle(name), now=NOW)


@cache
def a_roster(name: str) -> SignedRoster:
    """The first roster of a circle of one."""
    founder = Organisation(name="Home", sector=Sector.HOTLINE, country="AE")
    made = found(
        Roster(
            circle="",
            version=1,
            previous="",
            name=name,
            home=Home(
                org=ORG, url="https://home.example", log="1", log_key=write_base64(KEY.public.raw)
            ),
            members=(member_of(founder, ORG, [KEY.public], tuple(CircleRole)),),
            rules=Rules(signal_types=("pdq",), categories=(Category.TEST,)),
            made_at="2026-01-02T03:04:05Z",
        )
    )
    return SignedRoster(roster=made, approvals=(approve(made, ORG, KEY),))


def a_circle(name: str = "Gulf") -> Circle:
    """A circle that is on no node so far."""
    roster = a_roster(name)
    return Circle(
        number=0,
        circle_id=roster.roster.circle,
        member_id=1,
        own_org=ORG,
        standing=Standing.HOME,
        roster=roster,
    )


def logged(seq: int, kind: str = "assert", about: bytes = b"") -> Logged:
    """A statement at a place."""
    return Logged(
        seq=seq,
        kind=kind,
        about=about or short(f"id {seq}"),
        before_seq=None,
        logged_us=1_000 + seq,
        statement=b'{"number":%d}' % seq,
        proof=b"{}",
    )


def short(name: str) -> bytes:
    """16 bytes that stand for something."""
    return sha256(name.encode()).digest()[:16]
