# SPDX-License-Identifier: Apache-2.0
"""How a webhook's messages are signed, so that a receiver knows who sent them and when.

Signatures follow the specification of Standard Webhooks (standardwebhooks.com): HMAC-SHA256 over
`id.timestamp.body`, as `v1,` and base 64, one for each secret that is good, joined by blanks.
"""

import hmac
from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from nahmi.operate.node_key import NodeKey, webhook_secret
from nahmi.operate.webhooks import Webhook

OVERLAP: Final = timedelta(days=1)
"""How long messages carry the old signature beside the new one after a rotation."""

TOLERANCE: Final = timedelta(minutes=5)
"""How far a receiver lets the time of a message differ from its own clock."""

_SECRET_PREFIX = "whsec_"  # noqa: S105 - the standard's mark of a secret, no secret


def write_secret(secret: bytes) -> str:
    """A secret as receivers' libraries take it; shown to those who may set up the receiver."""
    return _SECRET_PREFIX + b64encode(secret).decode("ascii")


def secret_versions(webhook: Webhook, now: datetime) -> tuple[int, ...]:
    """The versions whose secrets sign a message now, newest first."""
    newest = webhook.secret_version
    is_overlapping = webhook.rotated_at is not None and now < webhook.rotated_at + OVERLAP
    return (newest, newest - 1) if is_overlapping and newest > 1 else (newest,)


def headers(
    webhook: Webhook, key: NodeKey, *, message_id: str, body: str, now: datetime
) -> dict[str, str]:
    """The three headers that a message is sent with.

    Args:
        webhook: Where it goes.
        key: The node's.
        message_id: The message's idempotency key: the same at every try.
        body: Exactly what is sent.
        now: The moment of this try.
    """
    stamp = int(now.timestamp())
    secrets = [
        webhook_secret(key, webhook.webhook_id, version)
        for version in secret_versions(webhook, now)
    ]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(stamp),
        "webhook-signature": " ".join(
            sign(secret, message_id=message_id, stamp=stamp, body=body) for secret in secrets
        ),
    }


def sign(secret: bytes, *, message_id: str, stamp: int, body: str) -> str:
    """One signature.

    Args:
        secret: 32 bytes.
        message_id: Of the message.
        stamp: Seconds since 1970 at this try.
        body: Exactly what is sent.
    """
    signed = f"{message_id}.{stamp}.{body}".encode()
    return "v1," + b64encode(hmac.new(secret, signed, sha256).digest()).decode("ascii")


def is_signed(secret: bytes, sent: Mapping[str, str], body: str, *, now: datetime) -> bool:
    """Whether a message that was received is genuine and fresh: what a receiver must ask.

    Args:
        secret: The receiver's copy.
        sent: The message's headers, names in lower case.
        body: Exactly what was received.
        now: The receiver's clock.
    """
    stamp = sent.get("webhook-timestamp", "")
    if not (stamp.isascii() and stamp.isdigit()):
        return False
    if abs(now.timestamp() - int(stamp)) > TOLERANCE.total_seconds():
        return False
    right = sign(secret, message_id=sent.get("webhook-id", ""), stamp=int(stamp), body=body)
    given = sent.get("webhook-signature", "").split(" ")
    return any(hmac.compare_digest(right.encode(), item.encode()) for item in given)
