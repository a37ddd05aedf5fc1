# SPDX-License-Identifier: Apache-2.0
"""Which recovery codes of a second factor were used; the codes are derived, as the factor is."""

from nahmi.store.sql.migrations import steps

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """The ninth schema."""
    steps.add("person", steps.number("recovery_used", default=0))
