# SPDX-License-Identifier: Apache-2.0
"""A fetch from Tech Against Terrorism: one sign-in, then the list by the moment of change.

1. The token is kept for the whole fetch. Where it is not taken any more, the node signs in again.
2. Each page says from where to go on after it. A page that says nothing leaves what was said.
3. The next page is a whole address at the same host, or the query of one.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final
from urllib.parse import quote, urlencode, urljoin

import msgspec

from nahmi.errors import ErrorCode, WireError
from nahmi.operate.exchanges import Checkpoint, Fetched, Part
from nahmi.wire.exchanges.moments import to_utc
from nahmi.wire.exchanges.plain_json import quarantined
from nahmi.wire.exchanges.settling import newest
from nahmi.wire.exchanges.talk import PASSING, Talk, malformed, no
from nahmi.wire.exchanges.tat.documents import (
    SIGNAL_TYPES,
    Digest,
    Page,
    digest_from,
    read_page,
    read_token,
    record_of,
)

_OK: Final = 200
_FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}

Bodies = Callable[[Sequence[str]], Mapping[str, str]]


class TatSession:
    """`ExchangeSession` with Tech Against Terrorism.

    Args:
        talk: To the program.
        user: Who signs in.
        password: With what.
        known: The signal types that the node has.
    """

    def __init__(self, talk: Talk, user: str, password: str, *, known: Sequence[str]) -> None:
        self._talk = talk
        self._user = user
        self._password = password
        self._known = frozenset(known)
        self._token = ""
        self.types = tuple(sorted(self._known & set(SIGNAL_TYPES.values())))

    def is_stale(self, checkpoint: str) -> bool:
        """See `ExchangeSession.is_stale`; the list is kept for ever, so no checkpoint is."""
        return _read(checkpoint) is None

    def parts(self, checkpoint: str | None, bodies: Bodies) -> Iterator[Part]:
        """See `ExchangeSession.parts`."""
        after = "" if checkpoint is None else _read(checkpoint) or ""
        url = self._first(after)
        met = set()
        while url:
            page = self._page(url)
            met.add(url)
            url = self._following(page)
            if url in met:
                raise malformed("a chain of pages without an end")
            yield Part(records=self._records(page, bodies), checkpoint=_reached(page.checkpoint))
        yield Part(is_end=True)

    @property
    def _list_url(self) -> str:
        return f"{self._talk.base_url}/api/hash-list/v2/all"

    def _first(self, after: str) -> str:
        going_on = f"&after={quote(after, safe=',')}" if after else ""
        return f"{self._list_url}?order=asc{going_on}"

    def _following(self, page: Page) -> str:
        """The address of the next page; where it may lead is for `Talk` to judge."""
        if not page.next:
            return ""
        is_query = "://" not in page.next and not page.next.startswith("/")
        text = f"?{page.next.lstrip('?')}" if is_query else page.next
        try:
            return urljoin(self._list_url, text)
        except ValueError:  # its text quotes the address
            raise malformed("a next page") from None

    def _page(self, url: str) -> Page:
        if not self._token:
            self._sign_in()
        try:
            return self._talk.read(url, read_page, headers=self._headers())
        except WireError as error:
            if error.code is not ErrorCode.EXCHANGE_REFUSED:
                raise
        self._sign_in()
        return self._talk.read(url, read_page, headers=self._headers())

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"}

    def _sign_in(self) -> None:
        form = {"username": self._user, "password": self._password, "resend": "False"}
        reply = self._talk.send(
            "POST",
            f"{self._talk.base_url}/token-auth/tcap/",
            headers=_FORM,
            body=urlencode(form).encode(),
        )
        if reply.status != _OK:
            raise no(reply.status, is_passing=reply.status in PASSING)
        self._token = read_token(reply.body)

    def _records(self, page: Page, bodies: Bodies) -> tuple[Fetched, ...]:
        versions: list[Digest] = newest(page.digests, bodies, digest_from)
        records = [record_of(one, known=self._known) for one in versions]
        odd = {each.key: each for each in (quarantined(one, "digest") for one in page.unreadable)}
        return (*records, *odd.values())


def _read(checkpoint: str) -> str | None:
    try:
        return msgspec.json.decode(checkpoint, type=str)
    except msgspec.MsgspecError:
        return None


def _reached(text: str) -> Checkpoint | None:
    """A checkpoint of what a page says, `1724856487.709035,10594`; None where it says nothing."""
    if not text:
        return None
    moment, _, _ = text.partition(",")
    try:
        reached_at = to_utc(float(moment))
    except (ValueError, OverflowError):
        reached_at = None
    return Checkpoint(msgspec.json.encode(text).decode(), reached_at)
