# SPDX-License-Identifier: Apache-2.0
"""A circle as a MISP feed: a folder with a manifest, and a file for each event.

The log is read once, and only numbers are kept of it; then each event is made of what the log says
now. What was logged in the second that is still running waits for the next time: an event that was
fetched is never changed without being newer by a second.
"""

from array import array
from collections import defaultdict
from collections.abc import Iterator, Sequence
from hashlib import md5
from pathlib import Path
from typing import Any, Final

import msgspec

from nahmi.core.bank import Category
from nahmi.errors import ErrorCode, InputError
from nahmi.flows.circles.viewing import Viewing, read_text
from nahmi.partner.misp.events import (
    MOST_ATTRIBUTES,
    Batch,
    Item,
    day_of,
    event_of,
    manifest_of,
    values_of,
)
from nahmi.partner.naming import short_of
from nahmi.partner.ports.circle import Circle
from nahmi.partner.ports.log import Logged
from nahmi.partner.statements.kinds import Assertion, Redact
from nahmi.partner.stix.versions import INDICATOR
from nahmi.partner.stix.writing import uuid_text
from nahmi.partner.taxii.filters import Versions
from nahmi.partner.taxii.ports import Range, ViewStore

MANIFEST: Final = "manifest.json"
HASHES: Final = "hashes.csv"

_PAGE: Final = 2_000
_SECOND_US: Final = 1_000_000
_NOWHERE: Final = -1


class Written(msgspec.Struct, frozen=True):
    """What came of writing a feed.

    Attributes:
        events: In the feed now.
        changed: Of them, those whose files were written.
    """

    events: int
    changed: int


class MispFeed:
    """Writes feeds.

    Args:
        views: Has what makes logs readable.
        viewing: Prepares them.
    """

    def __init__(self, *, views: ViewStore, viewing: Viewing) -> None:
        self._views = views
        self._viewing = viewing

    def write(
        self, circle: Circle, folder: Path, *, until_s: int, has_hashes: bool = False
    ) -> Written:
        """Bring a folder to where a circle is.

        Args:
            circle: The circle.
            folder: Made when it is not there.
            until_s: What was logged from this second on is left for the next time.
            has_hashes: Also write `hashes.csv`, from which addresses can be guessed.

        Raises:
            InputError: FILE_UNREADABLE: the folder cannot be written, or holds something else.
            StoreError: The store does not answer.
        """
        manifest = _old_manifest(folder)
        known = {name: about.get("timestamp") for name, about in manifest.items()}
        changed = 0
        hashes: list[str] = []
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for event in self.events(circle, until_s=until_s):
                name = event["Event"]["uuid"]
                manifest[name] = manifest_of(event)
                if has_hashes:
                    hashes += [f"{_md5(value)},{name}\n" for value in values_of(event)]
                if known.get(name) != manifest[name]["timestamp"]:
                    _replace(folder / f"{name}.json", msgspec.json.encode(event))
                    changed += 1
            if has_hashes:
                _replace(folder / HASHES, "".join(hashes).encode())
            # Last, so that whatever it names is there.
            _replace(folder / MANIFEST, msgspec.json.encode(manifest))
        except OSError as error:
            raise InputError(
                ErrorCode.FILE_UNREADABLE, "The folder of the feed cannot be written."
            ) from error
        return Written(events=len(manifest), changed=changed)

    def events(self, circle: Circle, *, until_s: int) -> Iterator[dict[str, Any]]:
        """The events of a circle, in the order in which they began.

        Args:
            circle: The circle.
            until_s: As in `write`.
        """
        view = None
        while view is None or view.size < circle.size:
            view = self._viewing.prepare(circle, most=_PAGE)
            if view is None:
                return
        survey = _Survey(self._views, circle)
        survey.look(view.size, until_s)
        for batch, members in survey.batches.items():
            yield event_of(circle.roster.roster, batch, survey.items(members))


