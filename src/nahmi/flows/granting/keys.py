# SPDX-License-Identifier: Apache-2.0
"""Keys: made, replaced and revoked."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol

import msgspec

from nahmi.access.api_keys import PREFIX_BYTES, SECRET_BYTES, KeyText, make_key
from nahmi.access.identity import ApiKey, Principal
from nahmi.access.roles import Permission
from nahmi.errors import ErrorCode, InputError
from nahmi.flows.granting.bounds import check_grant, missing, one_of
from nahmi.flows.ledger import Ledger, Transaction, any_state

LONGEST_OVERLAP: Final = timedelta(days=30)
"""How long an old key may go on beside the one that replaces it."""


class KeyStore(Protocol):
    """Keeps keys."""

    def add_key(  # noqa: PLR0913 - each is a fact of its own
        self,
        text: KeyText,
        *,
        member_id: int,
        label: str,
        permissions: Sequence[Permission],
        daily_budget: int,
        created_by: str,
        now: datetime,
        expires_at: datetime,
        within: Transaction = None,
    ) -> ApiKey:
        """Keep a new key; of its secret only the digest."""
        ...

    def keys(self, member_id: int) -> Sequence[ApiKey]:
        """The keys of a member, oldest first."""
        ...

    def revoke_key(
        self, key_id: int, *, member_id: int, at: datetime, within: Transaction = None
    ) -> ApiKey:
        """Refuse a key from a moment on."""
        ...


class NewKey(msgspec.Struct, frozen=True, kw_only=True):
    """What is needed to make a key.

    Attributes:
        label: For people.
        permissions: What it may do.
        daily_budget: Queries a day, UTC.
        life: Until it expires.
    """

    label: str
    permissions: tuple[Permission, ...]
    daily_budget: int
    life: timedelta


class Keys:
    """The keys of a principal's member. Safe to share between threads.

    Args:
        store: Keeps keys.
        ledger: Makes the changes.
        random: Bytes from a cryptographic source.
    """

    def __init__(self, *, store: KeyStore, ledger: Ledger, random: Callable[[int], bytes]) -> None:
        self._store = store
        self._ledger = ledger
        self._random = random

    def keys(self, principal: Principal) -> Sequence[ApiKey]:
        """The keys of the principal's member, oldest first.

        Raises:
            StoreError: The store could not be read.
        """
        return self._store.keys(principal.member_id)

    def key(self, principal: Principal, key_id: int) -> ApiKey:
        """One of `keys`.

        Raises:
            AccessError: ACCESS_MISSING.
        """
        return one_of(self.keys(principal), lambda key: key.key_id == key_id)

    def add(self, principal: Principal, new: NewKey) -> tuple[ApiKey, KeyText]:
        """A new key and its text, which is shown once.

        Raises:
            AccessError: PERMISSION_DENIED: it would do what the principal may not.
        """
        check_grant(principal, new.permissions)
        with self._ledger.change(principal, "key:create") as change:
            made, text = self._make_key(principal, new, change.now, change.transaction)
            change.object = f"key:{made.key_id}"
        return made, text

    def rotate(
        self, principal: Principal, key_id: int, *, overlap: timedelta
    ) -> tuple[ApiKey, KeyText]:
        """A key that does what an old one did, which goes on for a while.

        Args:
            principal: Who does it.
            key_id: The old one.
            overlap: How long the old one goes on, up to 30 days.

        Raises:
            AccessError: ACCESS_MISSING: there is no such key, or it is over. PERMISSION_DENIED:
                it does what the principal may not.
            InputError: INPUT_INVALID: the overlap is negative or too long.
        """
        if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
            raise InputError(
                ErrorCode.INPUT_INVALID,
                f"A key goes on for 0 to {LONGEST_OVERLAP.days} days beside its successor.",
            )
        with self._ledger.change(principal, "key:rotate", f"key:{key_id}") as change:
            old = self.key(principal, key_id)
            if not old.is_valid(change.now):
                raise missing()
            check_grant(principal, old.permissions)
            new = NewKey(
                label=old.label,
                permissions=old.permissions,
                daily_budget=old.daily_budget,
                life=old.expires_at - old.created_at,
            )
            made, text = self._make_key(principal, new, change.now, change.transaction)
            self._store.revoke_key(
                key_id,
                member_id=principal.member_id,
                at=change.now + overlap,
                within=change.transaction,
            )
            change.detail["successor"] = made.key_id
        return made, text

    def revoke(
        self, principal: Principal, key_id: int, *, check: Callable[[ApiKey], None] = any_state
    ) -> ApiKey:
        """Refuse a key from now on, for ever.

        Raises:
            AccessError: ACCESS_MISSING.
        """
        with self._ledger.change(principal, "key:revoke", f"key:{key_id}") as change:
            check(self.key(principal, key_id))
            return self._store.revoke_key(
                key_id,
                member_id=principal.member_id,
                at=change.now,
                within=change.transaction,
            )

    def _make_key(
        self, principal: Principal, new: NewKey, now: datetime, transaction: Transaction
    ) -> tuple[ApiKey, KeyText]:
        text = make_key(self._random(PREFIX_BYTES + SECRET_BYTES))
        made = self._store.add_key(
            text,
            member_id=principal.member_id,
            label=new.label,
            permissions=new.permissions,
            daily_budget=new.daily_budget,
            created_by=principal.name,
            now=now,
            expires_at=now + new.life,
            within=transaction,
        )
        return made, text
