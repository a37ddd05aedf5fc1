# SPDX-License-Identifier: Apache-2.0
"""The clock: the one place from which the current moment comes."""

from datetime import UTC, datetime


def now() -> datetime:
    """The current moment, UTC."""
    return datetime.now(UTC)
