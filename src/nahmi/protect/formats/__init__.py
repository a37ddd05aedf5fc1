# SPDX-License-Identifier: Apache-2.0
"""Formats in which entries are imported and exported: streaming and pure."""

from nahmi.protect.formats.codec import (
    BadLine,
    Format,
    detect_format,
    read_entries,
    write_entries,
)

__all__ = ["BadLine", "Format", "detect_format", "read_entries", "write_entries"]
