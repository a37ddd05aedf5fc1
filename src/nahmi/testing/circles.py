# SPDX-License-Identifier: Apache-2.0
"""Nodes of several organisations in one process, and the line between them, for tests."""

import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from hashlib import sha256

import msgspec

from nahmi.access.identity import LOCAL
from nahmi.core.bank import Category
from nahmi.core.signal import Signal
from nahmi.errors import ErrorCode, PartnerError, WireError
from nahmi.flows.circles.applying import Applying
from nahmi.flows.circles.cosigning import AskWitness, Cosigning
from nahmi.flows.circles.courier import Packing, Unpacking
from nahmi.flows.circles.early import EarlyWithdrawals
from nahmi.flows.circles.following import FollowingLog
from nahmi.flows.circles.founding import Founding, NewCircle, Organisation
from nahmi.flows.circles.handing_out import HandingOut
from nahmi.flows.circles.hosting import Hosting
from nahmi.flows.circles.judging import Harmless, Judging
from nahmi.flows.circles.keeping_up import KeepingUp
from nahmi.flows.circles.own_keys import OwnKeys
from nahmi.flows.circles.speaking import Speaking
from nahmi.flows.circles.stewarding import Stewarding
from nahmi.flows.circles.witnessing import Witnessing
from nahmi.flows.ledger import Ledger
from nahmi.operate.node_key import make_node_key
from nahmi.partner.base64_texts import write_base64
from nahmi.partner.circles.members import CircleRole, Sector
from nahmi.partner.circles.rules import Quorum, Rules
from nahmi.partner.fold.tiers import Tier
from nahmi.partner.invitations import Application
from nahmi.partner.keys import SigningKey
from nahmi.partner.naming import assertion_id, organisation_id, signal_key
from nahmi.partner.pages import Line
from nahmi.partner.ports.circle import Circle
from nahmi.partner.ports.fold import HeldSignal
from nahmi.partner.receipts import SignedReceipt
from nahmi.partner.upstream import Taken, Withdrawals
from nahmi.partner.voice import AssertionDraft
from nahmi.store.sql import SqlBankStore
from nahmi.store.sql.access_audit import SqlAuditStore
from nahmi.store.sql.circle_folds import SqlFoldStore
from nahmi.store.sql.circle_invitations import SqlInvitationStore
from nahmi.store.sql.circle_outgoing import SqlOutgoingStore
from nahmi.store.sql.circle_quotas import SqlQuotaStore
from nahmi.store.sql.circle_receipts import SqlReceiptStore
from nahmi.store.sql.circle_witnessed import SqlWitnessedStore
from nahmi.store.sql.circles import SqlCircleStore
from nahmi.store.sql.database import Database

START = datetime(2026, 11, 27, 12, tzinfo=UTC)
MEMBER_ROLES = (CircleRole.CONTRIBUTE, CircleRole.OPINE, CircleRole.READ)
RULES = Rules(
    signal_types=("pdq", "sha256"),
    categories=(Category.CSAM_A1, Category.TEST),
    quorum=Quorum(organisations=2, jurisdictions=2),
)


def signal(number: int) -> Signal:
    """A fingerprint like any other, the same for the same number."""
    return Signal("pdq", sha256(str(number).encode()).hexdigest())


def draft(number: int, category: Category = Category.TEST) -> AssertionDraft:
    """What somebody asserts of `signal(number)`."""
    return AssertionDraft(signal=signal(number), category=category)


class NothingHarmless:
    """A node without any bank of what must not match."""

    def near(self, signals: Sequence[Signal]) -> Sequence[int]:
        """See `Harmless`."""
        return [0] * len(signals)


