# SPDX-License-Identifier: Apache-2.0
"""What a request to a collection asks for, and whether whoever asks may have it."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from litestar import Request, Response

from nahmi.access.identity import Principal
from nahmi.access.roles import Permission
from nahmi.api.services import services_of
from nahmi.api.taxii.answers import page_of
from nahmi.bootstrap.service import Service
from nahmi.errors import ErrorCode, RequestError
from nahmi.flows.circles.contributing import may_contribute
from nahmi.flows.circles.objects import Objects, Page
from nahmi.operate.node_key import derive
from nahmi.partner.ports.circle import Circle
from nahmi.partner.taxii import cursors
from nahmi.partner.taxii.collections import Collection, collection_of
from nahmi.partner.taxii.filters import Asked, of_object, read_query
from nahmi.partner.taxii.media import is_acceptable

AnyRequest = Request[Any, Any, Any]


def check_acceptable(request: AnyRequest) -> None:
    """Refuse a client that cannot read our answers.

    Raises:
        RequestError: REQUEST_UNACCEPTABLE.
    """
    if not is_acceptable(request.headers.get("accept")):
        raise RequestError(
            ErrorCode.REQUEST_UNACCEPTABLE,
            "The answer has none of the content types that are asked for.",
            hint="Ask for application/taxii+json;version=2.1.",
        )


def missing(what: str) -> RequestError:
    """The error for a resource that is not there, or not for whoever asks."""
    return RequestError(ErrorCode.ROUTE_MISSING, f"There is no such {what} here.")


class Asking:
    """A request to a circle or one of its collections.

    Args:
        request: The request.
        circle_id: Which circle.

    Raises:
        PartnerError: CIRCLE_MISSING: it is not the caller's to read.
    """

    def __init__(self, request: AnyRequest, circle_id: str) -> None:
        self.service: Service = services_of(request.app)
        self.principal: Principal = request.user
        self.objects: Objects = self.service.circle_objects.objects
        self.circle: Circle = self.objects.circle(self.principal, circle_id)
        self._request = request

    @property
    def may_write(self) -> bool:
        """Whether whoever asks may hand objects in."""
        return self.principal.may(Permission.PARTNER_ASSERTION_WRITE) and may_contribute(
            self.circle
        )

    def collection(self, name: str) -> Collection:
        """A collection of the circle, by id or alias.

        Raises:
            RequestError: ROUTE_MISSING.
        """
        found = collection_of(self.circle.roster.roster, name)
        if found is None:
            raise missing("collection")
        return found

    def query(self, fields: Iterable[str]) -> Asked:
        """What the request asks for.

        Raises:
            InputError: INPUT_INVALID.
        """
        text = self._request.scope["query_string"].decode("latin-1")
        return read_query(parse_qsl(text, keep_blank_values=True), fields=fields)

    def page(self, collection: Collection, asked: Asked, method: str) -> tuple[Page, str | None]:
        """A page of a collection, and the cursor of the one after it.

        Args:
            collection: Of the circle.
            asked: What is wanted.
            method: A word for what is asked of the objects; its cursors are not another's.

        Raises:
            InputError: INPUT_INVALID: the cursor was not made for this.
        """
        secret = derive(self.service.node_key, cursors.PURPOSE)
        query = f"{self.circle.circle_id}\n{collection.alias}\n{method}\n".encode()
        query += asked.digestible()
        if asked.next:
            after = cursors.read_cursor(secret, asked.next, query=query)
            asked = msgspec.structs.replace(asked, after_us=max(after, asked.after_us or 0))
        found = self.objects.page(self.circle, collection.category, asked)
        more = cursors.write_cursor(secret, found.end_us, query=query) if found.has_more else None
        return found, more

    def objects_page(self, collection: Collection, asked: Asked, method: str) -> Response[bytes]:
        """A page of the objects themselves."""
        found, more = self.page(collection, asked, method)
        return page_of(found.objects, "objects", [one.stix for one in found.objects], next_=more)

    def check_present(self, collection: Collection, object_id: str) -> None:
        """Refuse an object that a collection does not have in any version.

        Raises:
            RequestError: ROUTE_MISSING.
        """
        asked = of_object(Asked(limit=1), object_id)
        if not self.objects.page(self.circle, collection.category, asked).objects:
            raise missing("object")
