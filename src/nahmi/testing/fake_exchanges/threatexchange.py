# SPDX-License-Identifier: Apache-2.0
"""Meta's ThreatExchange as it behaves, as far as one privacy group is shared in it.

What it does that a client must bear:

- The address of the next page holds the token and every parameter; one more is an error.
- A page may be empty and yet have a next one.
- What was taken back says `should_delete`, or has no `descriptors` any more, for ninety days.
- A descriptor may lose its owner for a while, whatever was changed or not.
- `tags` is a list of words, or an object with a list of objects in it.
- Two spellings of disagreement are among the reactions.
- A limit that was reached is status 400 with a code in the body.
"""

from datetime import timedelta
from typing import Any, Final
from urllib.parse import parse_qs, parse_qsl, quote, urlencode, urlsplit

import msgspec

from nahmi.testing.fake_exchanges.program import FakeProgram
from nahmi.testing.loopback import Asked, Behaviour, reply

DELETIONS_KEPT: Final = timedelta(days=90)
_PARAMETERS: Final = {
    "access_token",
    "start_time",
    "stop_time",
    "limit",
    "types",
    "fields",
    "after",
}


class FakeThreatExchange(FakeProgram):
    """A privacy group of ThreatExchange.

    Args:
        page_size: Indicators of one page at most, whatever is asked for.

    Attributes:
        updates: By the number of the indicator.
        posts: What was posted, each time: number of the descriptor, and the form.
        blanks: An empty page comes after each full one.
    """

    token = "12345678|abcdefghij_ABCDEFGHIJ-0"  # noqa: S105 - of nobody
    group = "77"

    def __init__(self, *, page_size: int = 100) -> None:
        self.page_size = page_size
        self.updates: dict[str, dict[str, Any]] = {}
        self.posts: list[tuple[str, dict[str, str]]] = []
        self.blanks = False
        super().__init__()

    @property
    def base_url(self) -> str:
        """Where its version is."""
        return super().base_url + "/v21.0"

    def share(
        self, number: str, kind: str, value: str, at_s: int, *descriptors: dict[str, Any]
    ) -> dict[str, Any]:
        """An indicator appears or changes.

        Args:
            number: Its number.
            kind: `HASH_PDQ` and so on.
            value: The indicator.
            at_s: When, seconds since 1970.
            descriptors: From `said`.
        """
        self.updates[number] = {
            "id": number,
            "indicator": value,
            "type": kind,
            "last_updated": at_s,
            "should_delete": False,
            "descriptors": {"data": list(descriptors)},
        }
        return self.updates[number]

    def take_back(self, number: str, at_s: int, *, says_so: bool = True) -> None:
        """An indicator is taken back, in one way or the other."""
        update = self.updates[number]
        update["last_updated"] = at_s
        if says_so:
            update["should_delete"] = True
        else:
            del update["descriptors"]

    def answer(self, asked: Asked) -> Behaviour:
        """See `FakeProgram.answer`."""
        path = urlsplit(asked.path)
        query = dict(parse_qsl(path.query))
        given = query.get("access_token") or self._header(asked)
        if given.replace("%7C", "|") != self.token:
            return _error(401, 190)
        place = path.path.removeprefix("/v21.0").strip("/")
        if asked.method == "POST":
            return self._take(place, asked.body)
        if place == f"{self.group}/threat_updates":
            if set(query) - _PARAMETERS or len(parse_qsl(path.query)) != len(query):
                return _error(400, 100)
            return self._page(query)
        if place in self.updates and not self._is_forgotten(self.updates[place]):
            return _json(self.updates[place])
        return _error(404, 803)

    def _header(self, asked: Asked) -> str:
        scheme, _, word = asked.headers.get("authorization", "").partition(" ")
        return word if scheme in {"Bearer", "OAuth"} else ""

    def _is_forgotten(self, update: dict[str, Any]) -> bool:
        is_gone = update["should_delete"] or "descriptors" not in update
        age_s = self.now.timestamp() - float(update["last_updated"])
        return is_gone and age_s > DELETIONS_KEPT.total_seconds()

    def _page(self, query: dict[str, str]) -> Behaviour:
        begin, end = int(query.get("start_time", "0")), int(query.get("stop_time", "99999999999"))
        held = [
            update
            for update in self.updates.values()
            if begin <= update["last_updated"] < end and not self._is_forgotten(update)
        ]
        at = query.get("after", "0")
        start, is_blank = int(at.rstrip("b")), at.endswith("b")
        size = min(self.page_size, int(query.get("limit", "25")))
        some = [] if is_blank else held[start : start + size]
        following = start if is_blank else start + size
        answer: dict[str, Any] = {"data": some}
        if following < len(held):
            answer["paging"] = {
                "cursors": {"after": "x"},
                "next": self._next(query, f"{following}{'b' * (self.blanks and not is_blank)}"),
            }
        return _json(answer)

    def _next(self, query: dict[str, str], after: str) -> str:
        kept = {name: value for name, value in query.items() if name != "access_token"}
        told = {"access_token": self.token, **kept, "after": after}
        return f"{self.base_url}/{self.group}/threat_updates?{urlencode(told, quote_via=quote)}"

    def _take(self, place: str, body: bytes) -> Behaviour:
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        for update in self.updates.values():
            for one in update.get("descriptors", {}).get("data", []):
                if one["id"] == place:
                    self.posts.append((place, form))
                    self._react(one, form)
                    return _json({"success": True, "id": place})
        return _error(404, 803)

    def _react(self, one: dict[str, Any], form: dict[str, str]) -> None:
        us = self.token.partition("|")[0]
        standing = {item["key"]: item["value"].split(",") for item in one.get("reactions", [])}
        if added := form.get("reactions"):
            members = standing.setdefault(added, [])
            members += [us] if us not in members else []
        if removed := form.get("reactions_to_remove"):
            standing[removed] = [one for one in standing.get(removed, []) if one != us]
        if status := form.get("status"):
            one["status"] = status
        one["reactions"] = [
            {"key": key, "value": ",".join(members)} for key, members in standing.items() if members
        ]


def said(
    number: str,
    owner: str,
    status: str = "MALICIOUS",
    *,
    tags: object = (),
    **reactions: str,
) -> dict[str, Any]:
    """A descriptor.

    Args:
        number: Its number.
        owner: The member's number; empty for one that cannot be seen.
        status: What the member says.
        tags: In either shape.
        reactions: Numbers of members, with commas between them, by reaction.
    """
    found: dict[str, Any] = {"id": number, "status": status}
    if owner:
        found["owner"] = {"id": owner}
    if tags:
        found["tags"] = tags
    if reactions:
        found["reactions"] = [{"key": key, "value": value} for key, value in reactions.items()]
    return found


def _error(status: int, code: int) -> Behaviour:
    return reply(status, msgspec.json.encode({"error": {"code": code, "message": "no"}}))


def limit_reached() -> Behaviour:
    """The answer of a program that wants to be left alone for a while."""
    return _error(400, 4)


def _json(answer: object) -> Behaviour:
    return reply(200, msgspec.json.encode(answer), content_type="application/json")
