# SPDX-License-Identifier: Apache-2.0
"""Names that everybody computes alike, so that saying something twice is saying it once.

All are UUIDs of version 5 (RFC 9562): the SHA-1 of a namespace and of what is named.
"""

from functools import lru_cache
from hashlib import sha1, sha256
from typing import Final

from nahmi.core.signal import Signal

NAMESPACE: Final = "0f5a7c52-7f55-5c1c-9d0e-6e61686d6931"
"""The namespace of every name of the exchange."""

_PREFIX: Final = bytes.fromhex(NAMESPACE.replace("-", ""))


def name_of(*parts: str) -> str:
    """The UUID of some parts, in lower case with hyphens.

    Args:
        parts: Without line breaks; their order counts.
    """
    text = short_name_of(*parts).hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def short_name_of(*parts: str) -> bytes:
    """The same UUID as its 16 bytes."""
    digest = sha1(_PREFIX + "\n".join(parts).encode(), usedforsecurity=False).digest()
    version, variant = digest[6] & 0x0F | 0x50, digest[8] & 0x3F | 0x80
    return b"%b%c%b%c%b" % (digest[:6], version, digest[7:8], variant, digest[9:16])


def organisation_id(public_key: bytes) -> str:
    """An organisation, named by the first key that it ever had.

    Args:
        public_key: 32 bytes.
    """
    return name_of("organisation", public_key.hex())


def circle_id(genesis: str) -> str:
    """A circle, named by its first roster.

    Args:
        genesis: SHA-256 of that roster without the circle's name, hexadecimal.
    """
    return name_of("circle", genesis)


def short_assertion_id(circle: str, organisation: str, signal: Signal) -> bytes:
    """`assertion_id` as its 16 bytes."""
    return short_name_of("assertion", circle, organisation, signal.signal_type, signal.value)


def assertion_id(circle: str, organisation: str, signal: Signal) -> str:
    """What one organisation says of one signal in one circle."""
    return name_of("assertion", circle, organisation, signal.signal_type, signal.value)


def opinion_id(circle: str, organisation: str, assertion: str) -> str:
    """What one organisation thinks of an assertion."""
    return name_of("opinion", circle, organisation, assertion)


def sighting_id(circle: str, organisation: str, assertion: str, day: str) -> str:
    """How often one organisation saw what an assertion is about, on one day.

    Args:
        circle: The circle.
        organisation: Whose sighting.
        assertion: The assertion.
        day: Such as `2026-11-27`.
    """
    return name_of("sighting", circle, organisation, assertion, day)


def redaction_id(circle: str, target: str) -> str:
    """The destruction of all that was said under an id."""
    return name_of("redaction", circle, target)


@lru_cache(maxsize=65_536)
def short_of(name: str) -> bytes:
    """A UUID as its 16 bytes.

    Raises:
        ValueError: It is none.
    """
    return bytes.fromhex(name.replace("-", ""))


def signal_key(signal: Signal) -> bytes:
    """16 bytes that stand for a signal."""
    return sha256(f"{signal.signal_type}\n{signal.value}".encode()).digest()[:16]
