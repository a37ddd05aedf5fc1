# SPDX-License-Identifier: Apache-2.0
"""The tables of circles, as SQLAlchemy sees them."""

from sqlalchemy import Column, LargeBinary, Table

from nahmi.store.sql.tables import metadata
from nahmi.store.sql.types import NUMBER, WORDS, SignalValue

circle = Table(
    "circle",
    metadata,
    Column("circle_no", NUMBER, primary_key=True),
    Column("circle_id", WORDS),
    Column("member_id", NUMBER),
    Column("own_org", WORDS),
    Column("upstream", WORDS),
    Column("state", WORDS),
    Column("size", NUMBER),
    Column("frontier", LargeBinary),
    Column("fold", LargeBinary),
    Column("genesis", LargeBinary),
    Column("roster", LargeBinary),
    Column("roster_version", NUMBER),
    Column("checkpoint", WORDS),
    Column("believed", WORDS),
    Column("withdrawn_to", NUMBER),
    Column("last_us", NUMBER),
    Column("made_us", NUMBER),
    Column("polled_us", NUMBER),
    Column("heard_us", NUMBER),
    Column("error", WORDS),
    Column("evidence", WORDS),
    Column("lease_token", WORDS),
    Column("lease_us", NUMBER),
)

statement = Table(
    "circle_statement",
    metadata,
    Column("circle_no", NUMBER, primary_key=True),
    Column("seq", NUMBER, primary_key=True),
    Column("kind", WORDS),
    Column("about", LargeBinary),
    Column("before_seq", NUMBER),
    Column("logged_us", NUMBER),
    Column("statement", LargeBinary),
    Column("proof", LargeBinary),
)

tile = Table(
    "circle_tile",
    metadata,
    Column("circle_no", NUMBER, primary_key=True),
    Column("level", NUMBER, primary_key=True),
    Column("number", NUMBER, primary_key=True),
    Column("hashes", LargeBinary),
)

claim = Table(
    "circle_claim",
    metadata,
    Column("circle_no", NUMBER, primary_key=True),
    Column("assertion", LargeBinary, primary_key=True),
    Column("signal", LargeBinary),
    Column("org", WORDS),
    Column("rev", NUMBER),
    Column("seq", NUMBER),
    Column("is_live", NUMBER),
    Column("is_closed", NUMBER),
    Column("claim", LargeBinary),
)

word = Table(
    "circle_word",
    metadata,
    Column("circle_no", NUMBER, primary_key=True),
    Column("opinion", LargeBinary, primary_key=True),
    Column("signal", LargeBinary),
    Column("org", WORDS),
    Column("rev", NUMBER),
    Column("seq", NUMBER),
    Column("assertion", LargeBinary),
    Column("word", LargeBinary),
)

sighting = Table(
    "circle_sighting",
    metadata,
    Column("circle_no", NUMBER, primary_key=True),
    Column("sighting", LargeBinary, primary_key=True),
    Column("assertion", LargeBinary),
    Column("signal", LargeBinary),
    Column("rev", NUMBER),
    Column("seq", NUMBER),
    Column("count", NUMBER),
)

signal = Table(
    "circle_signal",
    metadata,
    Column("circle_no", NUMBER, primary_key=True),
    Column("signal", LargeBinary, primary_key=True),
    Column("signal_type", WORDS),
    Column("signal_value", SignalValue),
    Column("tier", WORDS),
    Column("category", WORDS),
    Column("held", WORDS),
    Column("is_let_through", NUMBER),
    Column("judged", LargeBinary),
    Column("due_s", NUMBER),
    Column("entry_id", NUMBER),
    Column("record_no", NUMBER),
    Column("change_no", NUMBER),
)

signal_gone = Table(
    "circle_signal_gone",
    metadata,
    Column("circle_no", NUMBER, primary_key=True),
    Column("change_no", NUMBER, primary_key=True),
    Column("record_no", NUMBER),
)

witnessed = Table(
    "circle_witnessed",
    metadata,
    Column("circle_no", NUMBER, primary_key=True),
    Column("size", NUMBER),
    Column("root", LargeBinary),
)

circle_bank = Table(
    "circle_bank",
    metadata,
    Column("circle_no", NUMBER, primary_key=True),
    Column("tier", WORDS, primary_key=True),
    Column("category", WORDS, primary_key=True),
    Column("bank_id", NUMBER),
)

outgoing = Table(
    "circle_outgoing",
    metadata,
    Column("outgoing_id", NUMBER, primary_key=True),
    Column("circle_no", NUMBER),
    Column("about", LargeBinary),
    Column("rev", NUMBER),
    Column("kind", WORDS),
    Column("statement", LargeBinary),
    Column("proof", LargeBinary),
    Column("state", WORDS),
    Column("error", WORDS),
    Column("made_us", NUMBER),
)

receipt = Table(
    "circle_receipt",
    metadata,
    Column("circle_no", NUMBER, primary_key=True),
    Column("org", WORDS, primary_key=True),
    Column("size", NUMBER),
    Column("withdrawn_to", NUMBER),
    Column("at_us", NUMBER),
    Column("receipt", LargeBinary),
)

acknowledgement = Table(
    "circle_acknowledgement",
    metadata,
    Column("circle_no", NUMBER, primary_key=True),
    Column("seq", NUMBER, primary_key=True),
    Column("org", WORDS, primary_key=True),
    Column("at_us", NUMBER),
)

quota = Table(
    "circle_quota",
    metadata,
    Column("circle_no", NUMBER, primary_key=True),
    Column("kid", WORDS, primary_key=True),
    Column("day", WORDS, primary_key=True),
    Column("count", NUMBER),
    Column("bad", NUMBER),
)

early = Table(
    "circle_early",
    metadata,
    Column("circle_no", NUMBER, primary_key=True),
    Column("assertion", LargeBinary, primary_key=True),
    Column("seq", NUMBER),
    Column("org", WORDS),
)

gap = Table(
    "circle_gap",
    metadata,
    Column("circle_no", NUMBER, primary_key=True),
    Column("seq", NUMBER, primary_key=True),
)

invitation = Table(
    "circle_invitation",
    metadata,
    Column("invitation_id", NUMBER, primary_key=True),
    Column("circle_no", NUMBER),
    Column("token_digest", LargeBinary),
    Column("roles", WORDS),
    Column("note", WORDS),
    Column("made_us", NUMBER),
    Column("expires_us", NUMBER),
    Column("used_us", NUMBER),
    Column("application", LargeBinary),
    Column("state", WORDS),
)
