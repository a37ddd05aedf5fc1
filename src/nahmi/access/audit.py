# SPDX-License-Identifier: Apache-2.0
"""The audit chain: each record carries the hash of the one before."""

import hmac
from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from typing import Final

import msgspec

from nahmi.errors import ErrorCode, InputError

FIRST_HASH: Final = bytes(32)
"""What the first record follows."""


class AuditEvent(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was done.

    Attributes:
        at: UTC.
        member_id: In whose area.
        actor: Who, such as person:3, key:7 or local.
        event: subject:verb, such as key:create.
        object: To what, such as key:9; empty when to nothing.
        detail: More, by name. Ids only: never content, fingerprints or personal data.
    """

    at: datetime
    member_id: int
    actor: str
    event: str
    object: str = ""
    detail: dict[str, str | int | bool] = {}


class AuditRecord(msgspec.Struct, frozen=True, kw_only=True):
    """An event in the chain.

    Attributes:
        sequence: From 1, without gaps.
        event: What was done.
        previous_hash: Of the record before, 32 bytes.
        hash: SHA-256 over all of this, 32 bytes.
    """

    sequence: int
    event: AuditEvent
    previous_hash: bytes
    hash: bytes


def chain(event: AuditEvent, previous: AuditRecord | None) -> AuditRecord:
    """The next record.

    Args:
        event: What was done.
        previous: The newest record; None for the first.

    Raises:
        InputError: INPUT_INVALID: the time has no zone, or the event is not subject:verb.
    """
    subject, _, verb = event.event.partition(":")
    if event.at.tzinfo is None or not subject or not verb:
        raise InputError(ErrorCode.INPUT_INVALID, "An audit event needs a zone and subject:verb.")
    sequence = previous.sequence + 1 if previous else 1
    before = previous.hash if previous else FIRST_HASH
    return AuditRecord(
        sequence=sequence,
        event=event,
        previous_hash=before,
        hash=record_hash(sequence, event, before),
    )


def record_hash(sequence: int, event: AuditEvent, previous_hash: bytes) -> bytes:
    """SHA-256 over the canonical JSON of a record: keys sorted, no blanks, UTF-8."""
    fields = {"event": event, "previous_hash": previous_hash.hex(), "sequence": sequence}
    return sha256(msgspec.json.encode(fields, order="sorted")).digest()


def verify(records: Iterable[AuditRecord], *, head: tuple[int, bytes] | None = None) -> int | None:
    """The sequence number of the first broken record; None when the chain holds.

    Args:
        records: All of them in order, from the first.
        head: Number and hash of the newest record as noted elsewhere, which shows whether the
            end was cut off: then the first missing number is the answer.
    """
    sequence, before = 0, FIRST_HASH
    for record in records:
        sequence += 1
        is_next = record.sequence == sequence and record.previous_hash == before
        right = record_hash(record.sequence, record.event, record.previous_hash)
        if not is_next or not hmac.compare_digest(right, record.hash):
            return sequence
        before = record.hash
    if head is None or head == (sequence, before):
        return None
    return sequence + 1 if head[0] > sequence else max(head[0], 1)
