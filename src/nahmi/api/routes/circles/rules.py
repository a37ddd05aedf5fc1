# SPDX-License-Identifier: Apache-2.0
"""The rules of a circle, as callers write and read them."""

from typing import Annotated, Final

import msgspec

from nahmi.core.bank import Category
from nahmi.partner.circles.members import Sector
from nahmi.partner.circles.rules import Marking, Onward, Purpose, Quorum, Rules

_Type = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern="^[^\\x00]*$")]
_Types = Annotated[list[_Type], msgspec.Meta(min_length=1, max_length=50)]
_Categories = Annotated[list[Category], msgspec.Meta(min_length=1, max_length=50)]
_Purposes = Annotated[list[Purpose], msgspec.Meta(min_length=1, max_length=10)]
_Sectors = Annotated[list[Sector], msgspec.Meta(max_length=20)]
_Organisations = Annotated[int, msgspec.Meta(ge=1, le=1_000)]
_Jurisdictions = Annotated[int, msgspec.Meta(ge=1, le=250)]
_Weight = Annotated[int, msgspec.Meta(ge=1, le=100)]
_Days = Annotated[int, msgspec.Meta(ge=1, le=36_500)]
_HalfLife = Annotated[int, msgspec.Meta(ge=0, le=36_500)]
_Quota = Annotated[int, msgspec.Meta(ge=1, le=100_000_000)]


class RulesBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The rules of a circle that is to be founded.

    Attributes:
        signal_types: What may be shared.
        categories: As what.
        purposes: For what it may be used.
        organisations: How many independent ones must have looked and agree before anything acts.
        jurisdictions: From how many countries these must come.
        contest_at: The weight of disagreement from which on nothing acts by itself.
        retention_days: How long an assertion counts unless it says less.
        marking: With whom what is shared may be shared further (TLP 2.0).
        onward: Who may pass the log on: `nobody` or `members`, to other members.
        excluded_sectors: Who may not contribute.
        daily_quota: New assertions that one key may make in a day.
        half_life_days: After how long an unrepeated word weighs half; 0 for never.
    """

    signal_types: _Types
    categories: _Categories
    purposes: _Purposes = msgspec.field(default_factory=lambda: [Purpose.BLOCK, Purpose.REVIEW])
    organisations: _Organisations = 2
    jurisdictions: _Jurisdictions = 2
    contest_at: _Weight = 50
    retention_days: _Days = 1_825
    marking: Marking = Marking.AMBER_STRICT
    onward: Onward = Onward.MEMBERS
    excluded_sectors: _Sectors = []
    daily_quota: _Quota = 100_000
    half_life_days: _HalfLife = 0


class RulesReply(msgspec.Struct, frozen=True, kw_only=True):
    """The rules of a circle; see what is sent to found one.

    Attributes:
        signal_types: What may be shared.
        categories: As what.
        purposes: For what it may be used.
        organisations: How many independent ones must have looked and agree before anything acts.
        jurisdictions: From how many countries these must come.
        contest_at: The weight of disagreement from which on nothing acts by itself.
        retention_days: How long an assertion counts unless it says less.
        marking: With whom what is shared may be shared further (TLP 2.0).
        onward: Who may pass the log on.
        excluded_sectors: Who may not contribute.
        daily_quota: New assertions that one key may make in a day.
        weights: Organisations whose word weighs less than 100, by id.
        half_life_days: After how long an unrepeated word weighs half; 0 for never.
    """

    signal_types: tuple[str, ...]
    categories: tuple[Category, ...]
    purposes: tuple[Purpose, ...]
    organisations: int
    jurisdictions: int
    contest_at: int
    retention_days: int
    marking: Marking
    onward: Onward
    excluded_sectors: tuple[Sector, ...]
    daily_quota: int
    weights: dict[str, int]
    half_life_days: int


def rules_of(body: RulesBody) -> Rules:
    """Rules from a request; lists in any order, each item once or more."""
    return Rules(
        signal_types=tuple(sorted(set(body.signal_types))),
        categories=tuple(sorted(set(body.categories))),
        purposes=tuple(sorted(set(body.purposes))),
        quorum=Quorum(organisations=body.organisations, jurisdictions=body.jurisdictions),
        contest_at=body.contest_at,
        retention_days=body.retention_days,
        marking=body.marking,
        onward=body.onward,
        excluded_sectors=tuple(sorted(set(body.excluded_sectors))),
        daily_quota=body.daily_quota,
        half_life_days=body.half_life_days,
    )


def rules_reply(rules: Rules) -> RulesReply:
    """Rules as callers see them."""
    return RulesReply(
        signal_types=rules.signal_types,
        categories=rules.categories,
        purposes=rules.purposes,
        organisations=rules.quorum.organisations,
        jurisdictions=rules.quorum.jurisdictions,
        contest_at=rules.contest_at,
        retention_days=rules.retention_days,
        marking=rules.marking,
        onward=rules.onward,
        excluded_sectors=rules.excluded_sectors,
        daily_quota=rules.daily_quota,
        weights=rules.weights,
        half_life_days=rules.half_life_days,
    )


SAMPLE_BODY: Final = RulesBody(
    signal_types=["pdq", "sha256"], categories=[Category.CSAM_A1, Category.NCII]
)
SAMPLE_REPLY: Final = rules_reply(rules_of(SAMPLE_BODY))
