# SPDX-License-Identifier: Apache-2.0
"""The roster of a circle: who belongs to it and its rules, as its stewards signed it.

The first roster names the circle: the circle's id is computed from it, so whoever knows the id can
tell a forged beginning. Each later roster names its predecessor by digest and is signed by enough
stewards of that predecessor, so nobody joins, leaves or changes a rule without them.
"""

import re
from collections import Counter
from collections.abc import Iterable
from functools import cached_property, lru_cache
from hashlib import sha256
from typing import Final, Self

import msgspec

from nahmi.errors import ErrorCode, PartnerError
from nahmi.partner import canonical
from nahmi.partner.base64_texts import read_base64
from nahmi.partner.circles.members import CircleMember, CircleRole, KeyState, MemberKey, Membership
from nahmi.partner.circles.rules import Rules
from nahmi.partner.keys import PublicKey, read_public_key
from nahmi.partner.naming import circle_id
from nahmi.partner.note_keys import SignatureKind, make_note_key
from nahmi.partner.unreadable import UNREADABLE

LONGEST_CIRCLE_NAME: Final = 100
LONGEST_MEMBER_NAME: Final = 200

_COUNTRY: Final = re.compile("[A-Z]{2}")

SIGNED_AS: Final = "roster"
"""What a signature under a roster is made for; it is good for nothing else."""


class Home(msgspec.Struct, frozen=True, kw_only=True):
    """Where a circle's log is kept.

    Attributes:
        org: The member that keeps it.
        url: How other nodes reach it, such as `https://nahmi.example`.
        log: Tells this log apart from others of the same home, so that each has keys of its own.
        log_key: With which the log's checkpoints are signed: 32 bytes, base64.
    """

    org: str
    url: str
    log: str
    log_key: str


