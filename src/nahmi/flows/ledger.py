# SPDX-License-Identifier: Apache-2.0
"""Changes and the audit records that tell of them, in one transaction.

A change without its record, or a record of a change that never was, cannot be: both are committed
together. The chain of records has one head, and whoever changes something holds it from the
beginning. So nothing that is changed this way can change between being looked at and being
changed, whichever process does it.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from threading import Lock
from typing import Any, Protocol

from nahmi.access.audit import AuditEvent
from nahmi.access.identity import Principal

Transaction = Any
"""A store's writing transaction; other stores of the same database take part in it."""


class AuditWriter(Protocol):
    """Writes the audit chain."""

    def hold(self, *, within: Transaction) -> None:
        """Keep every other writer of the chain out until the transaction ends."""
        ...

    def append(self, event: AuditEvent, *, within: Transaction = None) -> object:
        """Add a record, within a transaction or in one of its own."""
        ...


def any_state(_: object) -> None:
    """Lets a change be made whatever state its object is in: a check that refuses nothing."""


class Change:
    """A change under way.

    Args:
        transaction: In which everything is written.
        now: The moment of the change, UTC.

    Attributes:
        object: To what it is done, such as `bank:3`; set once it is known.
        detail: More for the audit record: ids and counts only.
    """

    def __init__(self, transaction: Transaction, now: datetime) -> None:
        self.transaction = transaction
        self.now = now
        self.object = ""
        self.detail: dict[str, str | int | bool] = {}


class Ledger:
    """Makes changes on the record. Safe to share between threads.

    Args:
        begin: Begins a writing transaction.
        audit: The audit chain in the same database.
        clock: The current moment, UTC.
    """

    def __init__(
        self,
        *,
        begin: Callable[[], AbstractContextManager[Transaction]],
        audit: AuditWriter,
        clock: Callable[[], datetime],
    ) -> None:
        self._begin = begin
        self._audit = audit
        self._clock = clock
        # Threads wait for their turn here and not with a connection in hand: whoever has the turn
        # reads on a second one, and must get it.
        self._turn = Lock()

    @contextmanager
    def change(self, principal: Principal, event: str, object_: str = "") -> Iterator[Change]:
        """Change something; an exception undoes it all, and nothing is recorded.

        Args:
            principal: Who does it.
            event: What is done, such as `bank:create`.
            object_: To what, such as `bank:3`, if that is known by now.

        Raises:
            StoreError: The store could not be changed.
        """
        with self._turn, self._begin() as transaction:
            self._audit.hold(within=transaction)
            change = Change(transaction, self._clock())
            change.object = object_
            yield change
            record = _record(principal, event, change.object, change.detail, change.now)
            self._audit.append(record, within=transaction)

    def note(
        self, principal: Principal, event: str, object_: str = "", **detail: str | int | bool
    ) -> None:
        """Record that something sensitive was read.

        Raises:
            StoreError: It could not be recorded; then it may not be shown.
        """
        with self._turn:
            self._audit.append(_record(principal, event, object_, detail, self._clock()))


def _record(
    principal: Principal,
    event: str,
    object_: str,
    detail: dict[str, str | int | bool],
    now: datetime,
) -> AuditEvent:
    return AuditEvent(
        at=now,
        member_id=principal.member_id,
        actor=principal.name,
        event=event,
        object=object_,
        detail=detail,
    )
