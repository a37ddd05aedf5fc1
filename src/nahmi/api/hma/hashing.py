# SPDX-License-Identifier: Apache-2.0
"""`/h`: the hasher."""

from typing import Any

from litestar import Request, Router, get, post
from litestar.params import FromQuery

from nahmi.access.roles import Permission
from nahmi.api.authentication import requires
from nahmi.api.hma.contents import fetched, signals_of, uploaded
from nahmi.bootstrap.requests import ASKS_OPT

AnyRequest = Request[Any, Any, Any]
_HASH = requires(Permission.PROTECT_CONTENT_HASH)


@get("/hash", guards=[_HASH], summary="Hash content at an address")
async def hash_address(
    request: AnyRequest,
    url: FromQuery[str],
    content_type: FromQuery[str] = "photo",
    types: FromQuery[str | None] = None,
) -> dict[str, str]:
    """Fetch content from a host that the operator named, and hash it."""
    return await signals_of(request, content_type, await fetched(request, url), types)


@post("/hash", status_code=200, guards=[_HASH], summary="Hash a file")
async def hash_file(request: AnyRequest, types: FromQuery[str | None] = None) -> dict[str, str]:
    """Hash the one file of a form; the name of its field is the type of content."""
    content_type, content = await uploaded(request)
    return await signals_of(request, content_type, content, types)


routes = Router("/h", route_handlers=[hash_address, hash_file], opt={ASKS_OPT: True})
