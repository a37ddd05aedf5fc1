# SPDX-License-Identifier: Apache-2.0
"""The entries of one item of content are found without looking through the bank."""

from nahmi.store.sql.migrations import steps

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """The twelfth schema."""
    # Most signals come from lists and are tied to nothing: they stay out.
    steps.index(
        "entry_content", "entry", "bank_id", "content_ref", "entry_id", where="content_ref <> ''"
    )
