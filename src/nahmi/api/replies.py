# SPDX-License-Identifier: Apache-2.0
"""What a caller is told about a match: no more than they may know."""

from typing import Final

import msgspec

from nahmi.access.identity import Principal
from nahmi.access.roles import Permission
from nahmi.core.bank import Action
from nahmi.core.match import Match, Verdict
from nahmi.flows.asking import UNKNOWN, Answer


class MatchReply(msgspec.Struct, frozen=True, omit_defaults=True):
    """One match. What is not there is not for this caller.

    Attributes:
        bank: The bank's name.
        category: What its content is.
        signal_type: The type that matched.
        entry_id: The entry; with `protect:entry:read` only.
        distance: In bits; with `protect:distance:read` only, as the two that follow.
        limit_bits: The limit that applied.
        variant: Which variant of the content hit.
    """

    bank: str
    category: str
    signal_type: str
    entry_id: int | None = None
    distance: int | None = None
    limit_bits: int | None = None
    variant: str | None = None


class AnswerReply(msgspec.Struct, frozen=True, omit_defaults=True):
    """The answer on one item of content.

    Attributes:
        verdict: `match`, `no_match` or `no_usable_fingerprint`.
        action: What to do about a match: `log`, `review`, `hold` or `block`.
        matches: Best first.
        reason: Why there was no usable fingerprint.
    """

    verdict: Verdict
    action: Action | None = None
    matches: tuple[MatchReply, ...] = ()
    reason: str = ""


_NO_MATCH: Final = AnswerReply(Verdict.NO_MATCH)


def answer_reply(answer: Answer, principal: Principal) -> AnswerReply:
    """An answer as this principal may see it."""
    if answer is UNKNOWN:  # nearly all are
        return _NO_MATCH
    found = answer.found
    if found.verdict is not Verdict.MATCH:
        return AnswerReply(found.verdict, reason=found.reason)
    matches = tuple(_match(one, principal) for one in found.matches)
    return AnswerReply(found.verdict, answer.decision.action, matches)


def _match(found: Match, principal: Principal) -> MatchReply:
    may_see_distance = principal.may(Permission.PROTECT_DISTANCE_READ)
    return MatchReply(
        bank=found.bank.name,
        category=found.bank.category.value,
        signal_type=found.signal_type,
        entry_id=found.entry.entry_id if principal.may(Permission.PROTECT_ENTRY_READ) else None,
        distance=found.distance if may_see_distance else None,
        limit_bits=found.limit_bits if may_see_distance else None,
        variant=found.variant if may_see_distance else None,
    )
