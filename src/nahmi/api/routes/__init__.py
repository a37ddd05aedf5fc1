# SPDX-License-Identifier: Apache-2.0
"""One file a resource."""

from typing import Final

from nahmi.api.routes import (
    audit,
    banks,
    circles,
    entries,
    exchange,
    exchanges,
    hashing,
    index,
    jobs,
    keys,
    matches,
    matching,
    me,
    members,
    people,
    rules,
    settings,
    signal_types,
    streaming,
    webhooks,
)

__all__ = ["ALL"]

ALL: Final = (
    matching.routes,
    streaming.routes,
    hashing.routes,
    banks.routes,
    entries.routes,
    exchange.routes,
    exchanges.routes,
    *circles.ROUTES,
    jobs.routes,
    rules.routes,
    matches.routes,
    webhooks.routes,
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
