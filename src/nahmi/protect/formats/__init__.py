# SPDX-License-Identifier: Apache-2.0
"""Formats in which entries are imported and exported: streaming and pure."""

from nahmi.protect.formats.codec import (
    Format,
    detect_format,
    read_entries,
    read_runs,
    write_entries,
)
from nahmi.protect.formats.runs import BadLine

__all__ = ["BadLine", "Format", "detect_format", "read_entries", "read_runs", "write_entries"]
