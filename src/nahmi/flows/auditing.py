# SPDX-License-Identifier: Apache-2.0
"""Looking at the audit log, which is itself on record."""

from collections.abc import Sequence
from typing import Protocol

from nahmi.access.audit import AuditRecord
from nahmi.access.identity import Principal
from nahmi.core.member import OWN_MEMBER
from nahmi.flows.ledger import Ledger


class AuditReader(Protocol):
    """Reads the audit chain."""

    def newest(
        self, *, member_id: int | None = None, before: int | None = None, limit: int = 1000
    ) -> Sequence[AuditRecord]:
        """Records numbered below `before`, newest first."""
        ...

    def first_broken(self) -> int | None:
        """The number of the first record that is wrong or missing; None when the chain holds."""
        ...


class Auditing:
    """The audit log, as far as a principal may see it. Safe to share between threads.

    Args:
        reader: Reads the chain.
        ledger: Notes who looked.
    """

    def __init__(self, *, reader: AuditReader, ledger: Ledger) -> None:
        self._reader = reader
        self._ledger = ledger

    def newest(
        self, principal: Principal, *, before: int | None, limit: int
    ) -> Sequence[AuditRecord]:
        """Records newest first: all for the node's own member, for others those of their area.

        Raises:
            StoreError: The chain could not be read, or the look not be noted.
        """
        own = None if principal.member_id == OWN_MEMBER else principal.member_id
        found = self._reader.newest(member_id=own, before=before, limit=limit)
        if before is None:  # one look, however many pages it takes
            self._ledger.note(principal, "audit:read")
        return found

    def first_broken(self, principal: Principal) -> int | None:
        """The number of the first record that is wrong or missing; None when the chain holds.

        Raises:
            StoreError: The chain could not be read, or the look not be noted.
        """
        found = self._reader.first_broken()
        self._ledger.note(principal, "audit:verify")
        return found
