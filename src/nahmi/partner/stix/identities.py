# SPDX-License-Identifier: Apache-2.0
"""Members of a circle as STIX identities."""

from typing import Any, Final

from nahmi.partner.circles.members import INTERNATIONAL, CircleMember, Sector
from nahmi.partner.stix.extension import EXTENSION_ID, PROPERTY_EXTENSION
from nahmi.partner.stix.moments import stix_moment

_SECTORS: Final = {
    Sector.GOVERNMENT: "government",
    Sector.LAW_ENFORCEMENT: "government",
    Sector.HOTLINE: "non-profit",
    Sector.COMPANY: "technology",
    Sector.CHARITY: "non-profit",
    Sector.RESEARCH: "education",
    Sector.INTERGOVERNMENTAL: "government",
}
"""The nearest word of STIX's list; ours is in the extension."""


def identity_id(org: str) -> str:
    """The id of a member's object."""
    return f"identity--{org}"


def identity_object(
    member: CircleMember, *, created_us: int, modified_us: int, marking: str
) -> dict[str, Any]:
    """A member.

    Args:
        member: As a roster has it.
        created_us: When the circle first named it, microseconds since 1970.
        modified_us: When it came to be as it is here.
        marking: The id of the circle's marking.
    """
    about: dict[str, Any] = {
        "extension_type": PROPERTY_EXTENSION,
        "sector": member.sector.value,
        "membership": member.membership.value,
    }
    if member.country != INTERNATIONAL:
        about["country"] = member.country
    return {
        "type": "identity",
        "spec_version": "2.1",
        "id": identity_id(member.org),
        "created": stix_moment(created_us),
        "modified": stix_moment(modified_us),
        "name": member.name,
        "identity_class": "organization",
        "sectors": [_SECTORS[member.sector]],
        "object_marking_refs": [marking],
        "extensions": {EXTENSION_ID: about},
    }
