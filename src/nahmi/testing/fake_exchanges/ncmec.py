# SPDX-License-Identifier: Apache-2.0
"""NCMEC hash sharing, version 2, as it behaves.

What it does that a client must bear:

- Entries of a window come in no order, and any number of them may share one second.
- A version of an entry may arrive before an older one, or a tombstone before what it takes back.
- The link to a next page belongs to its window and dies after twelve hours. It writes moments with
  milliseconds, although questions are answered without them, too.
- An empty page has lists with a count of 0 and no `maxTimestamp`.
- Large fingerprints are only referred to, tombstones have no fingerprints and another order of
  children, and a reason stands beside those who gave it.
- `Z` means UTC and nothing else is taken; a moment to come is.
"""

import re
from base64 import b64decode
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final
from urllib.parse import parse_qs, quote, unquote, urlsplit
from xml.sax.saxutils import escape, quoteattr

import msgspec

from nahmi.testing.fake_exchanges.program import FakeProgram
from nahmi.testing.loopback import Asked, Behaviour, reply

NAMESPACE: Final = "https://hashsharing.ncmec.org/hashsharing/v2"
LINK_LASTS: Final = timedelta(hours=12)
REASONS: Final = {
    "01234567-abcd-0123-4567-012345678900": "Does not meet the definition",
    "01234567-abcd-0123-4567-012345678901": "Not the content that was meant",
}

_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z")
_FEEDBACK: Final = re.compile(r"/v2/entries/([^/]+)/([^/]+)/([A-Z0-9_]+)/feedback")

_BY_REFERENCE: Final = frozenset({"tmk-pdqf", "videntifier"})


class FakeEntry(msgspec.Struct, kw_only=True):
    """One version of an entry.

    Attributes:
        member: Number of who shared it.
        name: Its name among theirs.
        at: When it came to be so.
        prints: Values of fingerprints by tag.
        is_gone: It was taken back.
        is_video: Of a video.
        classification: Such as `A1`.
        votes: Type, number of the member, and the GUID of a reason; empty where they agree.
        extra: XML that nobody has heard of, after the entry's other children.
    """

    member: str
    name: str
    at: datetime
    prints: dict[str, str] = {}
    is_gone: bool = False
    is_video: bool = False
    classification: str = "A1"
    votes: list[tuple[str, str, str]] = []
    extra: str = ""


