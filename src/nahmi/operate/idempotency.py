# SPDX-License-Identifier: Apache-2.0
"""Requests that are sent twice: the second gets the answer of the first, and does nothing.

A caller names a request by a key of its own. The first with that key does the work and leaves its
response; until then others are told that it is in progress. The same key with another request is
a mistake of the caller and refused.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Final, Protocol

import msgspec

from nahmi.errors import ErrorCode, InputError

KEPT: Final = timedelta(hours=24)
"""How long a response is kept."""

ABANDONED: Final = timedelta(minutes=2)
"""A request in progress for so long has lost its process and may be done again."""

LONGEST_KEY: Final = 255
LONGEST_BODY: Final = 1024 * 1024
"""Bytes of a response that are kept."""


class Response(msgspec.Struct, frozen=True, kw_only=True):
    """What a request was answered with.

    Attributes:
        status: Of HTTP, 200..499; failures of the node are not kept.
        media_type: Of the body.
        body: At most 1 MiB.
        headers: Others that belong to the answer, such as an ETag or a location.
    """

    status: int
    media_type: str
    body: bytes
    headers: dict[str, str] = {}

    def __repr__(self) -> str:
        """Without the body."""
        return f"Response(status={self.status}, {len(self.body)} bytes)"


class Outcome(StrEnum):
    """What is to be done with a request that carries a key."""

    FRESH = "fresh"
    REPLAY = "replay"
    CONFLICT = "conflict"
    IN_PROGRESS = "in_progress"


class Begun(msgspec.Struct, frozen=True):
    """What a key stands for.

    Attributes:
        outcome: Do the work, give the kept response, refuse, or ask to come back.
        response: The kept one when it is a replay, else None.
    """

    outcome: Outcome
    response: Response | None = None


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an earlier request with the same key.

    Attributes:
        fingerprint: Of that request.
        begun_at: When it began.
        response: Its answer; None while it is in progress.
    """

    fingerprint: bytes
    begun_at: datetime
    response: Response | None


def check_key(key: str) -> str:
    """The key, when it is 1..255 printable ASCII characters.

    Raises:
        InputError: INPUT_INVALID.
    """
    if not (0 < len(key) <= LONGEST_KEY and key.isascii() and key.isprintable()):
        raise InputError(
            ErrorCode.INPUT_INVALID,
            f"An idempotency key is 1 to {LONGEST_KEY} printable ASCII characters.",
            hint="A random UUID for each request is a good one.",
        )
    return key


def fingerprint(method: str, path: str, principal: str, body: bytes) -> bytes:
    """What tells one request from another: SHA-256 over its parts with their lengths, 32 bytes.

    Args:
        method: Of HTTP, in capitals.
        path: With its query.
        principal: Who asks, such as key:7: nobody gets the answer that was given to another.
        body: Of the request.
    """
    digest = sha256()
    for part in (method.encode(), path.encode(), principal.encode(), body):
        digest.update(len(part).to_bytes(8))
        digest.update(part)
    return digest.digest()


def judge(kept: Kept | None, wanted: bytes, now: datetime) -> Begun:
    """What to do with a request.

    Args:
        kept: An earlier one with its key; None when there is none.
        wanted: The fingerprint of this one.
        now: The moment.
    """
    if kept is None or now >= kept.begun_at + KEPT:
        return Begun(Outcome.FRESH)
    if kept.fingerprint != wanted:
        return Begun(Outcome.CONFLICT)
    if kept.response is not None:
        return Begun(Outcome.REPLAY, kept.response)
    is_abandoned = now >= kept.begun_at + ABANDONED
    return Begun(Outcome.FRESH if is_abandoned else Outcome.IN_PROGRESS)


def is_kept(response: Response) -> bool:
    """Whether a response is one to be given again: no failure of the node, and not too long."""
    return 200 <= response.status < 500 and len(response.body) <= LONGEST_BODY  # noqa: PLR2004 - HTTP


class IdempotencyStore(Protocol):
    """Keeps what requests with a key were answered with. Each call is one transaction."""

    def begin(self, member_id: int, key: str, wanted: bytes, *, now: datetime, token: str) -> Begun:
        """Judge a request as `judge` does, and claim its key when it is fresh.

        Args:
            member_id: Keys of different members have nothing to do with one another.
            key: Checked by `check_key`.
            wanted: From `fingerprint`.
            now: The moment.
            token: New for each request; `complete` and `abandon` name it.
        """
        ...

    def complete(self, member_id: int, key: str, token: str, response: Response) -> bool:
        """Keep the answer; one that `is_kept` refuses frees the key. False: claimed by another."""
        ...

    def abandon(self, member_id: int, key: str, token: str) -> bool:
        """The work was not done: the key is free again."""
        ...

    def forget(self, *, now: datetime) -> int:
        """Drop what is older than `KEPT`; how many."""
        ...
