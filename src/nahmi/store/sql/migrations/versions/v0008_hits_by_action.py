# SPDX-License-Identifier: Apache-2.0
"""Hits carry the action of their match, so that one index answers for bank and action together."""

from nahmi.store.sql.migrations import steps

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """The eighth schema."""
    steps.add("match_hit", steps.words("action", default=""))
    steps.run(
        "UPDATE match_hit SET action ="
        " (SELECT action FROM match_log WHERE match_log.match_id = match_hit.match_id)"
    )
    for column in ("bank_id", "category"):
        name = f"match_hit_{column}"
        steps.drop_index(name, "match_hit")
        steps.index(name, "match_hit", "member_id", column, "at_us", "match_id", "action")
