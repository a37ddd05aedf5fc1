# SPDX-License-Identifier: Apache-2.0
"""Which types of exactly matched signals there are is known without looking through all entries."""

from nahmi.store.sql.migrations import steps

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """The sixth schema."""
    # Perceptual signals, by far the most, stay out: nobody asks, and the index stays small.
    steps.index("entry_exact", "entry", "signal_type", where="signal_type <> 'pdq'")
