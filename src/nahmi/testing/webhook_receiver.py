# SPDX-License-Identifier: Apache-2.0
"""A receiver of webhooks on the loopback interface that checks signatures and can behave badly.

It shares no code with the sender: what it accepts, a receiver written after the specification of
Standard Webhooks (standardwebhooks.com) accepts too.
"""

import hmac
import threading
from base64 import b64decode, b64encode
from contextlib import suppress
from hashlib import sha256
from io import BufferedIOBase
from time import time
from typing import Final, Self

import msgspec

from nahmi.testing.loopback import Asked, Behaviour, LoopbackServer, reply

TOLERANCE_S: Final = 300
"""How far a message's time may lie from ours, as the specification advises."""


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """One request that arrived at a receiver.

    Attributes:
        message_id: Its `webhook-id`.
        is_genuine: Signed with the secret, and fresh.
        body: What it said.
    """

    message_id: str
    is_genuine: bool
    body: str


class WebhookReceiver:
    """Takes messages; refuses with 401 what is not genuine, else behaves as told.

    Args:
        secrets: As their owner was shown them, `whsec_` and base 64; several in a rotation.
        behaviour: What to answer to genuine messages; may be replaced at any time.

    Attributes:
        received: All requests, in the order of their arrival.
    """

    def __init__(self, *secrets: str, behaviour: Behaviour | None = None) -> None:
        self.secrets = secrets
        self.behaviour = behaviour or reply(204)
        self.received: list[Received] = []
        self._arrived = threading.Condition()
        self._server = LoopbackServer(self._behave)

    @property
    def url(self) -> str:
        """Where it listens, with a path that holds a token, as such addresses often do."""
        return self._server.url("/hooks/token-of-the-receiver")

    @property
    def rule(self) -> str:
        """The operator's exception that lets it be called."""
        return f"http://127.0.0.1:{self._server.port} internal"

    def wait_for(self, count: int, *, timeout_s: float = 60) -> list[Received]:
        """The requests so far, once there are so many.

        Raises:
            AssertionError: There are fewer after this time.
        """
        with self._arrived:
            if not self._arrived.wait_for(lambda: len(self.received) >= count, timeout_s):
                raise AssertionError(f"{len(self.received)} of {count} messages arrived")
            return list(self.received)

    def close(self) -> None:
        """Listen no more."""
        self._server.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _behave(self, asked: Asked, answer: BufferedIOBase) -> None:
        is_genuine = any(is_genuine_message(secret, asked) for secret in self.secrets)
        received = Received(
            message_id=asked.headers.get("webhook-id", ""),
            is_genuine=is_genuine,
            body=asked.body.decode(),
        )
        with self._arrived:
            self.received.append(received)
            self._arrived.notify_all()
        (self.behaviour if is_genuine else reply(401))(asked, answer)


def is_genuine_message(secret: str, asked: Asked, *, now_s: float | None = None) -> bool:
    """Whether a request is signed with a secret and fresh.

    Args:
        secret: `whsec_` and base 64.
        asked: The request.
        now_s: Seconds since 1970; this moment by default.
    """
    sent_at = asked.headers.get("webhook-timestamp", "")
    with suppress(ValueError):
        age_s = (time() if now_s is None else now_s) - int(sent_at)
        if abs(age_s) <= TOLERANCE_S:
            key = b64decode(secret.removeprefix("whsec_"), validate=True)
            signed = f"{asked.headers.get('webhook-id', '')}.{sent_at}.".encode() + asked.body
            right = b64encode(hmac.digest(key, signed, sha256))
            given = asked.headers.get("webhook-signature", "").split()
            return any(hmac.compare_digest(f"v1,{right.decode()}", item) for item in given)
    return False


def slow(release: threading.Event) -> Behaviour:
    """Answer 204, but only after the test says so."""

    def behave(asked: Asked, answer: BufferedIOBase) -> None:
        release.wait(60)
        reply(204)(asked, answer)

    return behave


def dropping(asked: Asked, answer: BufferedIOBase) -> None:
    """Close the connection without an answer."""
    del asked, answer


def chattering(asked: Asked, answer: BufferedIOBase) -> None:
    """Answer 200 with a body that does not end."""
    del asked
    answer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
    while True:
        answer.write(b"1000\r\n" + bytes(0x1000) + b"\r\n")
