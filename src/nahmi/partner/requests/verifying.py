# SPDX-License-Identifier: Apache-2.0
"""Who sent a request, and whether it is fresh, whole, meant for this node and not sent before."""

import hmac
import re
from collections.abc import Callable, Collection
from typing import Final

import msgspec

from nahmi.errors import AccessError, ErrorCode, TrustError
from nahmi.partner.keys import PublicKey
from nahmi.partner.requests.fields import (
    SignatureInput,
    digest_of,
    read_digest,
    read_inputs,
    read_signature,
    unsigned,
)
from nahmi.partner.requests.head import RequestHead, signed_text
from nahmi.partner.requests.nonces import NonceStore
from nahmi.partner.requests.signing import COVERED, LIFETIME_S, TAG

SKEW_S: Final = 60
"""How far ahead the clock of a sender may be."""

_NONCE: Final = re.compile(r"[A-Za-z0-9_-]{22,64}")
"""At least 128 bits in base 64."""

FindKey = Callable[[str], PublicKey | None]
"""The key of a name, when it is one of a node that may ask; else None."""


class Signed(msgspec.Struct, frozen=True):
    """A request whose head is genuine; its body and whether it came before are still to be seen.

    Attributes:
        key: Of the sender.
        digest: What SHA-256 over the body must be, 32 bytes.
        nonce: Names the request.
        expires_s: Until when its signature is good, seconds since 1970.
    """

    key: PublicKey
    digest: bytes
    nonce: str
    expires_s: int


class RequestVerifier:
    """Checks requests from other nodes.

    Args:
        find: Finds the keys of nodes that may ask.
        nonces: Remembers requests.
        authorities: How this node is called by others, in lower case: what was signed for another
            node is not served here.
    """

    def __init__(self, find: FindKey, nonces: NonceStore, *, authorities: Collection[str]) -> None:
        self._find = find
        self._nonces = nonces
        self._authorities = frozenset(authorities)

    def verify(self, head: RequestHead, body: bytes, *, now_s: int) -> PublicKey:
        """Check a request, once: the same one is refused the next time.

        Args:
            head: As it was received.
            body: As it was received, before anything is decompressed.
            now_s: This node's clock, seconds since 1970.

        Returns:
            The key of the sender.

        Raises:
            AccessError: REQUEST_UNSIGNED: it is not signed as nodes sign. KEY_UNKNOWN: no node that
                may ask has this key. REQUEST_EXPIRED: it is too old, or from the future.
                REQUEST_ALTERED: it is not what was signed, or was signed for another node.
                REQUEST_REPLAYED: it was served before.
            StoreError: It cannot be noted that it is served, so it is not.
        """
        signed = self.verify_head(head, now_s=now_s)
        self.claim(signed, digest_of(body))
        return signed.key

    def verify_head(self, head: RequestHead, *, now_s: int) -> Signed:
        """Check the head of a request, before its body is read.

        Args:
            head: As it was received.
            now_s: This node's clock, seconds since 1970.

        Raises:
            AccessError: As `verify`, except REQUEST_REPLAYED.
        """
        over = _ours(head)
        signed = self._read(head, over, now_s)
        if head.authority.lower() not in self._authorities:
            raise _altered("it was signed for another node")
        signature = read_signature(head.field("signature") or "", over.label)
        try:
            signed.key.verify_raw(signed_text(head, over), signature)
        except TrustError as error:
            raise _altered("its signature is not genuine") from error
        return signed

    def claim(self, signed: Signed, digest: bytes) -> None:
        """Take a request whose head was checked, once.

        Args:
            signed: From `verify_head`.
            digest: SHA-256 over the body as it was received, 32 bytes.

        Raises:
            AccessError: REQUEST_ALTERED: the body is another one. REQUEST_REPLAYED.
            StoreError: It cannot be noted that it is served, so it is not.
        """
        if not hmac.compare_digest(signed.digest, digest):
            raise _altered("its body is not the one that was signed")
        # Noted last: what is not genuine must not fill the store, nor use up another's nonce.
        until_s = signed.expires_s + SKEW_S
        if not self._nonces.use(signed.key.kid, signed.nonce, until_s=until_s):
            raise AccessError(
                ErrorCode.REQUEST_REPLAYED,
                "A request from node to node was served before.",
                hint="Sign each try anew; repeat writes under one idempotency key.",
            )

    def _read(self, head: RequestHead, over: SignatureInput, now_s: int) -> Signed:
        created_s, expires_s = _number(over, "created"), _number(over, "expires")
        nonce, kid = _text(over, "nonce"), _text(over, "keyid")
        if not _NONCE.fullmatch(nonce):
            raise unsigned("its nonce is too short or malformed")
        if over.parameters.get("alg", "ed25519") != "ed25519":
            raise unsigned("its algorithm is another one")
        _require_fresh(created_s, expires_s, now_s)
        key = self._find(kid)
        if key is None:
            raise AccessError(
                ErrorCode.KEY_UNKNOWN, "A request is signed with a key of nobody who may ask."
            )
        return Signed(key, read_digest(head.field("content-digest") or ""), nonce, expires_s)


def _ours(head: RequestHead) -> SignatureInput:
    """The one signature that was made for nodes, and covers what it must."""
    field = head.field("signature-input")
    if field is None:
        raise unsigned("its signature is missing")
    found = [item for item in read_inputs(field) if item.parameters.get("tag") == TAG]
    if len(found) != 1:
        raise unsigned("its signature was made for something else")
    if not set(COVERED) <= set(found[0].components):
        raise unsigned("its signature does not cover all that it should")
    return found[0]


def _require_fresh(created_s: int, expires_s: int, now_s: int) -> None:
    is_short = created_s < expires_s <= created_s + LIFETIME_S
    if not is_short or not created_s - SKEW_S <= now_s < expires_s:
        raise AccessError(
            ErrorCode.REQUEST_EXPIRED,
            "A request from node to node is too old, from the future, or good for too long.",
            hint="Set the clocks of both nodes by a time server, and sign each try anew.",
        )


def _number(over: SignatureInput, name: str) -> int:
    value = over.parameters.get(name)
    if not isinstance(value, int):
        raise unsigned("its signature has no time")
    return value


def _text(over: SignatureInput, name: str) -> str:
    value = over.parameters.get(name)
    if not isinstance(value, str):
        raise unsigned("its signature has no key or no nonce")
    return value


def _altered(why: str) -> AccessError:
    return AccessError(
        ErrorCode.REQUEST_ALTERED, f"A request from node to node cannot be trusted: {why}."
    )
