# SPDX-License-Identifier: Apache-2.0
"""A circle with members of a test's making, whose log takes what they say, signed as for real."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from nahmi.core.bank import Category
from nahmi.core.member import OWN_MEMBER
from nahmi.core.signal import Signal
from nahmi.flows.circles.applying import Applied, Applying
from nahmi.flows.circles.judging import Judging
from nahmi.partner.base64_texts import write_base64
from nahmi.partner.circles.members import CircleMember, CircleRole, MemberKey, Sector
from nahmi.partner.circles.roster import (
    SIGNED_AS,
    Approval,
    Home,
    Roster,
    SignedRoster,
    found,
)
from nahmi.partner.circles.rules import Rules
from nahmi.partner.keys import SigningKey
from nahmi.partner.naming import (
    assertion_id,
    opinion_id,
    organisation_id,
    redaction_id,
    sighting_id,
)
from nahmi.partner.pages import Line
from nahmi.partner.ports.circle import Circle, Standing
from nahmi.partner.statements.kinds import (
    AnyStatement,
    Assert,
    Basis,
    Opinion,
    Redact,
    Retract,
    RetractReason,
    ReviewMethod,
    Revise,
    RosterChange,
    Sighting,
)
from nahmi.partner.statements.signing import sign_all
from nahmi.partner.statements.text import write, write_moment
from nahmi.store.sql import SqlBankStore
from nahmi.store.sql.circle_folds import SqlFoldStore
from nahmi.store.sql.circles import SqlCircleStore
from nahmi.store.sql.database import Database
from nahmi.store.sql.store import INDEXED_TYPES

FOUNDED: Final = datetime(2026, 11, 27, 17, 0, tzinfo=UTC)
TYPES: Final = ("md5", "pdq", "sha1", "sha256", "url", "url_host")
CATEGORIES: Final = (Category.CSAM_A1, Category.CSAM_UNGRADED, Category.NCII, Category.TEST)

_ROLES: Final = tuple(sorted(CircleRole))
_SALT: Final = "A" * 22


class Nobody:
    """Knows of nothing harmless."""

    def near(self, signals: Sequence[Signal]) -> Sequence[int]:
        """See `nahmi.flows.circles.judging.Harmless`."""
        return [0] * len(signals)


class CircleLog:
    """A circle of some organisations, the first of which is this node's own.

    Args:
        database: Where it is kept.
        names: Of the organisations.
        member_id: Whose membership it is on this node.
        seed: Circles with other seeds have other organisations.

    Attributes:
        orgs: The organisations' ids, in the order of their names.
        now: The present moment; each word is said a second after the one before.
    """

    def __init__(
        self,
        database: Database,
        names: Sequence[str] = ("Ours", "Hotline", "Platform"),
        *,
        member_id: int = OWN_MEMBER,
        seed: int = 1,
    ) -> None:
        self.now = FOUNDED
        self._database = database
        self._names = list(names)
        self._keys = [SigningKey(bytes([seed]) * 31 + bytes([n])) for n in range(len(names))]
        self.orgs = [organisation_id(key.public.raw) for key in self._keys]
        self.store = SqlCircleStore(database)
        folds = SqlFoldStore(INDEXED_TYPES)
        judging = Judging(folds=folds, banks=SqlBankStore(database), harmless=Nobody())
        self._applying = Applying(circles=self.store, folds=folds, judging=judging)
        self.circle_id = self._found(member_id)
        self._revs: dict[str, int] = {}

    @property
    def circle(self) -> Circle:
        """The circle as it is now."""
        return self.store.circle(self.circle_id)

    def apply(self, said: Iterable[AnyStatement]) -> Applied:
        """Take statements into the log, in one transaction."""
        lines = self._signed(list(said))
        with self._database.writing() as within:
            circle = self.store.circle(self.circle_id, within=within)
            done = self._applying.apply(circle, lines, now=self.now, within=within)
        if done.refusals:
            raise done.refusals[0].error
        return done

    def asserts(self, signal: Signal, *, by: int = 0, **more: object) -> Assert:
        """A statement of one of the organisations, which is yet to be applied."""
        return Assert(**(self._assertion(signal, by) | more))

    def revises(self, signal: Signal, *, by: int = 0, **more: object) -> Revise:
        """As `asserts`, of what was asserted before."""
        return Revise(**(self._assertion(signal, by) | more))

    def retracts(
        self, signal: Signal, *, by: int = 0, reason: RetractReason = RetractReason.ERROR
    ) -> Retract:
        """As `asserts`, the other way round."""
        name = self.asserts_name(signal, by)
        return Retract(id=name, reason=reason, **self._common(by, name))

    def opines(self, signal: Signal, value: int, *, by: int = 1, about: int = 0) -> Opinion:
        """What one organisation thinks of what another asserts."""
        target = self.asserts_name(signal, about)
        name = opinion_id(self.circle_id, self.orgs[by], target)
        return Opinion(
            id=name,
            assertion=target,
            value=value,
            basis=Basis.HUMAN_REVIEW,
            **self._common(by, name),
        )

    def saw(self, signal: Signal, count: int, *, by: int = 1, about: int = 0) -> Sighting:
        """How often one organisation saw what another asserts."""
        target, day = self.asserts_name(signal, about), f"{self.now:%Y-%m-%d}"
        name = sighting_id(self.circle_id, self.orgs[by], target, day)
        return Sighting(id=name, assertion=target, day=day, count=count, **self._common(by, name))

    def redacts(self, signal: Signal, *seqs: int, by: int = 0, of: int = 0) -> Redact:
        """That all that one organisation said of a signal is destroyed."""
        target = self.asserts_name(signal, of)
        name = redaction_id(self.circle_id, target)
        return Redact(
            id=name, target=target, seqs=seqs, reason=RetractReason.COURT, **self._common(by, name)
        )

    def joins(self, name: str) -> RosterChange:
        """A roster with one more organisation in it, which never speaks."""
        before = self.circle.roster.roster
        key = SigningKey(name.encode().ljust(32)[:32])
        after = msgspec.structs.replace(
            before,
            version=before.version + 1,
            previous=before.digest,
            members=(*before.members, _member(name, key)),
            made_at=write_moment(self.now),
        )
        return self.changes(after)

    def changes(self, after: Roster) -> RosterChange:
        """That a roster holds from now on."""
        common = self._common(0, self.circle_id) | {"rev": after.version}
        return RosterChange(id=self.circle_id, signed=self._approved(after), **common)

    def _found(self, member_id: int) -> str:
        members = [_member(name, key) for name, key in zip(self._names, self._keys, strict=True)]
        roster = found(
            Roster(
                circle="",
                version=1,
                previous="",
                name="Open seas",
                description="For tests.",
                home=_home(self.orgs[0], self._keys[0]),
                members=tuple(members),
                rules=Rules(signal_types=TYPES, categories=CATEGORIES),
                made_at=write_moment(self.now),
            )
        )
        new = Circle(
            number=0,
            circle_id=roster.circle,
            member_id=member_id,
            own_org=self.orgs[0],
            standing=Standing.HOME,
            roster=self._approved(roster),
        )
        return self.store.add(new, now=self.now).circle_id

    def _approved(self, roster: Roster) -> SignedRoster:
        sig = write_base64(self._keys[0].sign(SIGNED_AS, roster.write()))
        approval = Approval(org=self.orgs[0], kid=self._keys[0].public.kid, sig=sig)
        return SignedRoster(roster=roster, approvals=(approval,))

    def asserts_name(self, signal: Signal, by: int = 0) -> str:
        """The id of an assertion."""
        return assertion_id(self.circle_id, self.orgs[by], signal)

    def _assertion(self, signal: Signal, by: int) -> dict[str, Any]:
        name = self.asserts_name(signal, by)
        return {
            "id": name,
            "signal": signal,
            "category": Category.CSAM_A1,
            "review": ReviewMethod.HUMAN,
            **self._common(by, name),
        }

    def _common(self, by: int, name: str) -> dict[str, Any]:
        self.now += timedelta(seconds=1)
        self._revs[name] = self._revs.get(name, 0) + 1
        return {
            "circle": self.circle_id,
            "org": self.orgs[by],
            "key": self._keys[by].public.kid,
            "rev": self._revs[name],
            "at": write_moment(self.now),
            "salt": _SALT,
        }

    def _signed(self, said: Sequence[AnyStatement]) -> list[Line]:
        texts = [write(one) for one in said]
        lines: list[Line | None] = [None] * len(said)
        for org, key in zip(self.orgs, self._keys, strict=True):
            mine = [place for place, one in enumerate(said) if one.org == org]
            proofs = sign_all([texts[place] for place in mine], key)
            for place, proof in zip(mine, proofs, strict=True):
                lines[place] = Line(seq=0, statement=texts[place], proof=msgspec.json.encode(proof))
        return [line for line in lines if line is not None]


def _member(name: str, key: SigningKey) -> CircleMember:
    return CircleMember(
        org=organisation_id(key.public.raw),
        name=name,
        sector=Sector.HOTLINE,
        country="BR",
        roles=_ROLES,
        keys=(MemberKey(kid=key.public.kid, public=write_base64(key.public.raw)),),
    )


def _home(org: str, key: SigningKey) -> Home:
    return Home(
        org=org, url="https://home.example", log="a log", log_key=write_base64(key.public.raw)
    )
