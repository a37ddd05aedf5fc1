# SPDX-License-Identifier: Apache-2.0
"""In which order it changed where the signals of circles stand."""

from sqlalchemy import PrimaryKeyConstraint

from nahmi.store.sql.migrations import steps

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Numbers for signals, which tell nothing of them, and for each time that one was judged."""
    steps.add("circle_signal", steps.number("record_no", default=0))
    steps.add("circle_signal", steps.number("change_no", default=0))
    steps.run(
        "UPDATE circle_signal SET record_no = placed.place, change_no = placed.place FROM ("
        "SELECT circle_no, signal, row_number() OVER (PARTITION BY circle_no ORDER BY signal) "
        "AS place FROM circle_signal) AS placed "
        "WHERE circle_signal.circle_no = placed.circle_no AND circle_signal.signal = placed.signal"
    )
    steps.index("circle_signal_change", "circle_signal", "circle_no", "change_no", unique=True)
    # What was redacted leaves its number here, and nothing of the signal.
    steps.table(
        "circle_signal_gone",
        steps.number("circle_no"),
        steps.number("change_no"),
        steps.number("record_no"),
        PrimaryKeyConstraint("circle_no", "change_no"),
        has_identity=False,
    )
