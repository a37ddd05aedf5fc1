# SPDX-License-Identifier: Apache-2.0
"""What there is: API roots, collections, and the schema of our extension."""

from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath

from nahmi.access.roles import Permission
from nahmi.api.authentication import PERMISSION_OPT, requires
from nahmi.api.services import services_of
from nahmi.api.taxii.answers import taxii
from nahmi.api.taxii.asking import Asking
from nahmi.partner.taxii.collections import Collection, collections_of
from nahmi.partner.taxii.media import STIX_JSON, TAXII_JSON

AnyRequest = Request[Any, Any, Any]
_READ = Permission.PARTNER_CIRCLE_READ
_FOR_READERS: Any = {"guards": [requires(_READ)], "opt": {PERMISSION_OPT: _READ}}


@get("/", sync_to_thread=True, **_FOR_READERS)
def show_server(request: AnyRequest) -> Response[bytes]:
    """The circles that the caller's member reads, each an API root."""
    service = services_of(request.app)
    roots = [
        f"{service.settings.serve.address}/taxii2/circles/{circle.circle_id}/"
        for circle in service.circle_objects.objects.circles(request.user)
    ]
    return taxii(
        {
            "title": "nahmi",
            "description": "Sharing circles of this node, one API root each.",
            "default": roots[0] if roots else None,
            "api_roots": roots,
        }
    )


@get("/circles/{circle_id:str}", sync_to_thread=True, **_FOR_READERS)
def show_root(request: AnyRequest, circle_id: FromPath[str]) -> Response[bytes]:
    """A circle."""
    asking = Asking(request, circle_id)
    roster = asking.circle.roster.roster
    return taxii(
        {
            "title": roster.name,
            "description": roster.description,
            "versions": [TAXII_JSON],
            "max_content_length": asking.service.settings.limits.json_bytes,
        }
    )


@get("/circles/{circle_id:str}/collections", sync_to_thread=True, **_FOR_READERS)
def list_collections(request: AnyRequest, circle_id: FromPath[str]) -> Response[bytes]:
    """The collections of a circle: everything first, then one for each category."""
    asking = Asking(request, circle_id)
    found = collections_of(asking.circle.roster.roster)
    return taxii({"collections": [_collection(asking, one) for one in found]})


@get("/circles/{circle_id:str}/collections/{name:str}", sync_to_thread=True, **_FOR_READERS)
def show_collection(
    request: AnyRequest, circle_id: FromPath[str], name: FromPath[str]
) -> Response[bytes]:
    """One collection."""
    asking = Asking(request, circle_id)
    return taxii(_collection(asking, asking.collection(name)))


def _collection(asking: Asking, one: Collection) -> dict[str, Any]:
    return {
        "id": one.collection_id,
        "title": one.title,
        "alias": one.alias,
        "can_read": True,
        "can_write": asking.may_write,
        "media_types": [STIX_JSON],
    }
