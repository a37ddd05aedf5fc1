# SPDX-License-Identifier: Apache-2.0
"""Pages of a TAXII collection, as servers send them."""

from typing import Any, Final

import msgspec

from nahmi.partner.stix.moments import read_moment
from nahmi.wire.exchanges.plain_json import read_object, word
from nahmi.wire.exchanges.talk import Reply, malformed

FIRST: Final = "x-taxii-date-added-first"
LAST: Final = "x-taxii-date-added-last"


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """A page.

    Attributes:
        objects: As they came.
        has_more: More follows.
        token: Of the next page; empty where none is given.
        first_us: When its first object was added, microseconds since 1970; None when not said.
        last_us: When its last one was.
    """

    objects: tuple[Any, ...]
    has_more: bool
    token: str
    first_us: int | None
    last_us: int | None

    def __repr__(self) -> str:
        return f"Envelope(objects=<{len(self.objects)} withheld>, has_more={self.has_more})"


def read_envelope(reply: Reply) -> Envelope:
    """A page of objects.

    Servers leave out `objects` when there are none, `more` when there is no more, and some the
    headers that say when objects were added.

    Raises:
        WireError: EXCHANGE_MALFORMED: it is none, or was cut off.
    """
    found = read_object(reply.body)
    objects = found.get("objects", [])
    has_more = found.get("more", False)
    if not isinstance(objects, list) or not isinstance(has_more, bool):
        raise malformed("an answer of another form")
    return Envelope(
        objects=tuple(objects),
        has_more=has_more,
        token=word(found.get("next")),
        first_us=read_moment(reply.headers.get(FIRST, "")),
        last_us=read_moment(reply.headers.get(LAST, "")),
    )


def read_added(reply: Reply) -> int | None:
    """When the newest of the objects of a manifest was added, microseconds since 1970.

    Raises:
        WireError: EXCHANGE_MALFORMED.
    """
    objects = read_object(reply.body).get("objects", [])
    if not isinstance(objects, list):
        raise malformed("an answer of another form")
    texts = [one.get("date_added") for one in objects if isinstance(one, dict)]
    moments = [read_moment(text) for text in texts if isinstance(text, str)]
    return max((us for us in moments if us is not None), default=None)
