# SPDX-License-Identifier: Apache-2.0
"""What jobs read and write beside their progress."""

from sqlalchemy import PrimaryKeyConstraint

from nahmi.store.sql.migrations import steps

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """The table of job files."""
    steps.table(
        "job_file",
        steps.words("name"),
        steps.words("part"),
        steps.number("number"),
        steps.octets("content"),
        steps.number("added_us"),
        PrimaryKeyConstraint("name", "part", "number"),
        has_identity=False,
    )
    steps.index("job_file_added", "job_file", "added_us")
