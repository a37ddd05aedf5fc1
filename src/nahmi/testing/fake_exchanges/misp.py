# SPDX-License-Identifier: Apache-2.0
"""A MISP and a MISP feed as they behave; PyMISP itself can sign in and work with the first.

What a MISP does that a client must bear:

- Numbers are texts, and truths are true, 1 or "1".
- An event that it has cannot be added again, and is changed only by one that is newer by a second.
- An attribute is changed only by one that is newer; what an event no longer has stays.
- Timestamps are whole seconds, and a search that asks from a second on includes it.
- Pages are counted, so what changes meanwhile moves from page to page.
- It says no with 403 and a name, not with 401.
"""

from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from nahmi.testing.fake_exchanges.program import FakeProgram
from nahmi.testing.loopback import Asked, Behaviour, reply

VERSION: Final = "2.5.34"
KEY: Final = "k" * 40


class FakeMisp(FakeProgram):
    """A MISP.

    Attributes:
        events: What it has, by UUID.
    """

    def __init__(self) -> None:
        self.events: dict[str, dict[str, Any]] = {}
        super().__init__()

    @property
    def credentials(self) -> str:
        """The key of its one user."""
        return KEY

    def answer(self, asked: Asked) -> Behaviour:
        """See `FakeProgram.answer`."""
        if asked.headers.get("authorization") != KEY:
            return _no("Authentication failed. Please make sure you pass the API key.")
        path = urlsplit(asked.path).path.removesuffix(".json").rstrip("/")
        body = msgspec.json.decode(asked.body) if asked.body else {}
        return self._answer(path, body)

    def _answer(self, path: str, body: dict[str, Any]) -> Behaviour:
        match path.strip("/").split("/"):
            case ["events", "add"]:
                return self._add(_event(body))
            case ["events", "edit", name]:
                return self._edit(name, _event(body))
            case ["events", "view", name] if name in self.events:
                return _json({"Event": self.events[name]})
            case ["events", "restSearch"]:
                return self._search_events(body)
            case ["attributes", "restSearch"]:
                return self._search_attributes(body)
            case _:
                return _about_itself(path)

    def attributes(self) -> list[dict[str, Any]]:
        """All attributes, those of objects and deleted ones among them, oldest first."""
        found = [
            attribute | {"Event": _brief(event)}
            for event in self.events.values()
            for attribute in [
                *event["Attribute"],
                *(one for each in event["Object"] for one in each["Attribute"]),
            ]
        ]
        return sorted(found, key=lambda one: int(one["timestamp"]))

    def _add(self, event: dict[str, Any]) -> Behaviour:
        if event["uuid"] in self.events:
            return _no("Could not add Event", ["Event already exists."])
        self.events[event["uuid"]] = {"Attribute": [], "Object": [], "Tag": []} | event
        return _json({"Event": self.events[event["uuid"]]})

    def _edit(self, name: str, event: dict[str, Any]) -> Behaviour:
        held = self.events.get(name)
        if held is None:
            return _no("Invalid event.", status=404)
        if int(event["timestamp"]) <= int(held["timestamp"]):
            return _no("Could not edit Event", ["Event in the request is not newer than ours."])
        for kind in ("Attribute", "Object"):
            held[kind] = _merged(held[kind], event.get(kind, []))
        fields = {field: value for field, value in event.items() if not isinstance(value, list)}
        held |= fields
        return _json({"Event": held})

    def _search_events(self, wanted: dict[str, Any]) -> Behaviour:
        names = wanted.get("uuid") or list(self.events)
        names = [names] if isinstance(names, str) else names
        found = [self.events[name] for name in names if name in self.events]
        if wanted.get("metadata"):
            found = [
                {field: value for field, value in one.items() if not isinstance(value, list)}
                for one in found
            ]
        return _json({"response": [{"Event": one} for one in found]})

    def _search_attributes(self, wanted: dict[str, Any]) -> Behaviour:
        since = int(wanted.get("timestamp") or 0)
        types = wanted.get("type") or wanted.get("type_attribute") or {}
        types = types.get("OR", []) if isinstance(types, dict) else [types]
        deleted = wanted.get("deleted") or [0]
        found = [
            one
            for one in self.attributes()
            if int(one["timestamp"]) >= since
            and (not types or one["type"] in types)
            and int(bool(one["deleted"])) in deleted
        ]
        limit, page = int(wanted.get("limit") or 1000), int(wanted.get("page") or 1)
        return _json({"response": {"Attribute": found[(page - 1) * limit : page * limit]}})


class FakeMispFeed(FakeProgram):
    """A web server that hands out the folder of a feed.

    Args:
        folder: Whatever is in it is handed out.
    """

    credentials = ""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        super().__init__()

    def answer(self, asked: Asked) -> Behaviour:
        """See `FakeProgram.answer`."""
        path = self.folder / Path(urlsplit(asked.path).path).name
        if not path.is_file():
            return reply(404)
        return reply(200, path.read_bytes(), content_type="application/json")


def _merged(held: list[dict[str, Any]], given: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What it has after a change: of each the newer one, and all that the change does not name."""
    found = {one["uuid"]: one for one in held}
    for one in given:
        known = found.get(one["uuid"])
        if known is None or int(one["timestamp"]) > int(known["timestamp"]):
            fields = dict(one)
            if known is not None and "Attribute" in known:
                fields["Attribute"] = _merged(known["Attribute"], one.get("Attribute", []))
            found[one["uuid"]] = fields
    return list(found.values())


def _event(body: dict[str, Any]) -> dict[str, Any]:
    event: dict[str, Any] = body.get("Event", body)
    return event


def _brief(event: dict[str, Any]) -> dict[str, Any]:
    return {name: event[name] for name in ("uuid", "info", "Orgc", "Tag") if name in event}


def _about_itself(path: str) -> Behaviour:
    """What PyMISP asks before anything else."""
    user = {"id": "1", "email": "admin@admin.test", "org_id": "1", "role_id": "1"}
    known: dict[str, Any] = {
        "/servers/getVersion": {"version": VERSION, "perm_sync": True, "perm_sighting": True},
        "/servers/getPyMISPVersion": {"version": VERSION},
        "/users/view/me": {
            "User": user,
            "Role": {"id": "1", "name": "admin"},
            "UserSetting": [],
            "Organisation": {"id": "1", "name": "ORG"},
        },
    }
    return _json(known[path]) if path in known else _no("Not found.", status=404)


def _no(name: str, errors: list[str] | None = None, *, status: int = 403) -> Behaviour:
    said = {"name": name, "message": name, "url": "/", "errors": errors or [name]}
    return _said(status, said)


def _json(answer: object) -> Behaviour:
    return _said(200, answer)


def _said(status: int, answer: object) -> Behaviour:
    # PyMISP keeps connections, and these are closed after each answer.
    more = {"content_type": "application/json", "connection": "close"}
    return reply(status, msgspec.json.encode(answer), **more)
