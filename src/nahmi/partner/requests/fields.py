# SPDX-License-Identifier: Apache-2.0
"""Header fields of signed requests, read strictly: one spelling of each (RFC 8941, RFC 9421).

Whoever reads them kindly and writes them again for the signature's text may end with another text
than the signer had. What is not spelled plainly is refused here instead.
"""

import re
from hashlib import sha256
from typing import Final

import msgspec

from nahmi.errors import AccessError, ErrorCode
from nahmi.partner.base64_texts import read_base64, write_base64
from nahmi.partner.keys import SIGNATURE_BYTES

DIGEST_BYTES: Final = 32
MOST_SIGNATURES: Final = 4
"""A proxy may add its own; nobody needs more."""

_KEY = r"[a-z*][a-z0-9_.*-]{0,63}"
_TEXT = r'"[ !#-\[\]-~]{0,255}"'
_VALUE = rf"(?:-?[0-9]{{1,15}}|{_TEXT})"
_COMPONENTS = r'\((?:"@?[a-z0-9-]{1,64}"(?: "@?[a-z0-9-]{1,64}"){0,31})?\)'
_INPUT: Final = re.compile(rf"({_KEY})=({_COMPONENTS}((?:;{_KEY}={_VALUE}){{0,16}}))")
_BYTES: Final = re.compile(rf"({_KEY})=:([A-Za-z0-9+/=]{{0,200}}):")
_PARAMETER: Final = re.compile(rf";({_KEY})=({_VALUE})")
_GAP: Final = re.compile(r"[ \t]*,[ \t]*")


class SignatureInput(msgspec.Struct, frozen=True):
    """What a signature is said to be over.

    Attributes:
        label: Joins the fields Signature-Input and Signature.
        components: Names of the parts of the request, in the order of their lines.
        parameters: By name; whole numbers and texts.
        text: As it stands in the field, which is how it is signed.
    """

    label: str
    components: tuple[str, ...]
    parameters: dict[str, int | str]
    text: str


def write_digest(digest: bytes) -> str:
    """The field Content-Digest.

    Args:
        digest: SHA-256 over the body as it is sent, 32 bytes.
    """
    return f"sha-256=:{write_base64(digest)}:"


def read_digest(field: str) -> bytes:
    """SHA-256 over the body, from the field Content-Digest, 32 bytes.

    Args:
        field: Its value; digests of other kinds are ignored.

    Raises:
        AccessError: REQUEST_UNSIGNED: it is malformed, or has no SHA-256.
    """
    digest = dict(_members(field, _BYTES)).get("sha-256", b"")
    if len(digest) != DIGEST_BYTES:
        raise unsigned("its digest is missing or malformed")
    return digest


def digest_of(body: bytes) -> bytes:
    """SHA-256 over a body, 32 bytes."""
    return sha256(body).digest()


def write_input(components: tuple[str, ...], parameters: dict[str, int | str]) -> str:
    """What a signature is over, as its field says it.

    Args:
        components: Names of parts of the request.
        parameters: By name; texts without quotes and back slashes.
    """
    covered = " ".join(f'"{name}"' for name in components)
    rest = (
        f';{name}="{value}"' if isinstance(value, str) else f";{name}={value}"
        for name, value in parameters.items()
    )
    return f"({covered}){''.join(rest)}"


def read_inputs(field: str) -> list[SignatureInput]:
    """What the signatures of a request are said to be over, from the field Signature-Input.

    Raises:
        AccessError: REQUEST_UNSIGNED: it is malformed.
    """
    return [_read_input(match) for match in _matches(field, _INPUT)]


def read_signature(field: str, label: str) -> bytes:
    """One signature, from the field Signature, 64 bytes.

    Args:
        field: Its value.
        label: Which of them.

    Raises:
        AccessError: REQUEST_UNSIGNED: it is malformed, or has no such signature.
    """
    signature = dict(_members(field, _BYTES)).get(label, b"")
    if len(signature) != SIGNATURE_BYTES:
        raise unsigned("its signature is missing or malformed")
    return signature


def unsigned(why: str) -> AccessError:
    """What is raised when a request is not signed as nodes sign.

    Args:
        why: What is wrong with it, from "its" on.
    """
    return AccessError(
        ErrorCode.REQUEST_UNSIGNED,
        f"A request from node to node is not signed as it should be: {why}.",
        hint="Nodes sign as docs/reference/signed-requests.md says.",
    )


def _read_input(match: re.Match[str]) -> SignatureInput:
    label, text, rest = match.groups()
    found = _PARAMETER.findall(rest)
    values = {name: value[1:-1] if value[0] == '"' else int(value) for name, value in found}
    components = tuple(re.findall(r'"([^"]*)"', text[: len(text) - len(rest)]))
    if len(values) < len(found) or len(set(components)) < len(components):
        raise unsigned("its signature names something twice")
    return SignatureInput(label, components, values, text)


def _members(field: str, form: re.Pattern[str]) -> list[tuple[str, bytes]]:
    found = [(match[1], read_base64(match[2])) for match in _matches(field, form)]
    return [(name, value) for name, value in found if value is not None]


def _matches(field: str, form: re.Pattern[str]) -> list[re.Match[str]]:
    """The members of a dictionary, each in one form."""
    found: list[re.Match[str]] = []
    at = 0
    while match := form.match(field, at):
        found.append(match)
        gap = _GAP.match(field, match.end())
        if gap is None:
            break
        at = gap.end()
    is_whole = bool(found) and found[-1].end() == len(field)
    if (
        not is_whole
        or len(found) > MOST_SIGNATURES
        or len({item[1] for item in found}) < len(found)
    ):
        raise unsigned("its header fields are malformed")
    return found
