# SPDX-License-Identifier: Apache-2.0
"""Circles as objects that others' tools can read."""

from sqlalchemy import PrimaryKeyConstraint

from nahmi.store.sql.migrations import steps

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """What a log is read by, and what became of what was handed in."""
    steps.table(
        "circle_view",
        steps.number("circle_no", is_key=True),
        steps.number("size"),
        steps.octets("front"),
        has_identity=False,
    )
    # One row for each statement and category: what was once shown in a category stays there.
    steps.table(
        "circle_shown",
        steps.number("circle_no"),
        steps.words("topic"),
        steps.number("seq"),
        PrimaryKeyConstraint("circle_no", "topic", "seq"),
        has_identity=False,
    )
    # Only versions after the first: nearly all that is asserted is never revised.
    steps.table(
        "circle_version",
        steps.number("circle_no"),
        steps.number("seq"),
        steps.maybe_number("before_seq"),
        steps.octets("about"),
        steps.octets("name"),
        steps.number("first_seq"),
        steps.number("source_seq"),
        steps.number("created_us"),
        steps.number("modified_us"),
        steps.words("categories"),
        PrimaryKeyConstraint("circle_no", "seq"),
        has_identity=False,
    )
    steps.index("circle_version_before", "circle_version", "circle_no", "before_seq")
    steps.index("circle_version_about", "circle_version", "circle_no", "about", "seq")
    steps.index("circle_version_name", "circle_version", "circle_no", "name", "seq")
    steps.index(
        "circle_statement_roster",
        "circle_statement",
        "circle_no",
        "seq",
        where="kind = 'roster'",
    )
    steps.table(
        "taxii_status",
        steps.words("status_id", is_key=True),
        steps.number("member_id"),
        steps.words("circle_id"),
        steps.octets("body"),
        steps.number("made_us"),
        has_identity=False,
    )
    steps.index("taxii_status_made", "taxii_status", "made_us")
