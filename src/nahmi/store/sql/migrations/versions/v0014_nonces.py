# SPDX-License-Identifier: Apache-2.0
"""Which signed requests of other nodes were served, for as long as their signatures are good."""

from sqlalchemy import PrimaryKeyConstraint

from nahmi.store.sql.migrations import steps

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """The table of nonces."""
    steps.table(
        "nonce",
        steps.words("kid"),
        steps.words("nonce"),
        steps.number("until_s"),
        PrimaryKeyConstraint("kid", "nonce"),
        has_identity=False,
    )
    steps.index("nonce_until", "nonce", "until_s")
