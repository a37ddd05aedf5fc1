# SPDX-License-Identifier: Apache-2.0
"""The same objects from nahmi and from medallion, to the same client: how fast, and whether all.

The objects were asserted in one transaction. nahmi gives each a moment of its own; medallion gives
all objects of one request the moment of the request, as here.
"""

import importlib.util
import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec
from taxii2client.v21 import Collection, as_pages

from bench import node, servers
from bench.corpus import Corpus
from bench.options import Options
from bench.report import Table
from bench.timing import seconds
from nahmi.access.roles import Permission
from nahmi.core.signal import Signal
from nahmi.partner.taxii.collections import EVERYTHING, collection_id
from nahmi.store.sql.opening import open_database
from nahmi.testing.circle_log import CircleLog
from nahmi.testing.keys import give_key

_PAGE: Final = 1_000
_IDLE: Final = 20
_IDLE_S: Final = 5.0
_TYPE: Final = "indicator"
"""medallion cannot bear objects that have a `version`, as definitions of extensions do."""
_MOMENT: Final = "2026-11-27T17:00:00.000000Z"
_MEDALLION: Final = "365fed99-08fa-4fa1-b7be-aa5c2a5b1c31"
_SLOW: Final = 2_000
"""medallion takes 12 s for 1,000 objects, and four times as long for twice as many."""


class _Found(msgspec.Struct, frozen=True):
    """What a client got.

    Attributes:
        seconds: How long that took.
        names: The ids, in the order in which they came.
    """

    seconds: float
    names: list[str]


def run(_pictures: Corpus, options: Options) -> list[Table]:
    table = Table(
        title="Objects to a TAXII client",
        columns=(
            "server",
            "objects",
            "seconds",
            "objects/s",
            "missing",
            "twice",
            "by time, missing",
            "nothing new, ms",
        ),
        notes=[
            f"taxii2-client, {_PAGE:,} objects a page, one connection; all asserted at once.",
            "`by time` is a client that moves `added_after` along and knows no `next`.",
            "`nothing new` is one request after the last object, the middle of some.",
        ],
    )
    for count in options.sizes((2_000, 100_000, 1_000_000), quick=(1_100,)):
        with tempfile.TemporaryDirectory(prefix="nahmi-bench-") as name:
            folder = Path(name)
            with _nahmi(folder, count) as collection:
                objects = list(_objects(collection))
                table.rows.append(["nahmi", *_measured(collection, objects)])
            if importlib.util.find_spec("medallion") is None:
                table.notes.append("medallion is not installed, so it was not measured.")
            elif count <= _SLOW:
                with _medallion(folder, objects) as collection:
                    table.rows.append(["medallion", *_measured(collection, objects)])
    return [table]


def _measured(collection: Collection, objects: list[dict[str, Any]]) -> list[object]:
    whole = {one["id"] for one in objects}
    paged = _timed(lambda: [one["id"] for one in _objects(collection)])
    polled = set(_by_time(collection))
    last = collection.get_manifest(id=objects[-1]["id"])["objects"][0]["date_added"]
    waits = list(_waits(lambda: collection.get_objects(added_after=last, type=_TYPE)))
    return [
        len(whole),
        paged.seconds,
        len(paged.names) / paged.seconds,
        len(whole - set(paged.names)),
        len(paged.names) - len(set(paged.names)),
        len(whole - polled),
        sorted(waits)[len(waits) // 2] * 1_000,
    ]


def _waits(ask: Callable[[], object]) -> Iterator[float]:
    """How long some requests take, as many as fit a few seconds."""
    left = _IDLE_S
    for _ in range(_IDLE):
        if left <= 0:
            return
        took = seconds(ask)
        left -= took
        yield took


def _timed(get: Callable[[], list[str]]) -> _Found:
    names: list[str] = []
    took = seconds(lambda: names.extend(get()))
    return _Found(took, names)


def _objects(collection: Collection) -> Iterator[dict[str, Any]]:
    for page in as_pages(collection.get_objects, _PAGE, type=_TYPE):
        yield from page.get("objects", [])


def _by_time(collection: Collection) -> Iterator[str]:
    """The ids that a client gets that goes on after the last moment that it was told."""
    after = None
    while True:
        asked = {} if after is None else {"added_after": after}
        records = collection.get_manifest(limit=_PAGE, type=_TYPE, **asked).get("objects", [])
        if not records:
            return
        yield from (one["id"] for one in records)
        after = records[-1]["date_added"]


@contextmanager
def _nahmi(folder: Path, count: int) -> Iterator[Collection]:
    node.make(folder)
    place = folder / "node"
    database = open_database(place / "nahmi.sqlite3")
    log = CircleLog(database)
    said = (log.asserts(Signal("sha256", f"{number:064x}")) for number in range(count))
    log.apply(said)
    database.close()
    key = give_key(place, (Permission.PARTNER_CIRCLE_READ,))
    with servers.nahmi(folder) as port:
        name = collection_id(log.circle_id, EVERYTHING)
        root = f"http://127.0.0.1:{port}/taxii2/circles/{log.circle_id}/collections/{name}/"
        yield _collection(root, "anybody", key)


@contextmanager
def _medallion(folder: Path, objects: list[dict[str, Any]]) -> Iterator[Collection]:
    data, settings = folder / "data.json", folder / "medallion.json"
    data.write_text(json.dumps(_medallion_data(objects)))
    backend = {
        "module": "medallion.backends.memory_backend",
        "module_class": "MemoryBackend",
        "filename": str(data),
        "session_timeout": 3600,
    }
    users = {"admin": "Password0"}
    taxii = {"max_page_size": _PAGE}
    settings.write_text(json.dumps({"backend": backend, "users": users, "taxii": taxii}))
    port = servers.free_port()
    command = [sys.executable, "-m", "medallion.scripts.run", "--port", str(port), str(settings)]
    with servers.running(command, port, "/taxii2/"):
        root = f"http://127.0.0.1:{port}/api1/collections/{_MEDALLION}/"
        yield _collection(root, "admin", "Password0")


def _medallion_data(objects: list[dict[str, Any]]) -> dict[str, Any]:
    """Its file, as if the objects had come in one request."""
    collection = {
        "id": _MEDALLION,
        "title": "everything",
        "can_read": True,
        "can_write": False,
        "media_types": ["application/stix+json;version=2.1"],
        "objects": objects,
        "manifest": [
            {
                "id": one["id"],
                "date_added": _MOMENT,
                "version": one.get("modified", one["created"]),
                "media_type": "application/stix+json;version=2.1",
            }
            for one in objects
        ],
    }
    return {
        "/discovery": {"title": "medallion", "api_roots": ["http://127.0.0.1/api1/"]},
        "api1": {
            "information": {
                "title": "api1",
                "versions": ["application/taxii+json;version=2.1"],
                "max_content_length": 9_765_625,
            },
            "status": [],
            "collections": [collection],
        },
    }


def _collection(url: str, user: str, password: str) -> Collection:
    return Collection(url, user=user, password=password)