class WitnessKey(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who confirms that everybody is shown the same log.

    Attributes:
        name: As in their signatures, such as `witness.example/nahmi`.
        public: 32 bytes, base64.
        url: How its node is reached.
    """

    name: str
    public: str
    url: str


class Roster(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """One version of a circle.

    Attributes:
        circle: The circle's id.
        version: From 1, rising by one.
        previous: SHA-256 of the roster before, hexadecimal; empty in the first.
        name: What people call the circle.
        description: What it is for, in a few sentences.
        home: Where its log is kept.
        members: All that ever were, in the order in which they joined.
        rules: What may be said, and when it is acted upon.
        threshold: How many stewards must sign the next roster.
        witnesses: Who confirms the log.
        witness_threshold: How many of them must have confirmed a checkpoint, 0 for none.
        made_at: When it was made, such as `2026-11-27T17:00:00Z`.
    """

    circle: str
    version: int
    previous: str
    name: str
    description: str = ""
    home: Home
    members: tuple[CircleMember, ...]
    rules: Rules
    threshold: int = 1
    witnesses: tuple[WitnessKey, ...] = ()
    witness_threshold: int = 0
    made_at: str

    def write(self) -> bytes:
        """Its canonical bytes, which are what is signed."""
        return canonical.write_struct(self)

    @property
    def digest(self) -> str:
        """SHA-256 of its canonical bytes, hexadecimal."""
        return sha256(self.write()).hexdigest()

    @property
    def origin(self) -> str:
        """The name of the circle's log in its checkpoints."""
        return f"nahmi/circle/{self.circle}"

    def member(self, org: str) -> CircleMember | None:
        """One organisation, whether it still takes part or not."""
        return self._by_org.get(org)

    def member_of_key(self, kid: str) -> CircleMember | None:
        """Whose key it is."""
        return next((one for one in self.members if one.key(kid) is not None), None)

    @cached_property
    def _by_org(self) -> dict[str, CircleMember]:
        # Asked for each of a million statements.
        return {one.org: one for one in self.members}

    @property
    def active(self) -> tuple[CircleMember, ...]:
        """The organisations that take part."""
        return tuple(one for one in self.members if one.membership is Membership.ACTIVE)

    @property
    def stewards(self) -> tuple[CircleMember, ...]:
        """The organisations that sign rosters."""
        return tuple(one for one in self.members if one.may(CircleRole.STEWARD))


class Approval(msgspec.Struct, frozen=True, kw_only=True):
    """A steward's signature under a roster.

    Attributes:
        org: The steward.
        kid: With which of its keys.
        sig: The signature, base64.
    """

    org: str
    kid: str
    sig: str


class SignedRoster(msgspec.Struct, frozen=True, kw_only=True):
    """A roster with the signatures of stewards.

    Attributes:
        roster: The roster.
        approvals: By different stewards.
    """

    roster: Roster
    approvals: tuple[Approval, ...]

    @classmethod
    def read(cls, data: bytes) -> Self:
        """From JSON.

        Raises:
            PartnerError: ROSTER_INVALID: it is none.
        """
        try:
            return msgspec.json.decode(data, type=cls)
        except UNREADABLE as error:
            raise _invalid("It cannot be read.") from error


@lru_cache(maxsize=8192)
def read_key(text: str) -> PublicKey:
    """A public key as rosters write it.

    Args:
        text: 32 bytes, base64.

    Raises:
        InputError: KEY_INVALID.
    """
    return read_public_key(read_base64(text) or b"")


def found(draft: Roster) -> Roster:
    """The first roster of a circle, with the name that follows from it.

    Args:
        draft: Its version and circle do not count.

    Raises:
        PartnerError: ROSTER_INVALID.
        InputError: INPUT_INVALID: its rules cannot be used.
    """
    blank = msgspec.structs.replace(draft, circle="", version=1, previous="")
    made = msgspec.structs.replace(blank, circle=circle_id(blank.digest))
    check(made)
    return made


def check_genesis(signed: SignedRoster) -> None:
    """Make sure that a circle begins as its name says, and as its own stewards signed it.

    Raises:
        PartnerError: ROSTER_INVALID.
        InputError: INPUT_INVALID: its rules cannot be used.
    """
    roster = signed.roster
    blank = msgspec.structs.replace(roster, circle="")
    if roster.version != 1 or roster.previous or roster.circle != circle_id(blank.digest):
        raise _invalid("It is not the beginning of the circle that it names.")
    check(roster)
    _check_approvals(signed, roster)


def check_successor(before: Roster, signed: SignedRoster) -> None:
    """Make sure that a roster follows another, as enough stewards of that one signed it.

    Raises:
        PartnerError: ROSTER_INVALID.
        InputError: INPUT_INVALID: its rules cannot be used.
    """
    after = signed.roster
    if after.circle != before.circle or after.version != before.version + 1:
        raise _invalid("It does not follow the present one; look at the newest and change that.")
    if after.previous != before.digest:
        raise _invalid("It follows another roster than the present one.")
    check(after)
    _check_nobody_forgotten(before, after)
    _check_approvals(signed, before)


def check(roster: Roster) -> None:
    """Make sure that a roster is one that a circle can live by.

    Raises:
        PartnerError: ROSTER_INVALID.
        InputError: INPUT_INVALID: its rules cannot be used.
    """
    roster.rules.check()
    _check_names(roster)
    for member in roster.members:
        _check_member(member)
    if not 1 <= roster.threshold <= len(roster.stewards):
        raise _invalid("The stewards that must sign are more than there are, or none.")
    home = roster.member(roster.home.org)
    if home is None or home.membership is not Membership.ACTIVE:
        raise _invalid("The log's home is no member.")
    read_key(roster.home.log_key)
    for witness in roster.witnesses:
        make_note_key(witness.name, SignatureKind.COSIGNATURE, read_key(witness.public))
    if not 0 <= roster.witness_threshold <= len(roster.witnesses):
        raise _invalid("More witnesses must confirm than there are.")


def _check_names(roster: Roster) -> None:
    if not 1 <= len(roster.name.strip()) <= LONGEST_CIRCLE_NAME or not roster.name.isprintable():
        raise _invalid("The circle's name has 1 to 100 printable characters.")
    twice = [
        *_repeated(one.org for one in roster.members),
        *_repeated(key.kid for one in roster.members for key in one.keys),
        *_repeated(one.name for one in roster.witnesses),
    ]
    if twice:
        raise _invalid("An organisation, key or witness is named twice.")


def _repeated(names: Iterable[str]) -> list[str]:
    return [name for name, count in Counter(names).items() if count > 1]


def _check_member(member: CircleMember) -> None:
    if not 1 <= len(member.name.strip()) <= LONGEST_MEMBER_NAME or not member.name.isprintable():
        raise _invalid("A member's name has 1 to 200 printable characters.")
    if not _COUNTRY.fullmatch(member.country):
        raise _invalid("A member's country has two capital letters, or XI for none.")
    if member.membership is Membership.ACTIVE and not member.roles:
        raise _invalid("A member without any role is nobody; give it one or let it leave.")
    for key in member.keys:
        if read_key(key.public).kid != key.kid:
            raise _invalid("A key has another name than follows from it.")
        if (key.state is KeyState.DISTRUSTED) != (key.distrusted_from is not None):
            raise _invalid("A key that is distrusted says from where on, and no other does.")


def _check_nobody_forgotten(before: Roster, after: Roster) -> None:
    """Members and keys stay in the roster for ever: what they signed must still be checked."""
    kept = {one.org: one for one in after.members}
    for old in before.members:
        new = kept.get(old.org)
        if new is None or not {key.kid for key in old.keys} <= {key.kid for key in new.keys}:
            raise _invalid("Members and keys are never dropped; mark them as left or retired.")
        if old.membership is Membership.EXPELLED and new.membership is not old.membership:
            raise _invalid("Whoever was expelled does not come back under the same id.")
        if any(_is_brighter(old_key, new) for old_key in old.keys):
            raise _invalid("A key that was given up is not taken up again; make a new one.")


def _is_brighter(old: MemberKey, new: CircleMember) -> bool:
    key = new.key(old.kid)
    if key is None:
        return False
    order = list(KeyState)
    return order.index(key.state) < order.index(old.state) or (
        old.distrusted_from is not None
        and key.distrusted_from is not None
        and key.distrusted_from > old.distrusted_from
    )


def _check_approvals(signed: SignedRoster, by: Roster) -> None:
    """Make sure that enough stewards of a roster signed this one."""
    data = signed.roster.write()
    for org in _repeated(one.org for one in signed.approvals):
        raise _invalid(f"The organisation {org} signed it twice.")
    for approval in signed.approvals:
        steward = by.member(approval.org)
        key = None if steward is None else steward.key(approval.kid)
        if steward is None or not steward.may(CircleRole.STEWARD):
            raise _invalid("Somebody signed it who is no steward.")
        if key is None or key.state is not KeyState.ACTIVE:
            raise _invalid("It is signed with a key that is no longer used.")
        read_key(key.public).verify(SIGNED_AS, data, read_base64(approval.sig) or b"")
    if len(signed.approvals) < by.threshold:
        raise _invalid(f"{len(signed.approvals)} of {by.threshold} stewards signed it.")


def _invalid(why: str) -> PartnerError:
    return PartnerError(ErrorCode.ROSTER_INVALID, f"The roster cannot be used. {why}")
