# SPDX-License-Identifier: Apache-2.0
"""What became of objects that a client handed in."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import msgspec

from nahmi.partner.stix.moments import taxii_moment


class State(StrEnum):
    """What became of one object."""

    TAKEN = "taken"
    REFUSED = "refused"
    WAITING = "waiting"
    """It is signed, and is on its way to the circle's home on another node."""


class Detail(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one object.

    Attributes:
        object_id: The object's id.
        version: Its version, as it came; empty when it has none.
        state: What became of it.
        message: Why, for people; empty when there is nothing to say.
        about: The ids of statements that wait, 16 bytes each, hexadecimal.
    """

    object_id: str
    version: str
    state: State
    message: str = ""
    about: tuple[str, ...] = ()


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """What became of all objects of a request.

    Attributes:
        status_id: A random UUID.
        asked_us: When they came, microseconds since 1970.
        details: In the objects' order.
    """

    status_id: str
    asked_us: int
    details: tuple[Detail, ...]

    @property
    def waiting(self) -> tuple[Detail, ...]:
        """Those of which it is not known yet."""
        return tuple(one for one in self.details if one.state is State.WAITING)

    def resource(self) -> dict[str, Any]:
        """As TAXII writes it."""
        taken, refused, waiting = (
            [one for one in self.details if one.state is state]
            for state in (State.TAKEN, State.REFUSED, State.WAITING)
        )
        return {
            "id": self.status_id,
            "status": "pending" if waiting else "complete",
            "request_timestamp": taxii_moment(self.asked_us),
            "total_count": len(self.details),
            "success_count": len(taken),
            "successes": _written(taken),
            "failure_count": len(refused),
            "failures": _written(refused),
            "pending_count": len(waiting),
            "pendings": _written(waiting),
        }


def _written(details: Sequence[Detail]) -> list[dict[str, str]]:
    return [
        {
            name: text
            for name, text in (
                ("id", one.object_id),
                ("version", one.version),
                ("message", one.message),
            )
            if text
        }
        for one in details
    ]
