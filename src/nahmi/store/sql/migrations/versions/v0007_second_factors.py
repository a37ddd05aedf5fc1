# SPDX-License-Identifier: Apache-2.0
"""Second factors are derived from the node key: a number says which, and no secret is kept.

A secret that was kept cannot become a derived one. No command or page could set one up before this
version, so none is lost.
"""

from nahmi.store.sql.migrations import steps

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """The seventh schema."""
    steps.add("person", steps.number("has_totp", default=0))
    steps.add("person", steps.number("totp_version", default=0))
    steps.drop("person", "totp_secret")
