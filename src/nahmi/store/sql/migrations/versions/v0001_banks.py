# SPDX-License-Identifier: Apache-2.0
"""Banks, entries and the changes that the search index follows."""

from nahmi.store.sql.migrations import steps

revision = "0001"
down_revision = None


def upgrade() -> None:
    """The first schema."""
    steps.table(
        "bank",
        steps.identity("bank_id"),
        steps.words("name"),
        steps.words("category"),
        steps.words("actions"),
        steps.number("limit_bits"),
        steps.number("is_enabled"),
        steps.words("crops"),
        steps.words("labels"),
        steps.number("created_us"),
        steps.maybe_number("deleted_us"),
    )
    steps.index("bank_live_name", "bank", "name", where="deleted_us IS NULL", unique=True)
    steps.table(
        "entry",
        steps.identity("entry_id"),
        steps.refers("bank_id", "bank.bank_id"),
        steps.words("signal_type"),
        steps.signal_value("signal_value"),
        steps.words("content_ref"),
        steps.words("variant"),
        steps.maybe_number("quality"),
        steps.maybe_words("canon"),
        steps.words("source"),
        steps.words("provenance"),
        steps.words("note"),
        steps.maybe_number("expires_us"),
        steps.maybe_number("disabled_until_us"),
        steps.number("added_us"),
        steps.maybe_number("deleted_us"),
    )
    steps.index("entry_live_bank", "entry", "bank_id", where="deleted_us IS NULL")
    if steps.is_sqlite():
        steps.index("entry_signal", "entry", "signal_value", "signal_type")
    else:
        # A row of a PostgreSQL B-tree holds 2,704 bytes at most; addresses can be longer.
        steps.run("CREATE INDEX entry_signal ON entry USING hash (signal_value)")
    steps.table(
        "change",
        steps.number("first_seq", is_key=True),
        steps.number("is_addition"),
        steps.number("bank_id"),
        steps.number("first_entry_id"),
        steps.number("last_entry_id"),
        has_identity=False,
    )
