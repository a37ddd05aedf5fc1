# SPDX-License-Identifier: Apache-2.0
"""Which media types a client may send, and which it can read."""

from collections.abc import Iterator
from typing import Final

TAXII_JSON: Final = "application/taxii+json;version=2.1"
"""The content type of every answer, in the spelling that all clients understand."""

STIX_JSON: Final = "application/stix+json;version=2.1"
"""What collections hold."""

_TAXII: Final = "application/taxii+json"
_RANGES: Final = frozenset({"*/*", "application/*", "application/json", _TAXII})
_VERSIONS: Final = frozenset({"", "2.1"})


def is_acceptable(accept: str | None) -> bool:
    """Whether a client can read our answers.

    A client that names no version, or only `application/json`, is given ours. One that wants
    another version alone is not.

    Args:
        accept: The header; None where there is none.
    """
    ranges = list(_ranges(accept or ""))
    if not ranges:
        return True
    return any(
        kind in _RANGES and parameters.get("version", "") in _VERSIONS and _weight(parameters) > 0
        for kind, parameters in ranges
    )


def is_taxii(content_type: str | None) -> bool:
    """Whether a body is of a type that collections take."""
    found = list(_ranges(content_type or ""))
    if len(found) != 1:
        return False
    kind, parameters = found[0]
    return kind == _TAXII and parameters.get("version", "") in _VERSIONS


def _ranges(header: str) -> Iterator[tuple[str, dict[str, str]]]:
    for part in header.split(","):
        kind, *rest = part.split(";")
        if kind.strip():
            yield kind.strip().lower(), dict(_parameter(one) for one in rest)


def _parameter(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name.strip().lower(), value.strip().strip('"')


def _weight(parameters: dict[str, str]) -> float:
    try:
        return float(parameters.get("q", "1"))
    except ValueError:
        return 0.0
