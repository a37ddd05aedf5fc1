# SPDX-License-Identifier: Apache-2.0
"""Objects of a collection, and what is known of them."""

from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath

from nahmi.access.roles import Permission
from nahmi.api.authentication import PERMISSION_OPT, requires
from nahmi.api.taxii.answers import page_of
from nahmi.api.taxii.asking import Asking
from nahmi.partner.stix.moments import taxii_moment
from nahmi.partner.stix.preface import Placed
from nahmi.partner.taxii.filters import FIELDS, Versions, of_object
from nahmi.partner.taxii.matching import version_of
from nahmi.partner.taxii.media import STIX_JSON

AnyRequest = Request[Any, Any, Any]
_READ = Permission.PARTNER_CIRCLE_READ
_FOR_READERS: Any = {"guards": [requires(_READ)], "opt": {PERMISSION_OPT: _READ}}
_COLLECTION = "/circles/{circle_id:str}/collections/{name:str}"


@get(f"{_COLLECTION}/objects", sync_to_thread=True, **_FOR_READERS)
def list_objects(
    request: AnyRequest, circle_id: FromPath[str], name: FromPath[str]
) -> Response[bytes]:
    """Objects in the order in which they were added."""
    asking = Asking(request, circle_id)
    return asking.objects_page(asking.collection(name), asking.query(FIELDS), "objects")


@get(f"{_COLLECTION}/manifest", sync_to_thread=True, **_FOR_READERS)
def list_manifest(
    request: AnyRequest, circle_id: FromPath[str], name: FromPath[str]
) -> Response[bytes]:
    """What is known of objects, without the objects."""
    asking = Asking(request, circle_id)
    found, more = asking.page(asking.collection(name), asking.query(FIELDS), "manifest")
    return page_of(found.objects, "objects", [_record(one) for one in found.objects], next_=more)


@get(f"{_COLLECTION}/objects/{{object_id:str}}", sync_to_thread=True, **_FOR_READERS)
def show_object(
    request: AnyRequest, circle_id: FromPath[str], name: FromPath[str], object_id: FromPath[str]
) -> Response[bytes]:
    """The versions of one object that are asked for."""
    asking = Asking(request, circle_id)
    collection = asking.collection(name)
    asked = of_object(asking.query(("version", "spec_version")), object_id)
    asking.check_present(collection, object_id)
    return asking.objects_page(collection, asked, "object")


@get(f"{_COLLECTION}/objects/{{object_id:str}}/versions", sync_to_thread=True, **_FOR_READERS)
def list_versions(
    request: AnyRequest, circle_id: FromPath[str], name: FromPath[str], object_id: FromPath[str]
) -> Response[bytes]:
    """When one object was changed."""
    asking = Asking(request, circle_id)
    collection = asking.collection(name)
    asked = of_object(asking.query(("spec_version",)), object_id, versions=Versions(all=True))
    asking.check_present(collection, object_id)
    found, more = asking.page(collection, asked, "versions")
    versions = [version_of(one) for one in found.objects]
    return page_of(found.objects, "versions", versions, next_=more)


def _record(one: Placed) -> dict[str, Any]:
    return {
        "id": one.stix["id"],
        "date_added": taxii_moment(one.added_us),
        "version": version_of(one),
        "media_type": STIX_JSON,
    }
