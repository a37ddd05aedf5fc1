# SPDX-License-Identifier: Apache-2.0
"""nahmi's published extension of STIX 2.1: what circles say beyond what STIX has words for.

docs/reference/stix/media-signal.json is its schema.
"""

from typing import Any, Final

PROPERTY_EXTENSION: Final = "property-extension"

PROJECT_ID: Final = "identity--60f3bf1f-ab42-45a5-b4e5-c8cafae56520"
"""Who publishes the extension."""

EXTENSION_ID: Final = "extension-definition--fc4b85e1-bd84-4690-a966-033b6884e453"
"""The extension's name in every object that uses it."""

SCHEMA_PATH: Final = "/taxii2/schemas/media-signal.json"
"""Where every node serves the schema."""

_MADE: Final = "2026-11-27T00:00:00.000Z"
_VERSION: Final = "1.0.0"


def project_object() -> dict[str, Any]:
    """The identity of whoever publishes the extension."""
    return {
        "type": "identity",
        "spec_version": "2.1",
        "id": PROJECT_ID,
        "created": _MADE,
        "modified": _MADE,
        "name": "nahmi",
        "description": "Open infrastructure to protect children online together.",
        "identity_class": "organization",
    }


def extension_object() -> dict[str, Any]:
    """The extension's definition."""
    return {
        "type": "extension-definition",
        "spec_version": "2.1",
        "id": EXTENSION_ID,
        "created_by_ref": PROJECT_ID,
        "created": _MADE,
        "modified": _MADE,
        "name": "Media signals of sharing circles",
        "description": (
            "Fingerprints of harmful pictures and videos, how they were reviewed, under which law "
            "they are shared, and where they stand in a circle's log."
        ),
        # A path, for the schema comes with every node, and no address of ours need be asked.
        "schema": f"docs/reference/stix/media-signal.json; served as {SCHEMA_PATH}",
        "version": _VERSION,
        "extension_types": [PROPERTY_EXTENSION],
    }
