# SPDX-License-Identifier: Apache-2.0
"""The Traffic Light Protocol 2.0 as OASIS publishes it for STIX 2.1.

These objects are everybody's: their ids, moments and names are never made anew.

Source:
    OASIS, cti-stix-common-objects, extension definition "TLP 2.0".
"""

from typing import Any, Final

from nahmi.partner.circles.rules import Marking

TLP_EXTENSION: Final = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"

_IDS: Final = {
    Marking.CLEAR: "94868c89-83c2-464b-929b-a1a8aa3c8487",
    Marking.GREEN: "bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
    Marking.AMBER: "55d920b0-5e8b-4f79-9ee9-91f868d9b421",
    Marking.AMBER_STRICT: "939a9414-2ddd-4d32-a0cd-375ea402b003",
    Marking.RED: "e828b379-4e03-4974-9ac4-e53a884c97c1",
}
_BY_ID: Final = {f"marking-definition--{uuid}": marking for marking, uuid in _IDS.items()}


def marking_id(marking: Marking) -> str:
    """The id of a marking's object."""
    return f"marking-definition--{_IDS[marking]}"


def marking_object(marking: Marking) -> dict[str, Any]:
    """A marking, as it is published."""
    return {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": marking_id(marking),
        "created": "2022-10-01T00:00:00.000Z",
        "name": f"TLP:{marking.upper()}",
        "extensions": {
            TLP_EXTENSION: {"extension_type": "property-extension", "tlp_2_0": marking.value}
        },
    }


def marking_of(object_id: str) -> Marking | None:
    """The marking that an id stands for; None for any other object."""
    return _BY_ID.get(object_id)
