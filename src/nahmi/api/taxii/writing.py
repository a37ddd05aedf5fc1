# SPDX-License-Identifier: Apache-2.0
"""Objects that are handed in, and taken back."""

import asyncio
from typing import Any
from uuid import uuid4

import msgspec
from litestar import Request, Response, delete, get, post
from litestar.params import FromPath

from nahmi.access.roles import Permission
from nahmi.api.authentication import PERMISSION_OPT, requires
from nahmi.api.limits import JSON_OPT
from nahmi.api.taxii.answers import taxii
from nahmi.api.taxii.asking import Asking, missing
from nahmi.errors import ErrorCode, InputError, MediaError, PartnerError
from nahmi.partner.taxii.media import TAXII_JSON, is_taxii

AnyRequest = Request[Any, Any, Any]
_READ, _WRITE = Permission.PARTNER_CIRCLE_READ, Permission.PARTNER_ASSERTION_WRITE
_FOR_READERS: Any = {"guards": [requires(_READ)], "opt": {PERMISSION_OPT: _READ}}
_GUARDS = [requires(_READ), requires(_WRITE)]
_OBJECTS = "/circles/{circle_id:str}/collections/{name:str}/objects"


class _Envelope(msgspec.Struct):
    """What is handed in; a bundle of STIX is understood as well."""

    objects: list[Any]


@post(_OBJECTS, status_code=202, guards=_GUARDS, opt={PERMISSION_OPT: _WRITE, JSON_OPT: True})
async def add_objects(
    request: AnyRequest, circle_id: FromPath[str], name: FromPath[str]
) -> Response[bytes]:
    """Say in the circle what objects say."""
    if not is_taxii(request.headers.get("content-type")):
        raise MediaError(
            ErrorCode.MEDIA_UNSUPPORTED,
            "Collections take the content type of TAXII alone.",
            hint=f"Send it as {TAXII_JSON}.",
        )
    body = await request.body()
    return await asyncio.to_thread(_add, request, circle_id, name, body)


def _add(request: AnyRequest, circle_id: str, name: str, body: bytes) -> Response[bytes]:
    asking = Asking(request, circle_id)
    collection = asking.collection(name)
    _check_writer(asking)
    try:
        objects = msgspec.json.decode(body, type=_Envelope).objects
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise InputError(
            ErrorCode.DOCUMENT_INVALID, "The body is no envelope with objects in it."
        ) from None
    status = asking.service.circle_objects.statuses.hand_in(
        asking.principal, asking.circle, collection.category, objects, status_id=str(uuid4())
    )
    return taxii(status.resource(), status=202)


@get("/circles/{circle_id:str}/status/{status_id:str}", sync_to_thread=True, **_FOR_READERS)
def show_status(
    request: AnyRequest, circle_id: FromPath[str], status_id: FromPath[str]
) -> Response[bytes]:
    """What became of objects that were handed in."""
    asking = Asking(request, circle_id)
    found = asking.service.circle_objects.statuses.status(
        asking.principal, asking.circle, status_id
    )
    if found is None:
        raise missing("status")
    return taxii(found.resource())


@delete(
    f"{_OBJECTS}/{{object_id:str}}",
    status_code=200,
    sync_to_thread=True,
    guards=_GUARDS,
    opt={PERMISSION_OPT: _WRITE},
)
def remove_object(
    request: AnyRequest, circle_id: FromPath[str], name: FromPath[str], object_id: FromPath[str]
) -> Response[bytes]:
    """Take back what our organisation asserts; readers are shown that it is revoked."""
    asking = Asking(request, circle_id)
    collection = asking.collection(name)
    asking.check_present(collection, object_id)
    _check_writer(asking)
    asking.service.circle_objects.statuses.take_back(asking.principal, asking.circle, object_id)
    return Response(b"", status_code=200, media_type=TAXII_JSON)


def _check_writer(asking: Asking) -> None:
    """Refuse whoever may not hand anything in.

    Raises:
        PartnerError: CIRCLE_DENIED.
    """
    if not asking.may_write:
        raise PartnerError(
            ErrorCode.CIRCLE_DENIED, "Your organisation contributes nothing to this circle."
        )
