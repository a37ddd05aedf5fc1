# SPDX-License-Identifier: Apache-2.0
"""Who asks: API keys, remembered for a moment so that a request need not wait for the store.

A key that is in use is read anew by another thread before the moment is over, so that only the
first request of a while waits.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import partial
from hashlib import sha256
from typing import Final, Protocol

from nahmi.access.api_keys import KeyText, parse_key
from nahmi.access.identity import ApiKey, Principal
from nahmi.errors import AccessError, ErrorCode, StoreError
from nahmi.flows.budgeting import Later

REMEMBERED_S: Final = 0.5
"""How long a key is believed without asking the store: a revoked one works no longer than this."""
READ_ANEW_AFTER_S: Final = 0.2
"""How old what is known of a key may be before it is read anew beside the requests."""
_MOST_KEYS: Final = 10_000


class KeyReader(Protocol):
    """Finds keys."""

    def authenticate(self, text: KeyText, *, now: datetime) -> ApiKey | None:
        """The key that this is; None when it is unknown, over, or its member disabled."""
        ...


class KeyRing:
    """Principals behind API keys. Safe to share between threads.

    Args:
        keys: Where keys are kept.
        later: Has a key read anew.
        clock: The current moment, UTC.
        monotonic: Seconds that never go back.
    """

    def __init__(
        self,
        keys: KeyReader,
        *,
        later: Later,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float],
    ) -> None:
        self._keys = keys
        self._later = later
        self._clock = clock
        self._monotonic = monotonic
        self._known: dict[bytes, _Known] = {}

    def principal(self, authorization: str | None) -> Principal:
        """Who asks.

        Args:
            authorization: The header as it came.

        Raises:
            AccessError: CREDENTIAL_INVALID: no key, an unknown, expired or revoked one.
            StoreError: The store could not be asked: an error, never "let in".
        """
        # The digest of the whole header stands for the key here: a wrong secret never finds it, and
        # no secret is kept.
        header = authorization or ""
        name = sha256(header.encode(errors="replace")).digest()
        known = self._known.get(name)
        if known is None:
            return self._read(name, header)
        age_s = self._monotonic() - known.read_at
        if age_s >= REMEMBERED_S:
            return self._read(name, header)
        if age_s >= READ_ANEW_AFTER_S and not known.is_being_read:
            known.is_being_read = True
            self._later(partial(self._read_anew, name, header))
        return known.principal

    def _read(self, name: bytes, header: str) -> Principal:
        moment = self._monotonic()  # before the store is asked: what it says is no newer
        scheme, _, text = header.partition(" ")
        key = parse_key(text.strip()) if scheme.lower() == "bearer" else None
        if key is None:
            raise refused()
        found = self._keys.authenticate(key, now=self._clock())
        if found is None:
            self._known.pop(name, None)
            raise refused()
        if len(self._known) >= _MOST_KEYS:
            self._known.clear()
        known = self._known[name] = _Known(principal_of(found), moment)
        return known.principal

    def _read_anew(self, name: bytes, header: str) -> None:
        with suppress(AccessError, StoreError):  # the next request asks, and hears of it
            self._read(name, header)


class _Known:
    """What the store said of a key.

    Attributes:
        principal: Who asks with it.
        read_at: When.
        is_being_read: Whether it is being read anew.
    """

    def __init__(self, principal: Principal, read_at: float) -> None:
        self.principal = principal
        self.read_at = read_at
        self.is_being_read = False


def principal_of(key: ApiKey) -> Principal:
    """Whoever asks with a key."""
    return Principal(
        kind="key",
        principal_id=key.key_id,
        member_id=key.member_id,
        name=f"key:{key.key_id}",
        permissions=frozenset(key.permissions),
        daily_budget=key.daily_budget,
    )


def refused() -> AccessError:
    """The same words for every reason: they teach nothing about keys."""
    return AccessError(
        ErrorCode.CREDENTIAL_INVALID,
        "The request carries no valid API key.",
        hint="Send the header Authorization: Bearer nahmi_... with a key that is not over.",
    )
