# SPDX-License-Identifier: Apache-2.0
"""Hands events to a MISP over its interface: those that it lacks, and those that are newer here.

What the MISP has is asked first, so to hand over the same again costs one request, and whoever was
interrupted begins anew.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from nahmi.wire.exchanges.plain_json import read_object, write
from nahmi.wire.exchanges.talk import Talk, malformed, may_pass, no

AT_ONCE: Final = 100
"""Events that are asked about at once."""

_OK: Final = 200
_MISSING: Final = 404


class Pushed(msgspec.Struct, frozen=True, kw_only=True):
    """What came of handing events over.

    Attributes:
        added: Events that the MISP did not have.
        changed: Events that were older there.
        unchanged: Events that were as new there.
    """

    added: int = 0
    changed: int = 0
    unchanged: int = 0


class MispPusher:
    """Hands events over.

    Args:
        talk: To the MISP.
        headers: What the node signs in with.
    """

    def __init__(self, talk: Talk, headers: Mapping[str, str]) -> None:
        self._talk = talk
        self._headers = {
            **headers,
            "Accept": "application/json",
            "Content-Type": "application/json",
        }

    def push(self, events: Iterable[dict[str, Any]]) -> Pushed:
        """Hand events over, as a feed's files have them.

        Raises:
            WireError: EXCHANGE_REFUSED, EXCHANGE_MALFORMED, FETCH_FAILED, FETCH_TIMEOUT or
                FETCH_TOO_LARGE; what was handed over by then stays there.
        """
        done = Pushed()
        some: list[dict[str, Any]] = []
        for event in events:
            some.append(event)
            if len(some) == AT_ONCE:
                done, some = self._hand_over(some, done), []
        return self._hand_over(some, done) if some else done

    def _hand_over(self, events: list[dict[str, Any]], done: Pushed) -> Pushed:
        stamps = self._stamps([event["Event"]["uuid"] for event in events])
        added, changed, unchanged = done.added, done.changed, done.unchanged
        for event in events:
            name, stamp = event["Event"]["uuid"], int(event["Event"]["timestamp"])
            if name not in stamps:
                self._call("/events/add", event)
                added += 1
            elif stamps[name] < stamp:
                self._call(f"/events/edit/{name}", event)
                changed += 1
            else:
                unchanged += 1
        return Pushed(added=added, changed=changed, unchanged=unchanged)

    def _stamps(self, names: list[str]) -> dict[str, int]:
        """The timestamps of those of some events that the MISP has."""
        wanted = {"returnFormat": "json", "uuid": names, "metadata": 1, "limit": len(names)}
        found = self._call("/events/restSearch", wanted).get("response")
        if not isinstance(found, list):
            raise malformed("an answer of another form")
        stamps: dict[str, int] = {}
        for one in found:
            event = one.get("Event") if isinstance(one, dict) else None
            if isinstance(event, dict) and str(event.get("timestamp", "")).isdigit():
                stamps[str(event.get("uuid"))] = int(event["timestamp"])
        return stamps

    def _call(self, path: str, body: object) -> dict[str, Any]:
        reply = self._talk.send(
            "POST",
            f"{self._talk.base_url}{path}",
            headers=self._headers,
            body=write(body).encode(),
        )
        if reply.status != _OK:
            raise no(reply.status, is_passing=may_pass(reply))
        return read_object(reply.body)