class FakeNcmec(FakeProgram):
    """An environment of NCMEC.

    Args:
        member: Number and name of who signs in.
        page_size: Entries of one page.
        edges: Which ends belong to a window, `[)`, `(]` or `[]`; the real one does not say.
        seed: Of the order of entries.

    Attributes:
        entries: All versions of all entries.
        feedback: What was put, by member, entry and type.
        puts: How often anything was put.
    """

    user, password = "user", "pass:word"

    def __init__(
        self,
        *,
        member: tuple[str, str] = ("1", "Us"),
        page_size: int = 1000,
        edges: str = "[)",
        seed: int = 7,
    ) -> None:
        self.member = member
        self.page_size = page_size
        self.edges = edges
        self.entries: list[FakeEntry] = []
        self.feedback: dict[tuple[str, str, str], str] = {}
        self.puts = 0
        self._order = Random(seed)  # noqa: S311 - an order, no secret
        self._links: dict[tuple[datetime, datetime], tuple[datetime, list[FakeEntry]]] = {}
        super().__init__()

    @property
    def base_url(self) -> str:
        """Where its `/v2` is."""
        return super().base_url + "/hashsharing"

    @property
    def credentials(self) -> str:
        """As `user:password`; the password holds a colon."""
        return f"{self.user}:{self.password}"

    def share(self, member: str, name: str, at: str, **prints: str) -> FakeEntry:
        """Add a version of an entry; more of it can be set on what is returned.

        Args:
            member: Number of who shares it.
            name: Its name among theirs.
            at: Such as `2017-10-24T15:00:00Z`.
            prints: Values by tag, `_` for `-`.
        """
        named = {tag.replace("_", "-"): value for tag, value in prints.items()}
        entry = FakeEntry(member=member, name=name, at=_read(at), prints=named)
        self.entries.append(entry)
        return entry

    def take_back(self, member: str, name: str, at: str) -> None:
        """Add a tombstone."""
        self.share(member, name, at).is_gone = True

    def answer(self, asked: Asked) -> Behaviour:
        """See `FakeProgram.answer`."""
        if not self._is_known(asked):
            return reply(401, www_authenticate='Basic realm="hashsharing"')
        path = urlsplit(asked.path).path.removeprefix("/hashsharing")
        if asked.method == "PUT":
            return self._put(path, asked.body)
        if path == "/v2/status":
            return _xml(f"<status{_NS}><ipAddress>127.0.0.1</ipAddress>{self._us()}</status>")
        if path == "/v2/members":
            return _xml(f"<members{_NS}>{self._member(self.member[0])}</members>")
        if found := re.fullmatch(r"/v2/feedback/([A-Z0-9_]+)/reasons", path):
            return _xml(_reasons(found[1]))
        return self._query(asked.path) if path == "/v2/entries" else reply(404)

    def _is_known(self, asked: Asked) -> bool:
        scheme, _, word = asked.headers.get("authorization", "").partition(" ")
        return scheme == "Basic" and b64decode(word).decode() == self.credentials

    def _query(self, path: str) -> Behaviour:
        asked = {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()}
        begin, end = asked.get("from", ""), asked.get("to", "")
        if not (_MOMENT.fullmatch(begin) and _MOMENT.fullmatch(end)):
            return reply(400)
        key = (_read(begin), _read(end))
        if "start" not in asked:
            return self._page(self._opened(begin, end), begin, end, 1)
        opened_at, held = self._links.get(key, (None, []))
        if opened_at is None or self.now - opened_at >= LINK_LASTS:
            return reply(404)
        return self._page(held, begin, end, int(asked["start"]))

    def _opened(self, begin: str, end: str) -> list[FakeEntry]:
        first, last = _read(begin), _read(end)
        held = [
            entry
            for entry in self.entries
            if (first < entry.at or (self.edges[0] == "[" and first == entry.at))
            and (entry.at < last or (self.edges[1] == "]" and last == entry.at))
        ]
        self._order.shuffle(held)
        self._links[first, last] = (self.now, held)
        return held

    def _page(self, held: list[FakeEntry], begin: str, end: str, start: int) -> Behaviour:
        some = held[start - 1 : start - 1 + self.page_size]
        following = start + self.page_size
        paging = ""
        if following <= len(held):
            ends = "&".join(
                f"{name}={quote(f'{_read(text):%Y-%m-%dT%H:%M:%S}.000Z', safe='')}"
                for name, text in (("from", begin), ("to", end))
            )
            link = f"/v2/entries?{ends}&start={following}&size={self.page_size}&max={len(held)}"
            paging = f"<paging><next>{escape(link)}</next></paging>"
        elif len(held) > self.page_size:
            paging = "<paging/>"
        lists = "".join(self._list(some, is_video=is_video) for is_video in (False, True))
        return _xml(f"<queryResult{_NS}>{lists}{paging}</queryResult>")

    def _list(self, some: list[FakeEntry], *, is_video: bool) -> str:
        mine = [entry for entry in some if entry.is_video == is_video]
        tag = "videos" if is_video else "images"
        if not mine:
            return f'<{tag} count="0"/>'
        newest = _write(max(entry.at for entry in mine))
        inner = "".join(map(self._entry, mine))
        return f'<{tag} count="{len(mine)}" maxTimestamp="{newest}">{inner}</{tag}>'

    def _entry(self, entry: FakeEntry) -> str:
        kind = "video" if entry.is_video else "image"
        member, name = self._member(entry.member), f"<id>{escape(entry.name)}</id>"
        at = f"<timestamp>{_write(entry.at)}</timestamp>"
        if entry.is_gone:
            tag = f"deleted{kind.capitalize()}"
            return f"<{tag}>{member}{name}{at}</{tag}>"
        prints = "".join(_print(entry, tag, value) for tag, value in entry.prints.items())
        return (
            f"<{kind}>{member}{at}{name}"
            f"<classification>{entry.classification}</classification>"
            f"<fingerprints>{prints}</fingerprints>{self._feedback(entry)}{entry.extra}</{kind}>"
        )

    def _feedback(self, entry: FakeEntry) -> str:
        if not entry.votes:
            return "<feedback/>"
        at = _write(entry.at)
        inner = ""
        for kind in dict.fromkeys(kind for kind, _, _ in entry.votes):
            attributes = f'type="{kind}" lastUpdateTimestamp="{at}"'
            mine = [(member, why) for type_, member, why in entry.votes if type_ == kind]
            yes = "".join(self._member(member) for member, why in mine if not why)
            if yes:
                members = f'<members timestamp="{at}">{yes}</members>'
                inner += f"<affirmativeFeedback {attributes}>{members}</affirmativeFeedback>"
            no = [(member, why) for member, why in mine if why]
            if no:
                opening = f'<members timestamp="{at}">'
                reasons = "".join(
                    f"{_reason(why, kind)}{opening}{self._member(member)}</members>"
                    for member, why in no
                )
                negative = f"<reasons>{reasons}</reasons>"
                inner += f"<negativeFeedback {attributes}>{negative}</negativeFeedback>"
        return f'<feedback lastUpdateTimestamp="{at}">{inner}</feedback>'

    def _put(self, path: str, body: bytes) -> Behaviour:
        found = _FEEDBACK.fullmatch(path)
        text = body.decode()
        if found is None:
            return reply(404)
        member, name, kind = map(unquote, found.groups())
        if not any((entry.member, entry.name) == (member, name) for entry in self.entries):
            return reply(404)
        said = "yes" if "<affirmative" in text else ""
        if guid := re.search(r"<guid>([^<]*)</guid>", text):
            said = guid[1] if guid[1] in REASONS else ""
        if not said or f'xmlns="{NAMESPACE}"' not in text:
            return reply(400)
        self.puts += 1
        self.feedback[member, name, kind] = said
        return _xml(f"<submissionResult{_NS}/>")

    def _member(self, number: str) -> str:
        name = self.member[1] if number == self.member[0] else f"Member {number}"
        return f"<member id={quoteattr(number)}>{escape(name)}</member>"

    def _us(self) -> str:
        return f"<username>{self.user}</username>{self._member(self.member[0])}"


