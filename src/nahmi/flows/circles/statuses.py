# SPDX-License-Identifier: Apache-2.0
"""Objects that are handed in, and what became of them for whoever asks later."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from nahmi.access.identity import Principal
from nahmi.core.bank import Category
from nahmi.errors import ErrorCode, StoreError
from nahmi.flows.circles.contributing import Contributing
from nahmi.partner.ports.circle import Circle
from nahmi.partner.stix.moments import us_of
from nahmi.partner.taxii.ports import StatusStore
from nahmi.partner.taxii.statuses import Detail, State, Status

KEPT: Final = timedelta(days=2)
"""How long a status is kept; the standard asks for one day."""


class Statuses:
    """Hands objects in, and remembers what became of them.

    Args:
        contributing: Says what they say.
        store: Keeps what became of them.
        clock: The current moment, UTC.
    """

    def __init__(
        self, *, contributing: Contributing, store: StatusStore, clock: Callable[[], datetime]
    ) -> None:
        self._contributing = contributing
        self._store = store
        self._clock = clock

    def hand_in(
        self,
        principal: Principal,
        circle: Circle,
        category: Category | None,
        objects: Sequence[object],
        *,
        status_id: str,
    ) -> Status:
        """Say in a circle what objects say.

        Args:
            principal: Who hands them in.
            circle: Where.
            category: Of what does not name its own; None where each must.
            objects: As JSON has them.
            status_id: A random UUID.

        Raises:
            StoreError: The store could not be changed.
        """
        now = self._clock()
        details = self._contributing.contribute(principal, circle, category, objects)
        status = Status(status_id=status_id, asked_us=us_of(now), details=tuple(details))
        self._store.forget(before=now - KEPT)
        self._store.put(
            principal.member_id, circle.circle_id, status_id, msgspec.json.encode(status), now=now
        )
        return status

    def status(self, principal: Principal, circle: Circle, status_id: str) -> Status | None:
        """What became of objects, as far as it is known by now.

        Raises:
            StoreError: STORE_CORRUPT.
        """
        body = self._store.status(principal.member_id, circle.circle_id, status_id)
        if body is None:
            return None
        try:
            status = msgspec.json.decode(body, type=Status)
        except msgspec.DecodeError:
            raise StoreError(ErrorCode.STORE_CORRUPT, "A kept status cannot be read.") from None
        about = {bytes.fromhex(name) for one in status.waiting for name in one.about}
        outcomes = (
            self._store.outcomes(circle.number, about, since_us=status.asked_us) if about else {}
        )
        return msgspec.structs.replace(
            status, details=tuple(_settled(one, outcomes) for one in status.details)
        )

    def take_back(self, principal: Principal, circle: Circle, object_id: str) -> None:
        """Take back what our organisation asserts.

        Raises:
            PartnerError: STATEMENT_REFUSED.
            StoreError: The store could not be changed.
        """
        self._contributing.take_back(principal, circle, object_id)


def _settled(one: Detail, outcomes: dict[bytes, str | None]) -> Detail:
    """What is known of an object by now."""
    if one.state is not State.WAITING:
        return one
    # What was taken is no longer on its way, so nothing is known of it there.
    found = [outcomes.get(bytes.fromhex(name), "") for name in one.about]
    if any(error is None for error in found):
        return one
    refused = next((error for error in found if error), "")
    state = State.REFUSED if refused else State.TAKEN
    return msgspec.structs.replace(one, state=state, message=refused)
