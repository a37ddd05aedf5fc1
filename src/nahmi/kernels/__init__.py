# SPDX-License-Identifier: Apache-2.0
"""Native kernels. They know nothing of nahmi: arrays in, arrays out."""

from nahmi.kernels._native import (
    MAX_SEGMENT_ROWS,
    RECORD_BYTES,
    TAG_PADDING,
    Snapshot,
    best_instruction_set,
    build_table,
    instruction_sets,
    intact_records,
    kill_records,
    mark_dead,
    observe,
    publish,
    scan,
    spread,
    unspread,
    write_records,
)

__all__ = [
    "MAX_SEGMENT_ROWS",
    "RECORD_BYTES",
    "TAG_PADDING",
    "Snapshot",
    "best_instruction_set",
    "build_table",
    "instruction_sets",
    "intact_records",
    "kill_records",
    "mark_dead",
    "observe",
    "publish",
    "scan",
    "spread",
    "unspread",
    "write_records",
]
