# SPDX-License-Identifier: Apache-2.0
"""Banks belong to members; changes are counted; a store knows which one it is."""

from secrets import token_hex

from nahmi.store.sql.migrations import steps

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """The third schema."""
    # No reference to `member`: SQLite cannot add one to a table that is there, so the statement
    # that makes a bank looks for its member.
    steps.add("bank", steps.number("member_id", default=1))
    steps.add("bank", steps.number("is_shared", default=0))
    steps.drop_index("bank_live_name", "bank")
    steps.index(
        "bank_live_name", "bank", "member_id", "name", where="deleted_us IS NULL", unique=True
    )
    steps.table(
        "revision", steps.words("topic", is_key=True), steps.number("value"), has_identity=False
    )
    for topic in ("banks", "access", "rules"):
        steps.insert("revision", topic=topic, value=0)
    steps.table(
        "store",
        steps.number("id", is_key=True),
        steps.words("store_id"),
        has_identity=False,
    )
    steps.insert("store", id=1, store_id=token_hex(16))
