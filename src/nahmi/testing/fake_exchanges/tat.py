# SPDX-License-Identifier: Apache-2.0
"""Tech Against Terrorism's hash list as it behaves.

What it does that a client must bear:

- A sign-in gives a token that lives for a while; too many sign-ins are refused.
- The next page is a whole address, or only the query of one.
- A page may say no checkpoint; then the one before counts.
- A stray query such as `?None` is answered as if it were not there.
- Algorithms are in capitals, and names appear that nobody has heard of.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import msgspec

from nahmi.testing.fake_exchanges.program import FakeProgram
from nahmi.testing.loopback import Asked, Behaviour, reply

TOKEN_LASTS: Final = timedelta(hours=1)


class FakeTat(FakeProgram):
    """The list.

    Args:
        page_size: Digests of one page.

    Attributes:
        digests: By number.
        sign_ins: How often somebody signed in.
        only_queries: The next page is given as a query.
        silent: The last page says no checkpoint.
    """

    user, password = "user@example.org", "pass&word"

    def __init__(self, *, page_size: int = 1000) -> None:
        self.page_size = page_size
        self.digests: dict[int, dict[str, Any]] = {}
        self.sign_ins = 0
        self.only_queries = False
        self.silent = False
        self._tokens: dict[str, datetime] = {}
        super().__init__()

    @property
    def credentials(self) -> str:
        """As `user:password`."""
        return f"{self.user}:{self.password}"

    def list(
        self, number: int, algorithm: str, digest: str, at_s: float, *, deleted: bool = False
    ) -> dict[str, Any]:
        """A digest appears or changes.

        Args:
            number: Its number.
            algorithm: In capitals.
            digest: The digest.
            at_s: When, seconds since 1970.
            deleted: It is taken back.
        """
        self.digests[number] = {
            "hash_digest": digest,
            "algorithm": algorithm,
            "ideology": "far-right",
            "file_type": "mp4",
            "deleted": deleted,
            "updated_on": at_s,
            "created_on": datetime.fromtimestamp(at_s, UTC).isoformat(),
            "id": number,
        }
        return self.digests[number]

    def answer(self, asked: Asked) -> Behaviour:
        """See `FakeProgram.answer`."""
        path = urlsplit(asked.path)
        if path.path == "/token-auth/tcap/" and asked.method == "POST":
            return self._sign_in(asked.body)
        _, _, token = asked.headers.get("authorization", "").partition("Bearer ")
        if self._tokens.get(token, self.now) <= self.now:
            return reply(401)
        if path.path != "/api/hash-list/v2/all":
            return reply(404)
        return self._page({name: values[0] for name, values in parse_qs(path.query).items()})

    def _sign_in(self, body: bytes) -> Behaviour:
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        if form != {"username": self.user, "password": self.password, "resend": "False"}:
            return reply(400)
        self.sign_ins += 1
        token = f"eyJ.{self.sign_ins}.sig"
        self._tokens[token] = self.now + TOKEN_LASTS
        return _json({"token": token, "user": {"name": "somebody"}})

    def _page(self, query: dict[str, str]) -> Behaviour:
        moment, _, number = query.get("after", "0,0").partition(",")
        after = (float(moment), int(number))
        held = sorted(
            (one["updated_on"], key)
            for key, one in self.digests.items()
            if (one["updated_on"], key) > after
        )
        some = held[: self.page_size]
        answer: dict[str, Any] = {
            "count": len(held),
            "next": None,
            "previous": None,
            "results": [self.digests[key] for _, key in some],
        }
        has_more = len(held) > len(some)
        if some and (has_more or not self.silent):
            answer["checkpoint"] = f"{some[-1][0]},{some[-1][1]}"
        if has_more:
            following = f"order=asc&after={answer['checkpoint']}"
            whole = f"{self.base_url}/api/hash-list/v2/all?{following}"
            answer["next"] = following if self.only_queries else whole
        return _json(answer)


def _json(answer: object) -> Behaviour:
    return reply(200, msgspec.json.encode(answer), content_type="application/json")
