# SPDX-License-Identifier: Apache-2.0
"""Where the routes of TAXII stand."""

from importlib.resources import files
from typing import Any, Final

from litestar import Request, Response, Router, get
from litestar.exceptions import HTTPException
from litestar.middleware import DefineMiddleware

from nahmi.api.hma.callers import KeyOrPassword
from nahmi.api.limits import JsonLimit
from nahmi.api.taxii import discovery, failures, reading, writing
from nahmi.api.taxii.asking import check_acceptable
from nahmi.errors import NahmiError

PATH: Final = "/taxii2"

_SCHEMA: Final = files("nahmi.api.taxii").joinpath("media-signal.json").read_bytes()
_SCHEMA_TYPE: Final = "application/schema+json"


@get("/schemas/media-signal.json", media_type=_SCHEMA_TYPE, sync_to_thread=False)
def show_schema() -> Response[bytes]:
    """The schema of our extension, which says nothing about anybody."""
    return Response(_SCHEMA, media_type=_SCHEMA_TYPE)


async def _check(request: Request[Any, Any, Any]) -> None:
    check_acceptable(request)


def taxii_router() -> Router:
    """Every route, below `PATH`."""
    guarded = Router(
        "/",
        route_handlers=[
            discovery.show_server,
            discovery.show_root,
            discovery.list_collections,
            discovery.show_collection,
            reading.list_objects,
            reading.list_manifest,
            reading.show_object,
            reading.list_versions,
            writing.add_objects,
            writing.show_status,
            writing.remove_object,
        ],
        middleware=[DefineMiddleware(KeyOrPassword), JsonLimit()],
        before_request=_check,
    )
    return Router(
        PATH,
        route_handlers=[guarded, show_schema],
        exception_handlers={
            NahmiError: failures.known,
            HTTPException: failures.of_framework,
            Exception: failures.unforeseen,
        },
        include_in_schema=False,  # the standard describes it
    )