class Member:
    """A node of one organisation.

    Args:
        database: Its store.
        name: The organisation's.
        country: Its country.
        seed: Of everything that is left to chance.
        sector: What kind of organisation it is.
        harmless: Knows what must not match here.
    """

    def __init__(  # noqa: PLR0913 - each is a fact of its own
        self,
        database: Database,
        name: str,
        country: str,
        *,
        seed: int,
        sector: Sector = Sector.HOTLINE,
        harmless: Harmless | None = None,
    ) -> None:
        self.database = database
        self.organisation = Organisation(name=name, sector=sector, country=country)
        self.now = START
        chance = random.Random(seed)  # noqa: S311 - the same keys at every run
        self.keys = OwnKeys(make_node_key(chance.randbytes(32)))
        self.banks = SqlBankStore(database)
        self.circles = SqlCircleStore(database)
        self.folds = SqlFoldStore(["pdq"])
        self.outgoing = SqlOutgoingStore(database)
        self.receipts = SqlReceiptStore(database)
        self.ledger = Ledger(
            begin=database.writing, audit=SqlAuditStore(database), clock=self.clock
        )
        gate = harmless or NothingHarmless()
        judging = Judging(folds=self.folds, banks=self.banks, harmless=gate)
        self.applying = Applying(circles=self.circles, folds=self.folds, judging=judging)
        self.hosting = Hosting(
            circles=self.circles,
            folds=self.folds,
            quotas=SqlQuotaStore(),
            applying=self.applying,
            harmless=gate,
            keys=self.keys,
            begin=database.writing,
            clock=self.clock,
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
            applying=self.applying,
            begin=database.writing,
            clock=self.clock,
        )
        self.handing_out = HandingOut(circles=self.circles)
        self.early = EarlyWithdrawals(
            circles=self.circles,
            folds=self.folds,
            judging=judging,
            begin=database.writing,
            clock=self.clock,
        )
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
        self.stewarding = Stewarding(
            circles=self.circles,
            invitations=SqlInvitationStore(database),
            speaking=self.speaking,
            keys=self.keys,
            ledger=self.ledger,
            random=chance.randbytes,
            clock=self.clock,
        )
        self.keeping_up = KeepingUp(
            circles=self.circles,
            outgoing=self.outgoing,
            receipts=self.receipts,
            following=self.following,
            early=self.early,
            applying=self.applying,
            keys=self.keys,
            begin=database.writing,
            follow=lambda: None,
            clock=self.clock,
        )

        self.packing = Packing(handing_out=self.handing_out, keys=self.keys, clock=self.clock)
        self.unpacking = Unpacking(
            circles=self.circles,
            following=self.following,
            keeping_up=self.keeping_up,
            receipts=self.receipts,
            follow=lambda: None,
            clock=self.clock,
        )

        self.witnessing = Witnessing(
            circles=self.circles,
            witnessed=SqlWitnessedStore(database),
            keys=self.keys,
            begin=database.writing,
            clock=self.clock,
        )

    def cosigning(self, ask: AskWitness) -> Cosigning:
        """Asks witnesses over a line of the test's making."""
        return Cosigning(
            circles=self.circles,
            handing_out=self.handing_out,
            ask=ask,
            begin=self.database.writing,
        )

    def clock(self) -> datetime:
        """The moment that the test set."""
        return self.now

    @property
    def org(self) -> str:
        """The organisation's id."""
        return organisation_id(self.keys.first(1).public.raw)

    def founds(self, rules: Rules = RULES) -> str:
        """Found a circle; its id."""
        new = NewCircle(
            name="Gulf", url="http://home.example", organisation=self.organisation, rules=rules
        )
        return self.founding.found(LOCAL, new).circle_id

    def circle(self, circle_id: str) -> Circle:
        """The circle as this node knows it."""
        return self.circles.circle(circle_id)

    def share(self, circle_id: str, *numbers: int) -> list[Taken]:
        """Assert signals; what the home answers, where that is this node."""
        return list(self.speaking.share(LOCAL, circle_id, list(map(draft, numbers))).answers)

    def held(self, circle_id: str, number: int) -> HeldSignal | None:
        """Where `signal(number)` stands here."""
        key = signal_key(signal(number))
        with self.database.reading() as connection:
            found = self.folds.signals(self.circle(circle_id).number, [key], within=connection)
        return found.get(key)

    def tier(self, circle_id: str, number: int) -> Tier | None:
        """How far `signal(number)` may be acted upon here."""
        held = self.held(circle_id, number)
        return None if held is None else held.tier

    def assertion(self, circle_id: str, number: int) -> str:
        """The id of this organisation's assertion of `signal(number)`."""
        return assertion_id(circle_id, self.org, signal(number))

    def matches(self, number: int) -> bool:
        """Whether the signal has an entry that matches."""
        return any(
            entry.is_active(self.now) for entry in self.banks.entries_by_signal([signal(number)])
        )


