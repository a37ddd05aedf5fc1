# SPDX-License-Identifier: Apache-2.0
"""Circles: their logs, what these leave of each signal, and who has read how far."""

from sqlalchemy import PrimaryKeyConstraint

from nahmi.store.sql.migrations import steps

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """The tables of circles."""
    steps.table(
        "circle",
        steps.identity("circle_no"),
        steps.words("circle_id", is_unique=True),
        steps.refers("member_id", "member.member_id"),
        steps.words("own_org"),
        steps.words("upstream"),
        steps.words("state"),
        steps.number("size"),
        steps.octets("frontier"),
        steps.octets("fold"),
        steps.octets("genesis"),
        steps.octets("roster"),
        steps.number("roster_version"),
        steps.words("checkpoint"),
        steps.words("believed"),
        steps.number("withdrawn_to"),
        steps.number("last_us"),
        steps.number("made_us"),
        steps.maybe_number("polled_us"),
        steps.maybe_number("heard_us"),
        steps.words("error"),
        steps.words("evidence"),
        steps.words("lease_token"),
        steps.number("lease_us"),
    )
    steps.insert("revision", topic="circles", value=0)
    # No references in what follows: these rows are written by the million, and only with their
    # circle in hand.
    steps.table(
        "circle_statement",
        steps.number("circle_no"),
        steps.number("seq"),
        steps.words("kind"),
        steps.octets("about"),
        steps.maybe_number("before_seq"),
        steps.number("logged_us"),
        steps.maybe_octets("statement"),
        steps.maybe_octets("proof"),
        PrimaryKeyConstraint("circle_no", "seq"),
        has_identity=False,
    )
    steps.index(
        "circle_statement_withdrawal",
        "circle_statement",
        "circle_no",
        "seq",
        where="kind IN ('retract', 'redact')",
    )
    steps.index("circle_statement_logged", "circle_statement", "circle_no", "logged_us")
    steps.table(
        "circle_tile",
        steps.number("circle_no"),
        steps.number("level"),
        steps.number("number"),
        steps.octets("hashes"),
        PrimaryKeyConstraint("circle_no", "level", "number"),
        has_identity=False,
    )
    steps.table(
        "circle_claim",
        steps.number("circle_no"),
        steps.octets("assertion"),
        steps.octets("signal"),
        steps.words("org"),
        steps.number("rev"),
        steps.number("seq"),
        steps.number("is_live"),
        steps.number("is_closed"),
        steps.octets("claim"),
        PrimaryKeyConstraint("circle_no", "assertion"),
        has_identity=False,
    )
    steps.index("circle_claim_signal", "circle_claim", "circle_no", "signal")
    steps.table(
        "circle_word",
        steps.number("circle_no"),
        steps.octets("opinion"),
        steps.octets("signal"),
        steps.words("org"),
        steps.number("rev"),
        steps.number("seq"),
        steps.octets("assertion"),
        steps.octets("word"),
        PrimaryKeyConstraint("circle_no", "opinion"),
        has_identity=False,
    )
    steps.index("circle_word_signal", "circle_word", "circle_no", "signal")
    steps.table(
        "circle_sighting",
        steps.number("circle_no"),
        steps.octets("sighting"),
        steps.octets("assertion"),
        steps.octets("signal"),
        steps.number("rev"),
        steps.number("seq"),
        steps.number("count"),
        PrimaryKeyConstraint("circle_no", "sighting"),
        has_identity=False,
    )
    steps.index("circle_sighting_signal", "circle_sighting", "circle_no", "signal")
    steps.table(
        "circle_signal",
        steps.number("circle_no"),
        steps.octets("signal"),
        steps.words("signal_type"),
        steps.signal_value("signal_value"),
        steps.words("tier"),
        steps.words("category"),
        steps.words("held"),
        steps.number("is_let_through"),
        steps.octets("judged"),
        steps.maybe_number("due_s"),
        steps.maybe_number("entry_id"),
        PrimaryKeyConstraint("circle_no", "signal"),
        has_identity=False,
    )
    steps.index(
        "circle_signal_due", "circle_signal", "circle_no", "due_s", where="due_s IS NOT NULL"
    )
    steps.index(
        "circle_signal_attention",
        "circle_signal",
        "circle_no",
        "tier",
        "signal",
        where="tier IN ('held', 'contested')",
    )
    steps.index("circle_signal_entry", "circle_signal", "entry_id", where="entry_id IS NOT NULL")
    # Withdrawals that came ahead of the log; they go when the log has come to them.
    steps.table(
        "circle_early",
        steps.number("circle_no"),
        steps.octets("assertion"),
        steps.number("seq"),
        steps.words("org"),
        PrimaryKeyConstraint("circle_no", "assertion"),
        has_identity=False,
    )
    # Places whose statements were destroyed before they came here, until the log says so.
    steps.table(
        "circle_gap",
        steps.number("circle_no"),
        steps.number("seq"),
        PrimaryKeyConstraint("circle_no", "seq"),
        has_identity=False,
    )
    steps.table(
        "circle_bank",
        steps.number("circle_no"),
        steps.words("tier"),
        steps.words("category"),
        steps.number("bank_id"),
        PrimaryKeyConstraint("circle_no", "tier", "category"),
        has_identity=False,
    )
    steps.table(
        "circle_outgoing",
        steps.identity("outgoing_id"),
        steps.number("circle_no"),
        steps.octets("about"),
        steps.number("rev"),
        steps.words("kind"),
        steps.octets("statement"),
        steps.octets("proof"),
        steps.words("state"),
        steps.words("error"),
        steps.number("made_us"),
    )
    steps.index("circle_outgoing_about", "circle_outgoing", "circle_no", "about")
    steps.index(
        "circle_outgoing_waiting",
        "circle_outgoing",
        "circle_no",
        "outgoing_id",
        where="state = 'waiting'",
    )
    steps.table(
        "circle_receipt",
        steps.number("circle_no"),
        steps.words("org"),
        steps.number("size"),
        steps.number("withdrawn_to"),
        steps.number("at_us"),
        steps.octets("receipt"),
        PrimaryKeyConstraint("circle_no", "org"),
        has_identity=False,
    )
    steps.table(
        "circle_acknowledgement",
        steps.number("circle_no"),
        steps.number("seq"),
        steps.words("org"),
        steps.number("at_us"),
        PrimaryKeyConstraint("circle_no", "seq", "org"),
        has_identity=False,
    )
    steps.table(
        "circle_quota",
        steps.number("circle_no"),
        steps.words("kid"),
        steps.words("day"),
        steps.number("count"),
        steps.number("bad"),
        PrimaryKeyConstraint("circle_no", "kid", "day"),
        has_identity=False,
    )
    steps.table(
        "circle_invitation",
        steps.identity("invitation_id"),
        steps.number("circle_no"),
        steps.octets("token_digest"),
        steps.words("roles"),
        steps.words("note"),
        steps.number("made_us"),
        steps.number("expires_us"),
        steps.maybe_number("used_us"),
        steps.maybe_octets("application"),
        steps.words("state"),
    )
    steps.index("circle_invitation_token", "circle_invitation", "token_digest", unique=True)
