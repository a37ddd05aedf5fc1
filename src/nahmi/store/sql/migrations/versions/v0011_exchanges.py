# SPDX-License-Identifier: Apache-2.0
"""Exchanges, the records that were fetched of them, and the signals that these assert."""

from sqlalchemy import PrimaryKeyConstraint

from nahmi.store.sql.migrations import steps

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """The tables of exchanges."""
    steps.table(
        "exchange",
        steps.identity("exchange_id"),
        steps.words("name", is_unique=True),
        steps.refers("bank_id", "bank.bank_id"),
        steps.words("shape"),
        steps.number("fetch"),
        steps.number("is_anew"),
        steps.maybe_words("checkpoint"),
        steps.maybe_number("reached_us"),
        steps.number("job_id"),
        steps.maybe_number("asked_us"),
        steps.maybe_number("completed_us"),
        steps.words("tally"),
        steps.words("token"),
    )
    # No references: these rows are written by the million, and only with their exchange in hand.
    # Keys and values may be longer than an index of PostgreSQL takes, so their digests are indexed.
    steps.table(
        "exchange_record",
        steps.number("exchange_id"),
        steps.octets("key_digest"),
        steps.words("key"),
        steps.number("fetch"),
        steps.octets("digest"),
        steps.words("body"),
        PrimaryKeyConstraint("exchange_id", "key_digest"),
        has_identity=False,
    )
    steps.index("exchange_record_fetch", "exchange_record", "exchange_id", "fetch")
    steps.table(
        "exchange_assertion",
        steps.number("exchange_id"),
        steps.octets("key_digest"),
        steps.octets("signal_digest"),
        steps.words("signal_type"),
        steps.words("signal_value"),
        steps.words("opinions"),
        PrimaryKeyConstraint("exchange_id", "key_digest", "signal_digest"),
        has_identity=False,
    )
    steps.index("exchange_assertion_signal", "exchange_assertion", "exchange_id", "signal_digest")
    steps.table(
        "exchange_entry",
        steps.number("exchange_id"),
        steps.octets("signal_digest"),
        steps.number("entry_id"),
        steps.words("said"),
        PrimaryKeyConstraint("exchange_id", "signal_digest"),
        has_identity=False,
    )
