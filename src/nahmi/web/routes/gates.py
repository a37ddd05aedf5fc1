# SPDX-License-Identifier: Apache-2.0
"""Who may open a page: a route says what it asks for, and whoever may not gets no further."""

from collections.abc import Callable
from typing import Any, Final

from litestar import get, post
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.types import Guard

from nahmi.access.roles import Permission
from nahmi.bootstrap.requests import ASKS_OPT
from nahmi.errors import AccessError, ErrorCode
from nahmi.flows.signing_in import SignedIn

PERMISSION_OPT: Final = "nahmi_permission"
"""Under this name a route says which permission it asks for; the tests walk all of them."""

Handler = Callable[..., Any]


def page(path: str, permission: Permission | None = None) -> Callable[[Handler], HTTPRouteHandler]:
    """A page to look at.

    Args:
        path: Below the group's.
        permission: What it asks for; None for everyone who is signed in.
    """
    return get(
        path,
        guards=[_guard(permission)],
        opt={PERMISSION_OPT: permission},
        sync_to_thread=True,
        name=None,
    )


def action(
    path: str, permission: Permission | None = None, *, is_async: bool = False
) -> Callable[[Handler], HTTPRouteHandler]:
    """A form that changes something; it carries the token of its session.

    Args:
        path: Below the group's.
        permission: What it asks for; None for everyone who is signed in.
        is_async: Whether the handler is a coroutine.
    """
    return post(
        path,
        guards=[_guard(permission)],
        opt={
            PERMISSION_OPT: permission,
            ASKS_OPT: permission is Permission.PROTECT_CONTENT_MATCH,
        },
        status_code=200,
        sync_to_thread=None if is_async else True,
    )


def open_page(path: str) -> Callable[[Handler], HTTPRouteHandler]:
    """A page for those who are not signed in yet, or not completely."""
    return get(path, sync_to_thread=True)


def open_action(path: str) -> Callable[[Handler], HTTPRouteHandler]:
    """A form for those who are not signed in yet, or not completely."""
    return post(path, status_code=200, sync_to_thread=True)


def _guard(permission: Permission | None) -> Guard:
    def guard(connection: ASGIConnection, _: BaseRouteHandler) -> None:  # type: ignore[type-arg]  # Litestar's own signature
        check_entry(connection.scope.get("user"), permission)

    return guard


def check_entry(who: SignedIn | None, permission: Permission | None) -> None:
    """Refuse whoever is not signed in, not completely, or may not do something.

    Raises:
        AccessError: CREDENTIAL_INVALID: nobody is signed in. PERMISSION_DENIED.
    """
    if who is None:
        raise AccessError(ErrorCode.CREDENTIAL_INVALID, "Nobody is signed in.")
    is_in = bool(who.principal.permissions)
    if not is_in or (permission is not None and not who.principal.may(permission)):
        raise AccessError(
            ErrorCode.PERMISSION_DENIED,
            "This page asks for more than you may do.",
            hint="An administrator can give you another role.",
        )
