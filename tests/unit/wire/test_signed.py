# SPDX-License-Identifier: Apache-2.0
"""Requests to other nodes are signed so that an independent implementation agrees."""

import datetime as dt
from dataclasses import dataclass, field
from itertools import count

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from http_message_signatures import (
    HTTPMessageSigner,
    HTTPMessageVerifier,
    HTTPSignatureKeyResolver,
    algorithms,
)

from nahmi.partner.keys import PublicKey, SigningKey
from nahmi.partner.requests.head import RequestHead
from nahmi.partner.requests.verifying import RequestVerifier
from nahmi.store.memory.nonces import MemoryNonceStore
from nahmi.wire.signed import RequestSigner
from nahmi.wire.target import parse_target

SEED = bytes(range(32))
KEY = SigningKey(SEED)
BODY = b'{"after":7}'
URLS = [
    "https://node.example.org/api/v1/circles/c/log?after=7&limit=9",
    "https://node.example.org:8443/a%20b",
    "http://node.example.org/",
    "https://NODE.example.org",
    "https://node.example.org/?",
]


class Keys(HTTPSignatureKeyResolver):
    """One key, as the other implementation wants it."""

    def resolve_private_key(self, key_id: str) -> Ed25519PrivateKey:
        del key_id
        return Ed25519PrivateKey.from_private_bytes(SEED)

    def resolve_public_key(self, key_id: str) -> object:
        return self.resolve_private_key(key_id).public_key()


@dataclass
class Message:
    """A request, as the other implementation wants it."""

    method: str
    url: str
    headers: dict[str, str] = field(default_factory=dict)


def now_s() -> int:
    return int(dt.datetime.now(dt.UTC).timestamp())


def signer() -> RequestSigner:
    numbers = count()
    return RequestSigner(KEY, nonce=lambda: f"{next(numbers):032d}", clock=now_s)


@pytest.mark.parametrize("url", URLS)
def test_others_verify_what_we_sign(url: str) -> None:
    target = parse_target(url)
    plain = f"{target.scheme}://{target.authority}{target.path}"
    headers = signer().headers(target, method="POST", body=BODY)
    theirs = HTTPMessageVerifier(signature_algorithm=algorithms.ED25519, key_resolver=Keys())
    (result,) = theirs.verify(
        Message("POST", plain, headers), max_age=dt.timedelta(minutes=5), expect_tag="nahmi"
    )
    assert set(result.covered_components) >= {'"@method"', '"@query"', '"content-digest"'}
    assert result.parameters["keyid"] == KEY.public.kid


@pytest.mark.parametrize("url", URLS)
def test_we_verify_what_others_sign(url: str) -> None:
    target = parse_target(url)
    message = Message("POST", f"{target.scheme}://{target.authority}{target.path}")
    now = dt.datetime.now(dt.UTC)
    HTTPMessageSigner(signature_algorithm=algorithms.ED25519, key_resolver=Keys()).sign(
        message,
        key_id=KEY.public.kid,
        created=now,
        expires=now + dt.timedelta(minutes=2),
        nonce="0123456789abcdefghijkl",
        label="theirs",
        tag="nahmi",
        covered_component_ids=("@query", "@path", "@authority", "@method"),
        body=BODY,
    )
    found: dict[str, PublicKey] = {KEY.public.kid: KEY.public}
    checks = RequestVerifier(found.get, MemoryNonceStore(), authorities=[target.authority])
    headers = tuple((name.lower(), value) for name, value in message.headers.items())
    head = RequestHead(
        method="POST", authority=target.authority, target=target.path, headers=headers
    )
    assert checks.verify(head, BODY, now_s=now_s()) == KEY.public


def test_each_try_is_signed_anew() -> None:
    target, signs = parse_target(URLS[0]), signer()
    once, again = signs.headers(target), signs.headers(target)
    assert once["content-digest"] == again["content-digest"]
    assert once["signature"] != again["signature"]
