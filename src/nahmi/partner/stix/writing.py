# SPDX-License-Identifier: Apache-2.0
"""Statements of a circle as STIX objects: indicators, opinions and sightings."""

from datetime import date, timedelta
from typing import Any, Final

import msgspec

from nahmi.partner.statements.kinds import (
    AnyStatement,
    Assertion,
    Ground,
    Opinion,
    Redact,
    Retract,
    Sighting,
)
from nahmi.partner.statements.text import moment
from nahmi.partner.stix.extension import EXTENSION_ID, PROPERTY_EXTENSION
from nahmi.partner.stix.identities import identity_id
from nahmi.partner.stix.moments import stix_moment, us_of
from nahmi.partner.stix.patterns import STIX, pattern_of
from nahmi.partner.stix.reading import MOST_COUNT
from nahmi.partner.stix.versions import INDICATOR, OPINION, SIGHTING, Version

REDACTED: Final = "redacted"
"""The pattern, and its type, of an indicator of which nothing is left."""

_PDQ: Final = {"bits": 256, "max_distance": 31}
_STEPS: Final = (
    (-60, "strongly-disagree"),
    (-20, "disagree"),
    (20, "neutral"),
    (60, "agree"),
)
"""Upper bounds of the steps of an opinion, -100..100; the last step has none."""


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """The circle whose statements are written.

    Attributes:
        circle: Its id.
        origin: The name of its log.
        marking: The id of its marking's object.
    """

    circle: str
    origin: str
    marking: str


def object_of(  # noqa: PLR0913 - what a statement needs from elsewhere, each for its kind
    said: AnyStatement,
    version: Version,
    place: Place,
    *,
    source: AnyStatement | None = None,
    org: str = "",
    target: bytes = b"",
) -> dict[str, Any]:
    """The object that a statement is.

    Args:
        said: An assertion, or what is said of one.
        version: Which version it is.
        place: Its circle.
        source: Of a retraction, the assertion that it takes back; None where that was destroyed.
        org: Of a redaction, whose assertion it was.
        target: Of an opinion or sighting, 16 bytes of the id of the indicator that it is about.
    """
    match said:
        case Assertion():
            return _indicator(said, version, place)
        case Retract() if isinstance(source, Assertion):
            return _indicator(source, version, place) | {
                "revoked": True,
                "extensions": _extension(
                    version,
                    place,
                    _signal_facts(source) | {"retracted": said.reason.value},
                ),
            }
        case Opinion():
            return _opinion(said, version, place, target)
        case Sighting():
            return _sighting(said, version, place, target)
        case _:
            return _stub(said, version, place, org)


def step_of(value: int) -> str:
    """The step of an opinion, -100..100, on STIX's scale of five."""
    return next((name for bound, name in _STEPS if value < bound), "strongly-agree")


def uuid_text(name: bytes) -> str:
    """A UUID of 16 bytes as text."""
    digits = name.hex()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _common(kind: str, org: str, version: Version, place: Place) -> dict[str, Any]:
    return {
        "type": kind,
        "spec_version": "2.1",
        "id": f"{kind}--{uuid_text(version.name)}",
        "created_by_ref": identity_id(org),
        "created": stix_moment(version.created_us),
        "modified": stix_moment(version.modified_us),
        "object_marking_refs": [place.marking],
    }


def _extension(version: Version, place: Place, facts: dict[str, Any]) -> dict[str, Any]:
    return {
        EXTENSION_ID: {
            "extension_type": PROPERTY_EXTENSION,
            **facts,
            "circle": place.circle,
            "source_assertion_id": uuid_text(version.about),
            "log": {"origin": place.origin, "index": version.seq},
        }
    }


def _indicator(said: Assertion, version: Version, place: Place) -> dict[str, Any]:
    pattern = pattern_of(said.signal)
    made = _common(INDICATOR, said.org, version, place) | {
        "name": f"{said.category} ({said.signal.signal_type})",
        "description": "A signal of harmful content, as a member of a sharing circle asserts it.",
        "pattern": pattern.text,
        "pattern_type": pattern.kind,
        "valid_from": stix_moment(version.created_us),
        "extensions": _extension(version, place, _signal_facts(said)),
    }
    if pattern.kind == STIX:
        made["pattern_version"] = "2.1"
    until = us_of(moment(said.expires)) if said.expires else 0
    if until > version.created_us:
        made["valid_until"] = stix_moment(until)
    return made


def _signal_facts(said: Assertion) -> dict[str, Any]:
    signal = said.signal
    hashed: dict[str, Any] = {"algorithm": signal.signal_type, "value": signal.value}
    if said.quality is not None:
        hashed["quality"] = said.quality
    if signal.signal_type == "pdq":
        hashed |= _PDQ
    facts: dict[str, Any] = {
        "media_hashes": [hashed],
        "harm_class": said.category.value,
        "review": {"method": said.review.value, "reviewers": said.reviewers},
    }
    if said.media:
        facts["media"] = said.media
    if said.grounds:
        facts["legal_status"] = [_legal(ground) for ground in said.grounds]
    return facts


def _legal(ground: Ground) -> dict[str, str]:
    said = {
        "jurisdiction": ground.jurisdiction,
        "lawful_basis": ground.law,
        "grade": ground.grade,
    }
    return {name: text for name, text in said.items() if text}


def _opinion(said: Opinion, version: Version, place: Place, target: bytes) -> dict[str, Any]:
    made = _common(OPINION, said.org, version, place) | {
        "opinion": step_of(said.value),
        "object_refs": [f"{INDICATOR}--{uuid_text(target)}"],
        "extensions": _extension(version, place, {"value": said.value, "basis": said.basis.value}),
    }
    if said.reason:
        made["explanation"] = said.reason
    return made


def _sighting(said: Sighting, version: Version, place: Place, target: bytes) -> dict[str, Any]:
    day = date.fromisoformat(said.day)
    return _common(SIGHTING, said.org, version, place) | {
        "first_seen": f"{day}T00:00:00.000Z",
        "last_seen": f"{min(day, date.max - timedelta(days=1)) + timedelta(days=1)}T00:00:00.000Z",
        "count": min(said.count, MOST_COUNT),
        "sighting_of_ref": f"{INDICATOR}--{uuid_text(target)}",
        "where_sighted_refs": [identity_id(said.org)],
        "extensions": _extension(version, place, {}),
    }


def _stub(said: AnyStatement, version: Version, place: Place, org: str) -> dict[str, Any]:
    """An indicator of which nothing is left but that it is revoked."""
    facts = {"retracted": said.reason.value} if isinstance(said, Redact | Retract) else {}
    return _common(INDICATOR, org or said.org, version, place) | {
        "name": REDACTED,
        "description": "What was asserted here has been destroyed.",
        "pattern": REDACTED,
        "pattern_type": REDACTED,
        "valid_from": stix_moment(version.created_us),
        "revoked": True,
        "extensions": _extension(version, place, facts),
    }
