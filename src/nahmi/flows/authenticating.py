# SPDX-License-Identifier: Apache-2.0
"""Who asks: API keys, remembered for a moment so that a request need not wait for the store."""

from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from typing import Final, Protocol

from nahmi.access.api_keys import KeyText, parse_key
from nahmi.access.identity import ApiKey, Principal
from nahmi.errors import AccessError, ErrorCode

REMEMBERED_S: Final = 0.5
"""How long a key is believed without asking the store: a revoked one works no longer than this."""
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
        clock: The current moment, UTC.
        monotonic: Seconds that never go back.
    """

    def __init__(
        self,
        keys: KeyReader,
        *,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float],
    ) -> None:
        self._keys = keys
        self._clock = clock
        self._monotonic = monotonic
        self._known: dict[bytes, tuple[float, Principal]] = {}

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
        moment = self._monotonic()
        known = self._known.get(name)
        if known is not None and moment - known[0] < REMEMBERED_S:
            return known[1]
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
        principal = principal_of(found)
        self._known[name] = (moment, principal)
        return principal


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
