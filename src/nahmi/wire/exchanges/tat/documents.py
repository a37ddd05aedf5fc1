# SPDX-License-Identifier: Apache-2.0
"""What Tech Against Terrorism answers: pages of digests, each with its ideology and file type."""

from typing import Any, Final

import msgspec

from nahmi.core.opinion import Opinion, Stance
from nahmi.core.signal import Signal
from nahmi.operate.exchanges import Assertion, Fetched
from nahmi.wire.exchanges.plain_json import (
    is_sendable,
    list_in,
    number,
    read_object,
    word,
    write,
)
from nahmi.wire.exchanges.talk import malformed

SIGNAL_TYPES: Final = {
    "MD5": "md5",
    "SHA1": "sha1",
    "SHA256": "sha256",
    "PDQ": "pdq",
}
"""Our names of the algorithms that are known."""


class Digest(msgspec.Struct, frozen=True, kw_only=True):
    """A digest as it was at one moment.

    Attributes:
        name: Its number, or its algorithm and itself where it has none.
        algorithm: In capitals, without strokes.
        value: The digest.
        changed_s: When it was changed last, seconds since 1970.
        is_gone: It was deleted.
        raw: All that was said of it.
    """

    name: str
    algorithm: str
    value: str
    changed_s: float
    is_gone: bool
    raw: dict[str, Any]

    @property
    def key(self) -> str:
        """What it is known by, as JSON."""
        return write(self.name)

    def __repr__(self) -> str:
        return f"Digest(algorithm={self.algorithm!r}, <withheld>)"


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the list.

    Attributes:
        digests: By the moment of their last change.
        unreadable: What is no digest.
        next: A whole address, or the query of one; empty for none.
        checkpoint: From where to go on after this page; empty where it says nothing.
    """

    digests: tuple[Digest, ...]
    unreadable: tuple[object, ...]
    next: str = ""
    checkpoint: str = ""


def read_token(data: bytes) -> str:
    """The token out of the answer to a sign-in.

    Raises:
        WireError: EXCHANGE_MALFORMED: there is none.
    """
    token = read_object(data, "token")["token"]
    if not isinstance(token, str) or not token.isascii() or not token.isprintable() or not token:
        raise malformed("a token")
    return token


def read_page(data: bytes) -> Page:
    """The answer to a question for digests.

    Raises:
        WireError: EXCHANGE_MALFORMED: it is no such answer.
    """
    found = read_object(data, "results")
    following, checkpoint = found.get("next") or "", found.get("checkpoint") or ""
    if not isinstance(following, str) or not isinstance(checkpoint, str):
        raise malformed("an answer of another form")
    given = [(one, digest_in(one)) for one in list_in(found, "results")]
    return Page(
        digests=tuple(one for _, one in given if one is not None),
        unreadable=tuple(raw for raw, one in given if one is None),
        next=following,
        checkpoint=checkpoint,
    )


def digest_from(_: str, body: str) -> Digest | None:
    """A digest from what `record_of` kept of it; None where something else was kept."""
    try:
        return digest_in(msgspec.json.decode(body))
    except msgspec.MsgspecError:
        return None


def digest_in(raw: object) -> Digest | None:
    """A digest; None for what is none."""
    if not isinstance(raw, dict):
        return None
    value, algorithm = raw.get("hash_digest"), word(raw.get("algorithm"))
    changed_s = number(raw.get("updated_on"))
    is_gone = raw.get("deleted") is True
    plain = algorithm.upper().replace("-", "").replace("_", "")
    name = word(raw.get("id")) or (f"{plain}:{value}" if is_sendable(value) else "")
    is_whole = is_sendable(value) and bool(algorithm)
    if not name or changed_s is None or not (is_whole or is_gone):
        return None
    return Digest(
        name=name,
        algorithm=plain,
        value=str(value) if is_whole else "",
        changed_s=changed_s,
        is_gone=is_gone,
        raw=raw,
    )


def record_of(digest: Digest, *, known: frozenset[str]) -> Fetched:
    """The record of a digest; one that was deleted stays, without the digest.

    Args:
        digest: As it was read.
        known: The signal types that the node has.
    """
    if digest.is_gone:
        told = {"id": digest.name, "updated_on": digest.changed_s, "deleted": True}
        return Fetched(key=digest.key, body=write(told), is_withdrawn=True)
    name = SIGNAL_TYPES.get(digest.algorithm)
    if name not in known:
        return Fetched(key=digest.key, body=write(digest.raw), unknown_type=digest.algorithm)
    tags = {word(digest.raw.get("ideology")), word(digest.raw.get("file_type"))} - {""}
    listed = Opinion(stance=Stance.AGREES, tags=tuple(sorted(tags)))
    assertion = Assertion(Signal(name or "", digest.value), (listed,))
    return Fetched(key=digest.key, body=write(digest.raw), assertions=(assertion,))
