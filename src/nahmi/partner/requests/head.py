# SPDX-License-Identifier: Apache-2.0
"""The head of a request, and the text that its signature is over (RFC 9421, section 2.5)."""

from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from nahmi.partner.requests.fields import SignatureInput, unsigned


class RequestHead(msgspec.Struct, frozen=True, kw_only=True):
    """What a request is before its body.

    Attributes:
        method: As it is sent, in capitals.
        authority: Host, and the port where it is not the scheme's own, as in the header Host.
        target: Path and query as they are sent.
        headers: Names in lower case, and values; a name may stand several times.
    """

    method: str
    authority: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()

    def __repr__(self) -> str:
        """Without target and headers, which may hold signals."""
        return f"RequestHead({self.method}, <withheld>)"

    def field(self, name: str) -> str | None:
        """The value of a header, its lines joined; None when there is none.

        Args:
            name: In lower case.
        """
        lines = [value.strip(" \t") for key, value in self.headers if key == name]
        return ", ".join(lines) if lines else None


def _path(head: RequestHead) -> str:
    return head.target.partition("?")[0] or "/"


def _query(head: RequestHead) -> str:
    return "?" + head.target.partition("?")[2]


_DERIVED: Final[Mapping[str, Callable[[RequestHead], str]]] = {
    "@method": lambda head: head.method,
    "@authority": lambda head: head.authority.lower(),
    "@path": _path,
    "@query": _query,
}
"""Parts that are no header (RFC 9421, section 2.2); those that a proxy changes are left out."""


def signed_text(head: RequestHead, over: SignatureInput) -> bytes:
    """The text that a signature is over.

    Args:
        head: Of the request.
        over: What the signature covers.

    Raises:
        AccessError: REQUEST_UNSIGNED: it covers what the request does not have, or what has no
            single spelling.
    """
    lines = [f'"{name}": {_value(head, name)}' for name in over.components]
    text = "\n".join([*lines, f'"@signature-params": {over.text}'])
    if text.count("\n") != len(lines) or not text.isascii() or "\r" in text:
        raise unsigned("its head cannot be signed")
    return text.encode()


def _value(head: RequestHead, name: str) -> str:
    derive = _DERIVED.get(name)
    value = derive(head) if derive else head.field(name)
    if value is None:
        raise unsigned("its signature covers what is not there")
    return value
