# SPDX-License-Identifier: Apache-2.0
"""Whether a circle takes a statement into its log; what is not allowed is refused.

The home of a log asks before it appends, and every follower asks again before it believes: nothing
here depends on the time or on anything else than the log itself.
"""

import msgspec

from nahmi.errors import ErrorCode, PartnerError
from nahmi.partner.circles.members import CircleMember, CircleRole, KeyState, Membership
from nahmi.partner.circles.roster import Roster, check_successor
from nahmi.partner.naming import (
    opinion_id,
    redaction_id,
    short_assertion_id,
    short_of,
    sighting_id,
)
from nahmi.partner.statements.kinds import (
    AnyStatement,
    Assert,
    Assertion,
    Opinion,
    Redact,
    Retract,
    Revise,
    RosterChange,
    Sighting,
)


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What the log holds by now of what a statement is about.

    Attributes:
        rev: The last revision of its id; 0 for none.
        is_live: It is an assertion that has not been taken back.
        is_closed: Its id, or that of the assertion that it is about, was redacted.
        said_by: Who made the assertion that it is about, takes back or redacts; empty for nobody.
        seqs: Where the statements stand that it redacts.
        has_gaps: Statements before it were destroyed, so what it is about may be unknown here.
    """

    rev: int = 0
    is_live: bool = False
    is_closed: bool = False
    said_by: str = ""
    seqs: tuple[int, ...] = ()
    has_gaps: bool = False


NOTHING_KNOWN = Known()


def admit(statement: AnyStatement, roster: Roster, known: Known) -> None:
    """Make sure that a circle's log may take a statement.

    Args:
        statement: Its signature has been checked.
        roster: The circle's present one.
        known: What the log holds of what it is about.

    Raises:
        PartnerError: STATEMENT_REFUSED: it may not. STATEMENT_BEHIND: something newer has been
            said of the same. ROSTER_INVALID: it is no roster that could follow.
        InputError: INPUT_INVALID: it is a roster with rules that cannot be used.
    """
    member = _speaker(statement, roster)
    if statement.rev <= known.rev:
        raise behind()
    match statement:
        case RosterChange():
            _need(member, CircleRole.STEWARD)
            _admit_roster(statement, roster)
            return
        case Assertion():
            _need_contributor(member, roster)
            _admit_assertion(statement, roster, known)
        case Retract():
            _admit_retract(statement, known)
        case Opinion():
            _need(member, CircleRole.OPINE)
            _admit_opinion(statement, known)
        case Sighting():
            _need_contributor(member, roster)
            _admit_sighting(statement, known)
        case Redact():
            _admit_redact(statement, member, known)
    _check_revision(statement, known)


def _speaker(statement: AnyStatement, roster: Roster) -> CircleMember:
    if statement.circle != roster.circle:
        raise refused("It was said in another circle, and is not carried from one to the other.")
    member = roster.member(statement.org)
    key = None if member is None else member.key(statement.key)
    if member is None or member.membership is not Membership.ACTIVE:
        raise refused("Whoever says it is not a member now.")
    if key is None or key.state is not KeyState.ACTIVE:
        raise refused("It is signed with a key that the circle does not know or no longer takes.")
    return member


def _need(member: CircleMember, role: CircleRole) -> None:
    if not member.may(role):
        raise refused(f"The member does not have the role {role}.")


def _need_contributor(member: CircleMember, roster: Roster) -> None:
    _need(member, CircleRole.CONTRIBUTE)
    if member.sector in roster.rules.excluded_sectors:
        raise refused(f"This circle takes nothing from the sector {member.sector}.")


def _admit_roster(statement: RosterChange, roster: Roster) -> None:
    after = statement.signed.roster
    if statement.id != roster.circle or statement.rev != after.version:
        raise refused("A roster is named by its circle and version.")
    if statement.rev <= roster.version:
        raise behind()
    check_successor(roster, statement.signed)


def _admit_assertion(statement: Assertion, roster: Roster, known: Known) -> None:
    name = short_assertion_id(statement.circle, statement.org, statement.signal)
    if short_of(statement.id) != name:
        raise refused("Its id does not follow from what it says.")
    if statement.signal.signal_type not in roster.rules.signal_types:
        raise refused("This circle does not share signals of this type.")
    if statement.category not in roster.rules.categories:
        raise refused("This circle does not share this category.")
    if isinstance(statement, Assert) and known.is_live:
        raise refused("It has been asserted already; revise it.")
    if isinstance(statement, Revise) and not known.is_live:
        raise refused("What was never asserted, or was taken back, cannot be revised.")


def _admit_retract(statement: Retract, known: Known) -> None:
    if known.said_by != statement.org or not known.is_live:
        raise refused("Only what the same member asserts can be taken back by it.")


def _admit_opinion(statement: Opinion, known: Known) -> None:
    if statement.id != opinion_id(statement.circle, statement.org, statement.assertion):
        raise refused("Its id does not follow from what it is about.")
    _need_target(known)
    if known.said_by == statement.org:
        raise refused("Nobody has an opinion on their own assertion; revise or retract it.")


def _admit_sighting(statement: Sighting, known: Known) -> None:
    if statement.id != sighting_id(
        statement.circle, statement.org, statement.assertion, statement.day
    ):
        raise refused("Its id does not follow from what it is about.")
    _need_target(known)


def _admit_redact(statement: Redact, member: CircleMember, known: Known) -> None:
    if statement.id != redaction_id(statement.circle, statement.target):
        raise refused("Its id does not follow from what it is about.")
    if known.has_gaps and not known.said_by:
        return
    if not known.said_by or known.seqs != statement.seqs:
        raise refused("It does not name the statements of that id as they stand in the log.")
    if known.said_by != member.org:
        _need(member, CircleRole.STEWARD)


def _need_target(known: Known) -> None:
    if not known.said_by and not known.has_gaps:
        raise refused("Nobody asserts what it is about.")


def _check_revision(statement: AnyStatement, known: Known) -> None:
    if known.is_closed:
        raise refused("What it is about was redacted; nothing more is said of it.")
    if statement.rev != known.rev + 1:
        raise refused(f"Its revision must be {known.rev + 1}.")


def refused(why: str) -> PartnerError:
    """What is raised of a statement that a circle does not take."""
    return PartnerError(ErrorCode.STATEMENT_REFUSED, f"The circle does not take this. {why}")


def behind() -> PartnerError:
    """What is raised of a statement that repeats or comes after a newer one."""
    return PartnerError(
        ErrorCode.STATEMENT_BEHIND,
        "The circle's log holds this revision already, or a newer one.",
        hint="Look at what it holds, and say what should follow.",
    )
