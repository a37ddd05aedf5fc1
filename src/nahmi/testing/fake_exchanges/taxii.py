# SPDX-License-Identifier: Apache-2.0
"""A TAXII 2.1 collection as servers of several makes behave.

What they do that a client must bear:

- `next` leads on once: the same value again gives the page after it (`forgets_next`).
- There is more, and nothing leads there (`has_next` is False).
- What was added at the very moment that is asked for comes again (`is_inclusive`).
- No header says when objects were added (`has_headers` is False), and no manifest does
  (`has_manifest` is False).
- Thousands of objects have one moment, and a page ends among them.
- A type of content that names no version is refused.
- An empty page has no list, or an empty one (`has_empty_lists`).
"""

from base64 import b64encode
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import msgspec

from nahmi.testing.fake_exchanges.program import FakeProgram
from nahmi.testing.loopback import Asked, Behaviour, reply

TAXII: Final = "application/taxii+json;version=2.1"
PATH: Final = "/api1/collections/365fed99-08fa-4fa1-b7be-aa5c2a5b1c31"


class FakeTaxii(FakeProgram):
    """The server.

    Args:
        page_size: Objects of one page at most, whatever is asked for.

    Attributes:
        held: When each version of each object was added, microseconds since 1970, and itself.
        forgets_next, has_next, is_inclusive, has_headers, has_manifest, has_empty_lists: See above.
    """

    user, password = "user", "pass"

    def __init__(self, *, page_size: int = 100) -> None:
        self.page_size = page_size
        self.held: list[tuple[int, dict[str, Any]]] = []
        self.forgets_next = False
        self.has_next = True
        self.is_inclusive = False
        self.has_headers = True
        self.has_manifest = True
        self.has_empty_lists = False
        self._cursors: dict[str, int] = {}
        super().__init__()

    @property
    def collection_url(self) -> str:
        """Where the collection is."""
        return self.base_url + PATH

    @property
    def credentials(self) -> str:
        """As `user:password`."""
        return f"{self.user}:{self.password}"

    def add(self, added_us: int, stix: dict[str, Any]) -> None:
        """Add a version of an object.

        Args:
            added_us: When, microseconds since 1970.
            stix: The object.
        """
        self.held.append((added_us, stix))
        self.held.sort(key=lambda one: one[0])

    def answer(self, asked: Asked) -> Behaviour:
        """See `FakeProgram.answer`."""
        path = urlsplit(asked.path)
        query = {name: values[0] for name, values in parse_qs(path.query).items()}
        pair = b64encode(f"{self.user}:{self.password}".encode()).decode()
        if asked.headers.get("authorization") != f"Basic {pair}":
            return reply(401)
        if asked.headers.get("accept") != TAXII:
            return reply(406)
        if path.path == f"{PATH}/objects/":
            return self._objects(query)
        if path.path == f"{PATH}/manifest/" and self.has_manifest:
            return self._manifest(query)
        return reply(404)

    def _objects(self, query: dict[str, str]) -> Behaviour:
        token = query.get("next", "")
        if token and token not in self._cursors:
            return reply(400)
        after = _us(query["added_after"]) if "added_after" in query else -1
        later = [
            (us, one) for us, one in self.held if us > after or (self.is_inclusive and us == after)
        ]
        start = self._cursors.get(token, 0)
        limit = min(int(query.get("limit", "100")), self.page_size)
        some = later[start : start + limit]
        has_more = len(later) > start + limit
        body: dict[str, Any] = {"more": has_more}
        if some or self.has_empty_lists:
            body["objects"] = [one for _, one in some]
        if has_more and self.has_next:
            body["next"] = self._cursor(token, start + limit)
        headers = {}
        if some and self.has_headers:
            headers = {
                "X-TAXII-Date-Added-First": _text(some[0][0]),
                "X-TAXII-Date-Added-Last": _text(some[-1][0]),
            }
        return _json(body, headers)

    def _cursor(self, token: str, place: int) -> str:
        """What leads to a place; one that forgets moves its one cursor along."""
        name = token or f"c{len(self._cursors)}" if self.forgets_next else f"p{place}"
        self._cursors[name] = place
        return name

    def _manifest(self, query: dict[str, str]) -> Behaviour:
        wanted = query.get("match[id]")
        records = [
            {"id": one["id"], "date_added": _text(us), "version": one.get("modified", "")}
            for us, one in self.held
            if wanted in {None, one["id"]}
        ]
        return _json({"more": False, "objects": records[-1:]}, {})


def _json(answer: object, headers: dict[str, str]) -> Behaviour:
    more = {name.replace("-", "_"): text for name, text in headers.items()}
    return reply(200, msgspec.json.encode(answer), content_type=TAXII, **more)


def _text(us: int) -> str:
    return f"{datetime.fromtimestamp(us // 1_000_000, UTC):%Y-%m-%dT%H:%M:%S}.{us % 1_000_000:06d}Z"


def _us(text: str) -> int:
    whole = datetime.fromisoformat(text)
    return int(whole.replace(microsecond=0).timestamp()) * 1_000_000 + whole.microsecond
