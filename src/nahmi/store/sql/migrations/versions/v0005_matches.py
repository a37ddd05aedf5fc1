# SPDX-License-Identifier: Apache-2.0
"""Action rules, the match log and what is counted beside it."""

from sqlalchemy import PrimaryKeyConstraint

from nahmi.store.sql.migrations import steps

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """The tables of what matched, and of what follows from it."""
    _make_rules()
    _make_log()
    _make_counters()


def _make_rules() -> None:
    steps.table(
        "action_rule",
        steps.identity("rule_id"),
        steps.refers("member_id", "member.member_id"),
        steps.maybe_number("bank_id"),
        steps.maybe_words("category"),
        steps.words("action"),
    )
    for column in ("bank_id", "category"):
        steps.index(
            f"action_rule_{column}",
            "action_rule",
            "member_id",
            column,
            where=f"{column} IS NOT NULL",
            unique=True,
        )


def _make_log() -> None:
    # No references: the log is written on the way of every answer, and outlives what it names.
    steps.table(
        "match_log",
        steps.identity("match_id"),
        steps.number("member_id"),
        steps.number("at_us"),
        steps.words("principal"),
        steps.words("reference"),
        steps.words("channel"),
        steps.words("action"),
    )
    steps.index("match_log_at", "match_log", "member_id", "at_us", "match_id")
    for column in ("action", "channel", "principal", "reference"):
        steps.index(f"match_log_{column}", "match_log", "member_id", column, "at_us", "match_id")
    steps.table(
        "match_hit",
        steps.number("match_id"),
        steps.number("place"),
        steps.number("member_id"),
        steps.number("at_us"),
        steps.number("bank_id"),
        steps.words("category"),
        steps.number("entry_id"),
        steps.words("signal_type"),
        steps.number("distance"),
        steps.number("limit_bits"),
        steps.words("variant"),
        steps.number("frame"),
        PrimaryKeyConstraint("match_id", "place"),
        has_identity=False,
    )
    for column in ("bank_id", "category"):
        steps.index(f"match_hit_{column}", "match_hit", "member_id", column, "at_us", "match_id")


def _make_counters() -> None:
    steps.table(
        "query_count",
        steps.number("member_id"),
        steps.number("hour_us"),
        steps.words("principal"),
        steps.words("verdict"),
        steps.number("count"),
        PrimaryKeyConstraint("member_id", "hour_us", "principal", "verdict"),
        has_identity=False,
    )
    steps.table(
        "match_count",
        steps.number("member_id"),
        steps.number("hour_us"),
        steps.number("bank_id"),
        steps.words("category"),
        steps.words("action"),
        steps.number("count"),
        PrimaryKeyConstraint("member_id", "hour_us", "bank_id", "category", "action"),
        has_identity=False,
    )
    steps.table(
        "sighting",
        steps.number("entry_id"),
        steps.number("day"),
        steps.number("member_id"),
        steps.number("count"),
        PrimaryKeyConstraint("entry_id", "day", "member_id"),
        has_identity=False,
    )
