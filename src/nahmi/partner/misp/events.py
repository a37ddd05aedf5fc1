# SPDX-License-Identifier: Apache-2.0
"""Assertions of a circle as MISP events: one for each organisation, category and day.

MISP takes an event again only when its timestamp, in whole seconds, is larger than before, and
never removes what is no longer in it. So what is taken back stays, as deleted, and both it and its
event are as new as the last change.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from nahmi.core.bank import Category
from nahmi.partner.circles.roster import Roster
from nahmi.partner.misp import template
from nahmi.partner.misp.tags import tags_of
from nahmi.partner.naming import name_of
from nahmi.partner.statements.kinds import Assertion

MOST_ATTRIBUTES: Final = 1_000
"""Assertions of one event at most."""

ANALYSIS_COMPLETED: Final = "2"
THREAT_UNDEFINED: Final = "4"
INHERIT: Final = "5"
"""The distribution of an attribute that is its event's."""

PAYLOAD: Final = "Payload delivery"
NETWORK: Final = "Network activity"

_TYPES: Final = {
    "md5": ("md5", PAYLOAD),
    "sha1": ("sha1", PAYLOAD),
    "sha256": ("sha256", PAYLOAD),
    "url": ("url", NETWORK),
    "url_host": ("hostname", NETWORK),
}
_MAX_DISTANCE: Final = {"pdq": 31}
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """Which assertions an event has.

    Attributes:
        org: Whose.
        category: Of which category they were at first.
        day: On which day they were first made, UTC, such as `2026-11-27`.
        part: From 0, where one event does not have room for all.
    """

    org: str
    category: Category
    day: str
    part: int = 0


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """An assertion in an event.

    Attributes:
        name: Its id.
        said: Its newest text; None when it was destroyed.
        is_deleted: It was taken back.
        changed_s: When it was changed last, whole seconds since 1970.
    """

    name: str
    said: Assertion | None
    is_deleted: bool
    changed_s: int


def event_of(roster: Roster, batch: Batch, items: Sequence[Item]) -> dict[str, Any]:
    """An event, as a feed's file has it.

    Args:
        roster: The circle's present one.
        batch: Which assertions it has.
        items: The assertions, at least one.
    """
    changed_s = max(item.changed_s for item in items)
    plain = [item for item in items if not _is_perceptual(item)]
    return {
        "Event": {
            "uuid": event_id(roster.circle, batch),
            "info": f"{roster.name}: {batch.category}",
            "date": batch.day,
            "analysis": ANALYSIS_COMPLETED,
            "threat_level_id": THREAT_UNDEFINED,
            "timestamp": str(changed_s),
            "publish_timestamp": str(changed_s),
            "published": True,
            "extends_uuid": "",
            "protected": False,
            "Orgc": {"name": _org_name(roster, batch.org), "uuid": batch.org},
            "Tag": tags_of(roster.rules, batch.category),
            "Attribute": [_attribute(item) for item in plain],
            "Object": [
                _stub(item) if item.said is None else _object(item, item.said)
                for item in items
                if item.said is None or _is_perceptual(item)
            ],
        }
    }


def event_id(circle: str, batch: Batch) -> str:
    """The UUID of an event; the same whoever makes it."""
    parts = (batch.org, batch.category.value, batch.day, str(batch.part))
    return name_of("misp", circle, *parts)


def manifest_of(event: dict[str, Any]) -> dict[str, Any]:
    """What a feed's manifest says of an event."""
    about = event["Event"]
    return {
        "Orgc": about["Orgc"],
        "Tag": about["Tag"],
        "info": about["info"],
        "date": about["date"],
        "analysis": int(about["analysis"]),
        "threat_level_id": int(about["threat_level_id"]),
        "timestamp": int(about["timestamp"]),
    }


def values_of(event: dict[str, Any]) -> list[str]:
    """What of an event can be searched for and was not taken back."""
    about = event["Event"]
    attributes = [
        *about["Attribute"],
        *(one for each in about["Object"] for one in each["Attribute"]),
    ]
    return [one["value"] for one in attributes if one["to_ids"] and not one["deleted"]]


def _is_perceptual(item: Item) -> bool:
    return item.said is not None and item.said.signal.signal_type not in _TYPES


def _attribute(item: Item) -> dict[str, Any]:
    if item.said is None:
        return _field(item.name, "comment", "Other", "redacted", item, to_ids=False)
    kind, category = _TYPES[item.said.signal.signal_type]
    made = _field(item.name, kind, category, item.said.signal.value, item, to_ids=True)
    return made | {"comment": _comment(item.said)}


def _stub(item: Item) -> dict[str, Any]:
    """What deletes a fingerprint of which nothing is left; whether it was one is not known either.

    MISP deletes no fields with their object, so the one that matters is deleted by itself.
    """
    name = name_of("misp", item.name, "value")
    field = _field(name, "hex", "Other", "00", item, to_ids=False)
    return _object_of(item, [field | {"object_relation": "value", "disable_correlation": True}])


def _object(item: Item, said: Assertion) -> dict[str, Any]:
    signal = said.signal
    fields: list[tuple[str, str, str, bool]] = [
        ("algorithm", "text", signal.signal_type, False),
        ("value", "hex", signal.value, True),
    ]
    if said.quality is not None:
        fields.append(("quality", "counter", str(said.quality), False))
    if signal.signal_type in _MAX_DISTANCE:
        most = str(_MAX_DISTANCE[signal.signal_type])
        fields.append(("max-distance", "counter", most, False))
    if "/" in said.media:
        fields.append(("media-type", "mime-type", said.media, False))
    made = [
        _field(name_of("misp", item.name, name), kind, "Other", value, item, to_ids=to_ids)
        | {"object_relation": name, "disable_correlation": not to_ids}
        for name, kind, value, to_ids in fields
    ]
    return _object_of(item, made) | {"comment": _comment(said)}


def _object_of(item: Item, fields: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "uuid": item.name,
        "name": template.NAME,
        "meta-category": template.META_CATEGORY,
        "description": template.DESCRIPTION,
        "template_uuid": template.UUID,
        "template_version": str(template.VERSION),
        "timestamp": str(item.changed_s),
        "distribution": INHERIT,
        "comment": "",
        "deleted": item.is_deleted,
        "Attribute": fields,
    }


def _field(  # noqa: PLR0913 - each is a field of its own
    uuid: str, kind: str, category: str, value: str, item: Item, *, to_ids: bool
) -> dict[str, Any]:
    return {
        "uuid": uuid,
        "type": kind,
        "category": category,
        "value": value,
        "comment": "",
        "to_ids": to_ids,
        "timestamp": str(item.changed_s),
        "distribution": INHERIT,
        "deleted": item.is_deleted,
        "disable_correlation": False,
    }


def _comment(said: Assertion) -> str:
    return f"{said.category}; review: {said.review}, {said.reviewers}"


def _org_name(roster: Roster, org: str) -> str:
    member = roster.member(org)
    return org if member is None else member.name


def day_of(us: int) -> str:
    """The day of a moment, UTC.

    Args:
        us: Microseconds since 1970.
    """
    return f"{_EPOCH + timedelta(microseconds=us):%Y-%m-%d}"