class Wire:
    """The line from one node to the one from which it reads.

    Args:
        server: Who hands out.
        reader: Who asks.
        circle_id: For which circle.
        relay: How what is handed in goes on, where the server is not the home.
    """

    def __init__(
        self,
        server: Member,
        reader: Member,
        circle_id: str,
        relay: "Wire | None" = None,
    ) -> None:
        self.server = server
        self.reader = reader
        self.circle_id = circle_id
        self.relay = relay
        self.is_cut = False
        self.spoil: Callable[[bytes], bytes] = lambda data: data
        self.asked = 0

    def _circle(self) -> Circle:
        self.asked += 1
        if self.is_cut:
            raise WireError(ErrorCode.FETCH_FAILED, "The line is cut.")
        known = self.reader.circle(self.circle_id)
        named = known.roster.roster, self.reader.org, known.member_id
        try:
            return self._admitted(self.reader.keys.asking(*named))
        except PartnerError as error:
            if error.code is not ErrorCode.CIRCLE_DENIED:
                raise
            for key in self.reader.keys.spares(*named):
                with suppress(PartnerError):
                    return self._admitted(key)
            raise

    def _admitted(self, key: SigningKey) -> Circle:
        return self.server.handing_out.admit(self.circle_id, key.public.kid)[0]

    def page(self, *, after: int, limit: int, wait_s: float) -> bytes:
        """See `Upstream.page`."""
        del wait_s
        circle = self._circle()
        return self.spoil(b"".join(self.server.handing_out.page(circle, after=after, limit=limit)))

    def consistency(self, old_size: int, new_size: int) -> Sequence[bytes]:
        """See `Upstream.consistency`."""
        return self.server.handing_out.consistency(self._circle(), old_size, new_size)

    def withdrawals(self, *, after: int, limit: int) -> Withdrawals:
        """See `Upstream.withdrawals`."""
        return self.server.handing_out.withdrawals(self._circle(), after=after, limit=limit)

    def submit(self, lines: Sequence[Line]) -> Sequence[Taken]:
        """See `Upstream.submit`."""
        self._circle()
        if self.relay is not None:
            return self.relay.submit(lines)
        return self.server.hosting.accept(self.circle_id, lines)

    def receive(self, receipt: SignedReceipt) -> None:
        """See `Upstream.receive`."""
        circle = self._circle()
        receipt.check(circle.roster.roster)
        self.server.receipts.receive(circle.number, receipt, now=self.server.now)
        if self.relay is not None:
            self.relay.receive(receipt)


def join(
    home: Member,
    member: Member,
    circle_id: str,
    roles: Sequence[CircleRole] = MEMBER_ROLES,
    *,
    upstream: Wire | None = None,
) -> Wire:
    """Invite, apply and admit, as people do it; the line on which the new member reads."""
    invitation = home.stewarding.invite(
        LOCAL, circle_id, roles=roles, note=member.organisation.name
    )
    key = member.keys.first(1)
    application = Application(
        circle=circle_id,
        token=invitation.token,
        org=member.org,
        public=write_base64(key.public.raw),
        **msgspec.structs.asdict(member.organisation),
    ).signed(key)
    home.stewarding.receive(circle_id, application)
    [invited, *_] = home.stewarding.invitations(LOCAL, circle_id)
    home.stewarding.admit(LOCAL, circle_id, invited.number)
    genesis = home.circles.genesis(home.circle(circle_id).number)
    member.founding.take_over(LOCAL, genesis, "http://home.example", org=member.org)
    server = home if upstream is None else upstream.reader
    return Wire(server, member, circle_id, upstream)


def catch_up(wire: Wire) -> int:
    """Read to the end; how many statements."""
    count = 0
    while True:
        done = wire.reader.keeping_up.round(wire.circle_id, wire)
        count += done.taken
        if done.is_end:
            wire.reader.keeping_up.rejudge(wire.circle_id)
            return count