class _Survey:
    """What of a log belongs to which event."""

    def __init__(self, views: ViewStore, circle: Circle) -> None:
        self.batches: dict[Batch, array[int]] = {}
        self._views = views
        self._number = circle.number
        self._places: dict[bytes, int] = {}
        self._sources: array[int] = array("q")
        self._changed_s: array[int] = array("q")
        self._deleted = bytearray()
        self._names_by_place: list[bytes] = []
        self._counts: dict[tuple[str, Category, str], int] = defaultdict(int)

    def look(self, size: int, until_s: int) -> None:
        """Read the log, as far as a second."""
        wanted = Range(
            number=self._number,
            start=0,
            end=size,
            later_than_us=-1,
            types=frozenset({INDICATOR}),
            category=None,
            versions=Versions(all=True),
            has_destroyed=True,
        )
        while rows := self._views.page(wanted, _PAGE):
            self._take([row for row in rows if row.logged_us < until_s * _SECOND_US])
            wanted = msgspec.structs.replace(wanted, start=rows[-1].seq + 1)

    def items(self, members: Sequence[int]) -> list[Item]:
        """The assertions of an event."""
        names = list(self._names(members))
        texts = self._views.texts(self._number, [self._sources[place] for place in members])
        found: list[Item] = []
        for place, name in zip(members, names, strict=True):
            text = texts.get(self._sources[place])
            said = None if text is None else read_text(text)
            found.append(
                Item(
                    name=name,
                    said=said if isinstance(said, Assertion) else None,
                    is_deleted=bool(self._deleted[place]) or said is None,
                    changed_s=self._changed_s[place],
                )
            )
        return found

    def _names(self, members: Sequence[int]) -> Iterator[str]:
        return (uuid_text(self._names_by_place[place]) for place in members)

    def _take(self, rows: Sequence[Logged]) -> None:
        fresh = [row for row in rows if row.kind == "assert" and row.before_seq is None]
        categories = self._views.categories_at(self._number, [row.seq for row in fresh])
        orgs = self._views.orgs(self._number, [row.about for row in fresh])
        for row in rows:
            about = _about(row)
            place = self._places.get(about, _NOWHERE)
            if place == _NOWHERE:
                known = categories.get(row.seq)
                if not known or about not in orgs:
                    continue
                place = self._add(about, orgs[about], min(known), row)
            if row.kind in {"assert", "revise"}:
                self._sources[place] = row.seq
            self._deleted[place] = row.kind in {"retract", "redact"}
            self._changed_s[place] = row.logged_us // _SECOND_US

    def _add(self, about: bytes, org: str, category: Category, row: Logged) -> int:
        place = self._places[about] = len(self._places)
        self._names_by_place.append(about)
        self._sources.append(row.seq)
        self._changed_s.append(0)
        self._deleted.append(0)
        key = (org, category, day_of(row.logged_us))
        part = self._counts[key] // MOST_ATTRIBUTES
        self._counts[key] += 1
        batch = Batch(org=org, category=category, day=key[2], part=part)
        self.batches.setdefault(batch, array("q")).append(place)
        return place


def _about(row: Logged) -> bytes:
    if row.kind == "redact" and row.statement is not None:
        said = read_text(row.statement)
        return short_of(said.target) if isinstance(said, Redact) else b""
    return row.about


def _old_manifest(folder: Path) -> dict[str, dict[str, Any]]:
    """The manifest that is there; nothing when there is none."""
    try:
        data = (folder / MANIFEST).read_bytes()
        return msgspec.json.decode(data, type=dict[str, dict[str, Any]])
    except FileNotFoundError:
        return {}
    except (OSError, msgspec.DecodeError) as error:
        raise InputError(
            ErrorCode.FILE_UNREADABLE,
            "The folder has a manifest that cannot be read.",
            hint="Name another folder, or delete what is in it.",
        ) from error


def _replace(path: Path, data: bytes) -> None:
    """Write a file that is either the old one or the new one, whoever looks and whenever."""
    part = path.with_name(f"{path.name}.part")
    part.write_bytes(data)
    part.replace(path)


def _md5(value: str) -> str:
    return md5(value.encode(), usedforsecurity=False).hexdigest()
