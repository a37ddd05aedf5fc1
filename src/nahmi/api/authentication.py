# SPDX-License-Identifier: Apache-2.0
"""Who asks, and whether they may: one middleware and one kind of guard."""

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult
from litestar.types import Guard

from nahmi.access.identity import Principal
from nahmi.access.roles import Permission
from nahmi.api.services import services_of
from nahmi.errors import AccessError, ErrorCode

PERMISSION_OPT = "nahmi_permission"
"""Under this name a route says which permission it asks for; the tests walk all of them."""


class KeyAuthentication(AbstractAuthenticationMiddleware):
    """Lets API keys in; whoever carries none is refused."""

    async def authenticate_request(self, connection: ASGIConnection) -> AuthenticationResult:  # type: ignore[type-arg]  # Litestar's own signature
        """The principal behind the request."""
        keys = services_of(connection.app).keys
        principal = keys.principal(connection.headers.get("authorization"))
        return AuthenticationResult(user=principal, auth=None)


def requires(permission: Permission) -> Guard:
    """A guard that lets only those in who hold a permission."""

    def guard(connection: ASGIConnection, _: BaseRouteHandler) -> None:  # type: ignore[type-arg]  # Litestar's own signature
        check(connection.user, permission)

    return guard


def check(principal: Principal, permission: Permission) -> None:
    """Refuse whoever does not hold a permission.

    Raises:
        AccessError: PERMISSION_DENIED.
    """
    if not principal.may(permission):
        raise AccessError(
            ErrorCode.PERMISSION_DENIED,
            f"This needs the permission {permission}.",
            hint="Ask an administrator for a key that holds it.",
        )
