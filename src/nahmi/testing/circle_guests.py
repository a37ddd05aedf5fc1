# SPDX-License-Identifier: Apache-2.0
"""Organisations without a node, which speak in a circle that is kept on one, for tests.

What they say is signed as a node of theirs would sign it, and taken in as it would be from there.
"""

import random
from hashlib import sha256

import msgspec

from nahmi.access.identity import LOCAL, Principal
from nahmi.bootstrap.circles import Circles
from nahmi.bootstrap.clock import now
from nahmi.core.bank import Category
from nahmi.core.signal import Signal
from nahmi.flows.circles.founding import Organisation
from nahmi.partner.base64_texts import write_base64
from nahmi.partner.circles.members import CircleRole, Sector
from nahmi.partner.invitations import Application
from nahmi.partner.keys import SEED_BYTES, SigningKey
from nahmi.partner.naming import assertion_id, organisation_id
from nahmi.partner.pages import Line
from nahmi.partner.receipts import Receipt, SignedReceipt
from nahmi.partner.statements.kinds import AnyStatement, Basis, RetractReason
from nahmi.partner.statements.signing import sign
from nahmi.partner.statements.text import write, write_moment
from nahmi.partner.upstream import Taken
from nahmi.partner.voice import AssertionDraft, Voice

_ROLES = (CircleRole.CONTRIBUTE, CircleRole.OPINE, CircleRole.READ)


class Guest:
    """One such organisation.

    Args:
        circles: Of the node that keeps the circle.
        circle_id: The circle.
        name: The organisation's, from which its key is made.
        country: Its country.
        host: Who admits it.
    """

    def __init__(
        self,
        circles: Circles,
        circle_id: str,
        name: str,
        country: str,
        *,
        host: Principal = LOCAL,
    ) -> None:
        self.name = name
        self._circles = circles
        self._circle_id = circle_id
        self._host = host
        self._key = SigningKey(sha256(f"{circle_id} {name}".encode()).digest()[:SEED_BYTES])
        self._organisation = Organisation(name=name, sector=Sector.HOTLINE, country=country)
        self._random = random.Random(name).randbytes  # noqa: S311 - nothing here is secret
        self.org = organisation_id(self._key.public.raw)
        self.kid = self._key.public.kid

    def applies(self, note: str = "") -> int:
        """Answer an invitation; its number."""
        stewarding = self._circles.stewarding
        made = stewarding.invite(self._host, self._circle_id, roles=_ROLES, note=note)
        application = Application(
            circle=self._circle_id,
            token=made.token,
            org=self.org,
            public=write_base64(self._key.public.raw),
            **msgspec.structs.asdict(self._organisation),
        )
        stewarding.receive(self._circle_id, application.signed(self._key))
        return stewarding.invitations(self._host, self._circle_id)[0].number

    def joins(self) -> "Guest":
        """Answer an invitation and be admitted."""
        self._circles.stewarding.admit(self._host, self._circle_id, self.applies())
        return self

    def asserts(self, signal: Signal, category: Category = Category.TEST) -> Taken:
        """That a signal stands for something."""
        draft = AssertionDraft(signal=signal, category=category)
        return self._says(self._voice().asserts(draft, rev=1, is_revision=False))

    def retracts(self, signal: Signal, *, rev: int = 2) -> Taken:
        """That its assertion of a signal is taken back."""
        name = assertion_id(self._circle_id, self.org, signal)
        return self._says(self._voice().retracts(name, RetractReason.WITHDRAWN_BY_SUBJECT, rev=rev))

    def opines(self, org: str, signal: Signal, value: int, reason: str = "") -> Taken:
        """What it thinks of another's assertion of a signal."""
        name = assertion_id(self._circle_id, org, signal)
        return self._says(self._voice().opines(name, value, Basis.HUMAN_REVIEW, reason, rev=1))

    def acknowledges(self) -> None:
        """Say that it has all in effect that the log holds by now."""
        circle = self._circles.circles.circle(self._circle_id)
        receipt = Receipt(
            circle=self._circle_id,
            org=self.org,
            key=self.kid,
            size=circle.size,
            root=circle.tree.root().hex(),
            fold=f"{circle.fold:064x}",
            withdrawn_to=circle.size,
            at=write_moment(now()),
        )
        signed = SignedReceipt.make(receipt, self._key)
        self._circles.receipts.receive(circle.number, signed, now=now())

    def _voice(self) -> Voice:
        return Voice(
            circle=self._circle_id, org=self.org, key=self._key, at=now(), random=self._random
        )

    def _says(self, said: AnyStatement) -> Taken:
        text = write(said)
        line = Line(seq=0, statement=text, proof=msgspec.json.encode(sign(text, self._key)))
        [taken] = self._circles.hosting.accept(self._circle_id, [line])
        return taken
