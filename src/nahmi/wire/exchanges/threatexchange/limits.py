# SPDX-License-Identifier: Apache-2.0
"""When ThreatExchange asks to be left alone: it says so under statuses that mean "no" elsewhere."""

from typing import Any, Final

import msgspec

from nahmi.wire.exchanges.talk import PASSING, Reply

# Unknown and temporary faults, and limits of the app, the user and the page (Graph API errors).
_CODES: Final = frozenset({1, 2, 4, 17, 32, 341, 613})


def asks_to_wait(reply: Reply) -> bool:
    """Whether an answer that says no may be another one later.

    Args:
        reply: As it came.
    """
    if reply.status in PASSING:
        return True
    try:
        found: Any = msgspec.json.decode(reply.body)
        return found["error"]["code"] in _CODES
    except (msgspec.MsgspecError, ValueError, RecursionError, KeyError, TypeError):
        return False
