# SPDX-License-Identifier: Apache-2.0
"""Callers of Hasher-Matcher-Actioner know no keys, but every HTTP client knows user and password.

So beside `Authorization: Bearer` a key is taken as the password of basic authentication: then it
can stand in the address, `http://key:KEY@localhost:8410/`, and no caller needs new code.
"""

import binascii
from base64 import b64decode

from litestar.connection import ASGIConnection
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult

from nahmi.api.services import services_of


class KeyOrPassword(AbstractAuthenticationMiddleware):
    """Lets API keys in, in either form."""

    async def authenticate_request(self, connection: ASGIConnection) -> AuthenticationResult:  # type: ignore[type-arg]  # Litestar's own signature
        """The principal behind the request."""
        keys = services_of(connection.app).keys
        header = as_bearer(connection.headers.get("authorization"))
        return AuthenticationResult(user=keys.principal(header), auth=None)


def as_bearer(authorization: str | None) -> str | None:
    """The header as it would be with the password as a bearer token; others as they are."""
    scheme, _, encoded = (authorization or "").partition(" ")
    if scheme.lower() != "basic":
        return authorization
    try:
        _, _, password = b64decode(encoded.strip(), validate=True).decode("ascii").partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return f"Bearer {password}"
