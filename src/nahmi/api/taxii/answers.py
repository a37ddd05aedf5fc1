# SPDX-License-Identifier: Apache-2.0
"""Answers as TAXII wants them: its content type, nothing that is empty, dates of what was added."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from litestar import Response

from nahmi.partner.stix.moments import taxii_moment
from nahmi.partner.stix.preface import Placed
from nahmi.partner.taxii.media import TAXII_JSON

FIRST = "x-taxii-date-added-first"
LAST = "x-taxii-date-added-last"


def taxii(
    resource: Mapping[str, Any], *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response[bytes]:
    """An answer.

    Args:
        resource: Lists and other values that are empty are left out.
        status: Of HTTP.
        headers: More of them.
    """
    body = {name: value for name, value in resource.items() if value not in (None, "", (), [])}
    return Response(
        msgspec.json.encode(body),
        status_code=status,
        media_type=TAXII_JSON,
        headers=dict(headers or {}),
    )


def page_of(
    objects: Sequence[Placed], name: str, items: Sequence[object], *, next_: str | None
) -> Response[bytes]:
    """A page of something about objects.

    Args:
        objects: Of what it is about.
        name: Of its list.
        items: What the list holds.
        next_: The cursor of the page after it; None for the last one.
    """
    headers = {}
    if objects:
        headers = {
            FIRST: taxii_moment(objects[0].added_us),
            LAST: taxii_moment(objects[-1].added_us),
        }
    return taxii({"more": next_ is not None, "next": next_, name: items}, headers=headers)
