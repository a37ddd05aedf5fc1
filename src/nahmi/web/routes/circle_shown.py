# SPDX-License-Identifier: Apache-2.0
"""Circles, keys and members as the pages show them."""

from datetime import UTC, datetime, timedelta
from typing import Final

from nahmi.flows.circles.looking import MemberView, Overview
from nahmi.partner.circles.members import CircleMember, CircleRole
from nahmi.partner.circles.roster import Roster, read_key
from nahmi.partner.fingerprints import arabic_groups, hex_groups
from nahmi.partner.fold.tiers import Tier
from nahmi.partner.keys import PublicKey
from nahmi.partner.ports.circle import Circle
from nahmi.partner.ports.fold import HeldSignal
from nahmi.partner.statements.text import read
from nahmi.web.views.circle_members import KeyRow, MemberRow
from nahmi.web.views.circle_signals import SignalRow
from nahmi.web.views.circles import CircleRow, KeyShown
from nahmi.web.visits import Visit

BEGINS: Final = 12
"""Characters of a signal that people see in lists."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def key_shown(key: PublicKey) -> KeyShown:
    """A key's fingerprint."""
    return KeyShown(hexadecimal=" ".join(hex_groups(key)), arabic=" ".join(arabic_groups(key)))


def circle_row(one: Overview) -> CircleRow:
    """A circle in a list."""
    circle, roster = one.circle, one.circle.roster.roster
    return CircleRow(
        circle_id=circle.circle_id,
        name=roster.name,
        standing=circle.standing,
        members=len(roster.active),
        statements=circle.size,
        behind=one.behind,
        attention=one.tiers.get(Tier.CONTESTED, 0) + one.tiers.get(Tier.HELD, 0),
        error=circle.error,
    )


def circle_rows(visit: Visit) -> tuple[CircleRow, ...]:
    """The circles of the member."""
    return tuple(circle_row(one) for one in visit.circles.looking.circles(visit.principal))


def member_row(circle: Circle, one: MemberView) -> MemberRow:
    """A member of a circle."""
    member = one.member
    return MemberRow(
        org=member.org,
        name=member.name,
        sector=member.sector,
        country=member.country,
        membership=member.membership,
        roles=member.roles,
        keys=_keys(member),
        behind=one.behind,
        heard_at=None if one.acknowledged is None else one.acknowledged.at,
        is_own=member.org == circle.own_org,
    )


def signal_row(key: bytes, held: HeldSignal) -> SignalRow:
    """A signal of a circle."""
    return SignalRow(
        signal_key=key.hex(),
        signal_type=held.signal.signal_type,
        begins=held.signal.value[:BEGINS],
        tier=held.tier,
        category=held.judged.category,
        organisations=held.judged.organisations,
        jurisdictions=held.judged.jurisdictions,
        held=held.held,
        is_let_through=held.is_let_through,
        entry_id=held.entry_id,
    )


def name_in(roster: Roster, org: str) -> str:
    """What an organisation is called in a circle."""
    member = roster.member(org)
    return org if member is None else member.name


def author_of(roster: Roster, statement: bytes | None) -> tuple[str, str]:
    """Who said something, and with which key; empty once its text was destroyed."""
    if statement is None:
        return "", ""
    said = read(statement)
    return name_in(roster, said.org), said.key


def is_steward(circle: Circle) -> bool:
    """Whether our organisation may change a circle."""
    member = circle.roster.roster.member(circle.own_org)
    return member is not None and member.may(CircleRole.STEWARD)


def logged_at(at_us: int) -> datetime:
    """A moment of a log."""
    return _EPOCH + timedelta(microseconds=at_us)


def _keys(member: CircleMember) -> tuple[KeyRow, ...]:
    return tuple(
        KeyRow(
            kid=key.kid,
            shown=key_shown(read_key(key.public)),
            key_state=key.state,
            distrusted_from=key.distrusted_from,
        )
        for key in member.keys
    )
