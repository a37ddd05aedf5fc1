# SPDX-License-Identifier: Apache-2.0
"""One file a resource."""

from typing import Final

from nahmi.api.routes import (
    audit,
    banks,
    entries,
    hashing,
    index,
    keys,
    matching,
    me,
    members,
    people,
    settings,
    signal_types,
)

__all__ = ["ALL"]

ALL: Final = (
    matching.routes,
    hashing.routes,
    banks.routes,
    entries.routes,
    signal_types.routes,
    index.routes,
    me.routes,
    members.routes,
    people.routes,
    keys.routes,
    audit.routes,
    settings.routes,
)
"""What callers with a key may ask, in the order of the reference."""
