# SPDX-License-Identifier: Apache-2.0
"""Whether an object is one that a request asks for."""

import msgspec

from nahmi.partner.stix.preface import Placed
from nahmi.partner.taxii.filters import Asked


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """An object, and which of its versions this is.

    Attributes:
        placed: The object with its moment in the order.
        moment_us: When this version was made, microseconds since 1970.
        is_first: No version is before it.
        is_last: No version is after it.
    """

    placed: Placed
    moment_us: int
    is_first: bool
    is_last: bool


def version_of(placed: Placed) -> str:
    """The version of an object, as TAXII has it: the moment that it was changed or made."""
    stix = placed.stix
    return str(stix.get("modified") or stix["created"])


def matched(one: Candidate, asked: Asked) -> bool:
    """Whether an object is asked for."""
    stix = one.placed.stix
    if asked.ids is not None and stix["id"] not in asked.ids:
        return False
    if asked.types is not None and stix["type"] not in asked.types:
        return False
    versions = asked.versions
    return (
        versions.all
        or (versions.first and one.is_first)
        or (versions.last and one.is_last)
        or one.moment_us in versions.moments
    )
