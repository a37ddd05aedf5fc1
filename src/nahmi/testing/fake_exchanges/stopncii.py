# SPDX-License-Identifier: Apache-2.0
"""StopNCII as it behaves.

What it does that a client must bear:

- A hash is withdrawn or deleted in `hashStatus`, under the same type and value; its earlier record
  is not shown any more, unless a test wants both.
- The last page may name an earlier moment for the next fetch than the first page did.
- An answer with status 200 may be cut off in the middle.
- Values appear that no list has, such as `Undefined`, and names that nobody has heard of.
- A "pdq" of 32 zeros is among the real data.
- Tokens of next pages live for minutes. Each endpoint has a key of its own.
"""

from datetime import timedelta
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import msgspec

from nahmi.testing.fake_exchanges.program import FakeProgram
from nahmi.testing.loopback import Asked, Behaviour, reply

TOKEN_LASTS: Final = timedelta(minutes=10)
_CASE: Final = str(UUID(int=7))


class FakeStopNcii(FakeProgram):
    """The exchange of StopNCII.

    Args:
        page_size: Hashes of one page at most, whatever is asked for.

    Attributes:
        records: All of them, in the order in which pages show them.
        feedback: What was said last of each hash, by value.
        bodies: What was posted, each time.
        steps_back: The last page names a moment so much earlier, seconds.
    """

    subscription, fetch_key, feedback_key = "sub-key", "fetch-key", "feedback-key"

    def __init__(self, *, page_size: int = 800) -> None:
        self.page_size = page_size
        self.records: list[dict[str, Any]] = []
        self.feedback: dict[str, dict[str, Any]] = {}
        self.bodies: list[bytes] = []
        self.steps_back = 0
        self._tokens: dict[str, Any] = {}
        super().__init__()

    @property
    def base_url(self) -> str:
        """Where its endpoints are."""
        return super().base_url + "/v1"

    @property
    def credentials(self) -> str:
        """The keys as JSON."""
        keys = {
            "subscription": self.subscription,
            "fetch": self.fetch_key,
            "feedback": self.feedback_key,
        }
        return msgspec.json.encode(keys).decode()

    def submit(
        self, kind: str, value: str, at_s: int, *, status: str = "Active", **more: object
    ) -> None:
        """Somebody submits a hash, or it is changed.

        Args:
            kind: `ImagePDQ` and so on.
            value: The hash.
            at_s: When, seconds since 1970.
            status: Of the hash and its case.
            more: Further names of the record.
        """
        self.records.append(
            {
                "lastModtimestamp": at_s,
                "signalType": kind,
                "hashValue": value,
                "hashStatus": status,
                "caseNumbers": {_CASE: status},
                "hashRegions": [],
                **more,
            }
        )

    def answer(self, asked: Asked) -> Behaviour:
        """See `FakeProgram.answer`."""
        path = urlsplit(asked.path)
        keys = {"/v1/FetchHashes": self.fetch_key, "/v1/SubmitFeedback": self.feedback_key}
        if path.path not in keys:
            return reply(404)
        given = (asked.headers.get("x-functions-key"), self._subscription(asked))
        if given != (keys[path.path], self.subscription):
            return reply(401)
        if asked.method == "POST":
            return self._take(asked.body)
        query = {name: values[0] for name, values in parse_qs(path.query).items()}
        return self._fetch(query)

    def _subscription(self, asked: Asked) -> str | None:
        return asked.headers.get("ocp-apim-subscription-key")

    def _fetch(self, query: dict[str, str]) -> Behaviour:
        since = int(query.get("startTimestamp", "0"))
        if since <= 0:
            return reply(400)
        start, until = 0, None
        if token := query.get("nextPageToken"):
            start, until = self._tokens.get(token, (0, None))
            if until is None or self.now >= until:
                return reply(400)
        held = [one for one in self.records if one["lastModtimestamp"] >= since]
        size = min(self.page_size, int(query.get("pageSize", "100")))
        some, following = held[start : start + size], start + size
        has_more = following < len(held)
        newest = max([since, *(one["lastModtimestamp"] for one in held)])
        token = f"t/{since}+{following}=="
        if has_more:
            self._tokens[token] = (following, self.now + TOKEN_LASTS)
        answer = {
            "count": len(some),
            "nextPageToken": token if has_more else None,
            "nextSetTimestamp": newest + 1 - (0 if has_more else self.steps_back),
            "hasMoreRecords": has_more,
            "hashRecords": some,
        }
        return _json(answer)

    def _take(self, body: bytes) -> Behaviour:
        given = msgspec.json.decode(body)
        if given["count"] != len(given["hashFeedbacks"]):
            return reply(400)
        if any(one["feedbackValue"] not in _FEEDBACK for one in given["hashFeedbacks"]):
            return reply(400)
        known = {one["hashValue"] for one in self.records}
        if any(one["hashValue"] not in known for one in given["hashFeedbacks"]):
            return reply(404)
        self.bodies.append(body)
        self.feedback |= {one["hashValue"]: one for one in given["hashFeedbacks"]}
        return _json({"count": given["count"]})


_FEEDBACK: Final = frozenset(
    {
        "Unknown",
        "None",
        "QualityUnknown",
        "PendingReview",
        "Blocked",
        "NotBlocked",
        "Withdrawn",
        "Deleted",
    }
)


def _json(answer: object) -> Behaviour:
    return reply(200, msgspec.json.encode(answer), content_type="application/json")
