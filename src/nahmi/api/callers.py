# SPDX-License-Identifier: Apache-2.0
"""Whoever made a request, and what serves them."""

from typing import Any

from litestar import Request

from nahmi.access.identity import Principal
from nahmi.api.entity_tags import check_unchanged
from nahmi.api.services import services_of
from nahmi.bootstrap.circles import Circles
from nahmi.bootstrap.journeys import Journeys
from nahmi.bootstrap.service import Service

AnyRequest = Request[Any, Any, Any]


class Caller:
    """Whoever made a request.

    Args:
        request: Theirs.
    """

    def __init__(self, request: AnyRequest) -> None:
        self.request = request

    @property
    def principal(self) -> Principal:
        """Who they are."""
        who: Principal = self.request.user
        return who

    @property
    def service(self) -> Service:
        """The node."""
        return services_of(self.request.app)

    @property
    def journeys(self) -> Journeys:
        """What the node does for whoever asks."""
        return self.service.journeys

    @property
    def circles(self) -> Circles:
        """What the node does with circles."""
        return self.service.circles

    def check_unchanged(self, reply: object) -> None:
        """Refuse a change of an object that is not as the caller saw it.

        Raises:
            RequestError: PRECONDITION_FAILED.
        """
        check_unchanged(self.request, reply)


def caller_of(request: AnyRequest) -> Caller:
    """The caller of a request; routes ask for it by the name `caller`."""
    return Caller(request)