_NS: Final = f' xmlns="{NAMESPACE}"'


def _xml(text: str) -> Behaviour:
    return reply(200, text.encode(), content_type="application/xml;charset=UTF-8")


def _print(entry: FakeEntry, tag: str, value: str) -> str:
    if tag in _BY_REFERENCE:
        href = f"/v2/entries/{entry.name}/fingerprints/{tag.upper().replace('-', '_')}"
        return f'<{tag} rel="self" href={quoteattr(href)}/>'
    return f"<{tag}>{escape(value)}</{tag}>"


def _reason(guid: str, kind: str) -> str:
    name = quoteattr(REASONS.get(guid, "Another"))
    return f"<reason guid={quoteattr(guid)} name={name} type={quoteattr(kind)}/>"


def _reasons(path_type: str) -> str:
    kind = {"MD5": "Md5", "SHA1": "Sha1", "PDQ": "Pdq", "PDNA": "Pdna"}.get(path_type, path_type)
    inner = "".join(_reason(guid, kind) for guid in REASONS)
    return f"<availableFeedbackReasons{_NS}>{inner}</availableFeedbackReasons>"


def _read(text: str) -> datetime:
    return datetime.strptime(text.partition(".")[0].rstrip("Z"), "%Y-%m-%dT%H:%M:%S").replace(
        tzinfo=UTC
    )


def _write(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}Z"
