# SPDX-License-Identifier: Apache-2.0
"""The tables of action rules, the match log and its counters, as SQLAlchemy sees them."""

from sqlalchemy import Column, Table

from nahmi.store.sql.tables import metadata
from nahmi.store.sql.types import NUMBER, WORDS

action_rule = Table(
    "action_rule",
    metadata,
    Column("rule_id", NUMBER, primary_key=True),
    Column("member_id", NUMBER),
    Column("bank_id", NUMBER),
    Column("category", WORDS),
    Column("action", WORDS),
)

match_log = Table(
    "match_log",
    metadata,
    Column("match_id", NUMBER, primary_key=True),
    Column("member_id", NUMBER),
    Column("at_us", NUMBER),
    Column("principal", WORDS),
    Column("reference", WORDS),
    Column("channel", WORDS),
    Column("action", WORDS),
)

match_hit = Table(
    "match_hit",
    metadata,
    Column("match_id", NUMBER, primary_key=True),
    Column("place", NUMBER, primary_key=True),
    Column("member_id", NUMBER),
    Column("at_us", NUMBER),
    Column("action", WORDS),
    Column("bank_id", NUMBER),
    Column("category", WORDS),
    Column("entry_id", NUMBER),
    Column("signal_type", WORDS),
    Column("distance", NUMBER),
    Column("limit_bits", NUMBER),
    Column("variant", WORDS),
    Column("frame", NUMBER),
)

query_count = Table(
    "query_count",
    metadata,
    Column("member_id", NUMBER, primary_key=True),
    Column("hour_us", NUMBER, primary_key=True),
    Column("principal", WORDS, primary_key=True),
    Column("verdict", WORDS, primary_key=True),
    Column("count", NUMBER),
)

match_count = Table(
    "match_count",
    metadata,
    Column("member_id", NUMBER, primary_key=True),
    Column("hour_us", NUMBER, primary_key=True),
    Column("bank_id", NUMBER, primary_key=True),
    Column("category", WORDS, primary_key=True),
    Column("action", WORDS, primary_key=True),
    Column("count", NUMBER),
)

sighting = Table(
    "sighting",
    metadata,
    Column("entry_id", NUMBER, primary_key=True),
    Column("day", NUMBER, primary_key=True),
    Column("member_id", NUMBER, primary_key=True),
    Column("count", NUMBER),
)
