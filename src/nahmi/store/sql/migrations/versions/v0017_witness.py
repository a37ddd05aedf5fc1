# SPDX-License-Identifier: Apache-2.0
"""What this node cosigned as a witness."""

from nahmi.store.sql.migrations import steps

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """One state for each log, which is only ever replaced by one that continues it."""
    steps.table(
        "circle_witnessed",
        steps.number("circle_no", is_key=True),
        steps.number("size"),
        steps.octets("root"),
        has_identity=False,
    )
