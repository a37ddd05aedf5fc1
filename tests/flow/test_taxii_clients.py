# SPDX-License-Identifier: Apache-2.0
"""TAXII clients that people use, against a node that serves on the loopback interface."""

import json
import secrets
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import requests
from cytaxii2 import cytaxii2
from taxii2client.v21 import ApiRoot, Collection, Server, as_pages

from nahmi.access.identity import LOCAL
from nahmi.api.app import make_app
from nahmi.bootstrap import init_node
from nahmi.bootstrap.place import open_store, placed
from nahmi.bootstrap.service import Service
from nahmi.core.bank import Category
from nahmi.core.signal import Signal
from nahmi.flows.circles.founding import NewCircle, Organisation
from nahmi.operate.settings import ServeSettings, Settings
from nahmi.partner.circles.members import Sector
from nahmi.partner.circles.rules import Rules
from nahmi.partner.stix.extension import EXTENSION_ID
from nahmi.testing.circle_log import CATEGORIES, TYPES, CircleLog
from nahmi.testing.exchange_node import ExchangeNode
from nahmi.testing.fake_exchanges import FakeTaxii
from nahmi.testing.keys import give_key
from nahmi.testing.node_process import free_port
from nahmi.testing.serving import serving_at

pytestmark = [pytest.mark.enable_socket, pytest.mark.allow_hosts(["127.0.0.1"])]

MANY = 6_000
"""Signals that one transaction asserts."""


class Node:
    """A node with a circle that it only reads here, and one of its own.

    Attributes:
        url: Of its TAXII server.
        key: With which everything may be done.
        log: The circle with many signals.
        service: The node itself.
    """

    def __init__(self, url: str, key: str, log: CircleLog, service: Service) -> None:
        self.url = f"{url}/taxii2/"
        self.key = key
        self.log = log
        self.service = service
        made = service.circles.founding.found(
            LOCAL,
            NewCircle(
                name="Own circle",
                url="https://home.example",
                organisation=Organisation(name="Ours", sector=Sector.HOTLINE, country="BR"),
                rules=Rules(signal_types=TYPES, categories=CATEGORIES),
            ),
        )
        self.own = made.circle_id

    def collection(self, circle_id: str, name: str = "everything") -> Collection:
        url = f"{self.url}circles/{circle_id}/collections/"
        [found] = [
            one
            for one in ApiRoot(f"{self.url}circles/{circle_id}/", **self.login()).collections
            if one.custom_properties.get("alias", getattr(one, "alias", "")) == name
        ]
        return Collection(f"{url}{found.id}/", **self.login())

    def login(self) -> dict[str, str]:
        return {"user": "anybody", "password": self.key}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("taxii") / "node"
    init_node(place).close()
    return place


@pytest.fixture(scope="module")
def log(folder: Path) -> CircleLog:
    """A circle with thousands of statements of one transaction."""
    made = CircleLog(open_store(placed(folder)), names=("Ours", "Hotline"))
    made.apply(
        made.asserts(Signal("sha256", f"{number:064x}"), category=Category.TEST)
        for number in range(MANY)
    )
    return made


@pytest.fixture(scope="module")
def node(folder: Path, log: CircleLog) -> Iterator[Node]:
    port = free_port()
    settings = Settings(layout=1, serve=ServeSettings(public_url=f"http://127.0.0.1:{port}"))
    with Service(folder, settings) as service:
        app = make_app(lambda: Service(folder, settings), settings)
        with serving_at(app, port) as url:
            yield Node(url, give_key(folder), log, service)


def names(objects: list[dict[str, Any]]) -> list[str]:
    return [one["id"] for one in objects]


@pytest.fixture(scope="module")
def whole(node: Node) -> list[str]:
    """Everything, by the standard's own way: follow `next` until there is no more."""
    found: list[str] = []
    query: dict[str, str] = {}
    url = f"{node.url}circles/{node.log.circle_id}/collections/everything/objects/"
    while True:
        answer = requests.get(url, params=query, auth=("x", node.key), timeout=60).json()
        found += names(answer["objects"])
        if not answer["more"]:
            break
        query = {"next": answer["next"]}
    assert len(found) == len(set(found)) == MANY + 5
    return found


def test_taxii2_client_finds_its_way(node: Node) -> None:
    server = Server(node.url, **node.login())
    assert server.default is not None
    assert {root.url for root in server.api_roots} == {
        f"{node.url}circles/{circle_id}/" for circle_id in (node.log.circle_id, node.own)
    }
    titles = {root.title for root in server.api_roots}
    assert titles == {"Open seas", "Own circle"}


@pytest.mark.parametrize("per_request", [0, 700, 10_000])
def test_taxii2_client_gets_everything_once(node: Node, whole: list[str], per_request: int) -> None:
    collection = node.collection(node.log.circle_id)
    found = [
        one
        for page in as_pages(collection.get_objects, per_request=per_request)
        for one in names(page.get("objects", []))
    ]
    assert found == whole


def test_taxii2_client_reads_manifests_and_single_objects(node: Node, whole: list[str]) -> None:
    collection = node.collection(node.log.circle_id)
    found = [
        one
        for page in as_pages(collection.get_manifest, per_request=2_500)
        for one in names(page["objects"])
    ]
    assert found == whole
    [one] = collection.get_object(whole[-1])["objects"]
    assert one["id"] == whole[-1]
    assert collection.object_versions(whole[-1])["versions"] == [one["modified"]]


def test_cytaxii2_follows_time_alone(node: Node, whole: list[str]) -> None:
    """A client that knows nothing of pages: it moves `added_after` along by what it was told."""
    client = cytaxii2.cytaxii2(node.url, "anybody", node.key)
    assert client.root_discovery()["response"]["title"] == "Open seas"
    client.api_root = f"{node.url}circles/{node.log.circle_id}/"
    [listed, *_] = client.collection_request()["response"]["collections"]
    found: list[str] = []
    after = None
    while True:
        answer = client.poll_request(listed["id"], added_after=after, limit=1_999)
        assert answer["status"], answer
        objects = answer["response"].get("objects", [])
        if not objects:
            break
        found += names(objects)
        after = _added(node, objects[-1]["id"])
    assert found == whole


def _added(node: Node, object_id: str) -> str:
    url = f"{node.url}circles/{node.log.circle_id}/collections/everything/manifest/"
    query = {"match[id]": object_id}
    answer = requests.get(url, params=query, auth=("x", node.key), timeout=60).json()
    added: str = answer["objects"][0]["date_added"]
    return added


def test_an_ingester_that_keeps_what_the_headers_say(node: Node, whole: list[str]) -> None:
    """As OpenCTI's: one page a tick, `next` while there is more, the last date when there is not,
    and an empty page leaves everything as it was."""
    url = f"{node.url}circles/{node.log.circle_id}/collections/everything/objects/"
    found: list[str] = []
    next_, after = None, None
    for tick in range(12):
        query = {"next": next_, "added_after": after, "limit": 1_500}
        if tick == 9:
            node.log.apply([node.log.asserts(Signal("md5", "ab" * 16), category=Category.TEST)])
        answer = requests.get(url, params=query, auth=("x", node.key), timeout=60)
        body = answer.json()
        found += names(body.get("objects", []))
        if not body.get("objects"):
            continue
        next_ = body.get("next") if body["more"] else None
        after = after if body["more"] else answer.headers["x-taxii-date-added-last"]
    assert found[:-1] == whole
    assert found[-1] == f"indicator--{node.log.asserts_name(Signal('md5', 'ab' * 16))}"


def indicator(pattern: str, kind: str = "stix", **more: object) -> dict[str, Any]:
    return {
        "type": "indicator",
        "spec_version": "2.1",
        "id": f"indicator--{secrets.token_hex(4)}-0000-4000-8000-000000000000",
        "created": "2026-11-27T17:00:00.000Z",
        "modified": "2026-11-27T17:00:00.000Z",
        "pattern": pattern,
        "pattern_type": kind,
        "valid_from": "2026-11-27T17:00:00.000Z",
        **more,
    }


def pdq(value: str) -> dict[str, Any]:
    return indicator(value, "pdq")


def test_what_a_client_hands_in_is_said_in_the_circle(node: Node) -> None:
    collection = node.collection(node.own, "csam_a1")
    assert collection.can_write
    handed = [
        indicator("[file:hashes.MD5 = '" + "c4" * 16 + "']"),
        pdq("c5" * 32),
        pdq("no fingerprint"),
        {"type": "malware", "spec_version": "2.1", "id": "malware--1", "created": "x"},
        indicator(
            "[url:value = 'https://harmful.example/']",
            extensions={
                EXTENSION_ID: {"harm_class": "ncii", "review": {"method": "human", "reviewers": 2}}
            },
        ),
        indicator(
            "x", object_marking_refs=["marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"]
        )
        | pdq("c6" * 32)
        | {"object_marking_refs": ["marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"]},
    ]
    status = collection.add_objects({"objects": handed})
    assert (status.total_count, status.success_count, status.failure_count) == (6, 3, 3)
    assert [one["id"] for one in status.failures] == [handed[n]["id"] for n in (2, 3, 5)]
    assert all("c5c5" not in one["message"] for one in status.failures)
    held = collection.get_objects(match=None)["objects"]
    mine = [one for one in held if one["type"] == "indicator"]
    assert {one["extensions"][EXTENSION_ID]["media_hashes"][0]["value"] for one in mine} == {
        "c4" * 16,
        "c5" * 32,
    }
    again = collection.add_objects({"objects": handed[:2]})
    assert (again.success_count, again.failure_count) == (2, 0)
    assert len(collection.get_objects()["objects"]) == len(held)


def test_what_a_circle_refuses_is_told_of_each_object(node: Node) -> None:
    """The circle does not share one of the categories, and objects of it are among many others."""
    collection = node.collection(node.own, "test")
    foreign = {EXTENSION_ID: {"harm_class": "csam_b2"}}
    handed = [
        pdq(sha256(bytes([number])).hexdigest())
        | ({"extensions": foreign} if number in {3, 4, 17} else {})
        for number in range(1, 31)
    ]
    status = collection.add_objects({"objects": handed})
    assert (status.success_count, status.failure_count) == (27, 3)
    assert [one["id"] for one in status.failures] == [handed[n - 1]["id"] for n in (3, 4, 17)]
    assert {one["message"] for one in status.failures} == {
        "The circle does not take this. This circle does not share this category."
    }


def test_a_status_can_be_asked_for_later(node: Node) -> None:
    collection = node.collection(node.own, "test")
    status = collection.add_objects({"objects": [pdq("d0" * 32)]})
    url = f"{node.url}circles/{node.own}/status/{status.id}/"
    answer = requests.get(url, auth=("x", node.key), timeout=60)
    assert answer.json() == status._raw
    assert answer.json()["status"] == "complete"


def test_what_a_client_takes_back_is_revoked(node: Node) -> None:
    collection = node.collection(node.own, "test")
    collection.add_objects({"objects": [pdq("d1" * 32), pdq("d2" * 32)]})
    held = {
        one["pattern"]: one
        for one in collection.get_objects()["objects"]
        if one["type"] == "indicator"
    }
    collection.delete_object(held["d1" * 32]["id"])
    revoked = indicator("d2" * 32, "pdq", revoked=True)
    assert collection.add_objects({"objects": [revoked]}).success_count == 1
    for value in ("d1" * 32, "d2" * 32):
        [now] = collection.get_object(held[value]["id"])["objects"]
        assert now["revoked"] is True
    back = collection.add_objects({"objects": [pdq("d1" * 32)]})
    assert back.success_count == 1
    lives = [one for one in collection.get_objects()["objects"] if one.get("pattern") == "d1" * 32]
    assert [one.get("revoked", False) for one in lives] == [True, False]
    assert len({one["id"] for one in lives}) == 2


def test_bodies_that_are_not_taken(node: Node) -> None:
    url = f"{node.url}circles/{node.own}/collections/everything/objects/"
    taxii = "application/taxii+json;version=2.1"
    body = json.dumps({"objects": [pdq("d3" * 32)]})
    for content_type, text, code in (
        ("application/json", body, 415),
        ("application/taxii+json;version=2.0", body, 415),
        (taxii, "{", 422),
        (taxii, "[]", 422),
        (taxii, "{}", 422),
        (taxii, '{"objects": 4}', 422),
        (taxii, '{"objects": []}', 202),
        (taxii, '{"objects": ["x", 4, null, {}]}', 202),
        ("application/taxii+json", body, 202),
    ):
        answer = requests.post(
            url, data=text, auth=("x", node.key), headers={"content-type": content_type}, timeout=60
        )
        assert (answer.status_code, answer.headers["content-type"]) == (code, taxii), text


def test_what_is_not_ours_cannot_be_taken_back(node: Node, whole: list[str]) -> None:
    url = f"{node.url}circles/{node.log.circle_id}/collections/everything/objects/{whole[0]}/"
    answer = requests.delete(url, auth=("x", node.key), timeout=60)
    assert answer.status_code == 403


def test_another_node_fetches_from_a_circle(node: Node, tmp_path: Path, log: CircleLog) -> None:
    place = f"{node.url}circles/{node.log.circle_id}/collections/everything"
    with ExchangeNode(tmp_path) as other, FakeTaxii() as unused:
        other.connect("taxii", unused, node.key, base_url=place, options={"page_size": 5_000})
        other.brings(added=MANY + 1)
        other.brings(records=0, added=0)
        log.apply([log.retracts(Signal("sha256", f"{7:064x}"))])
        other.brings(withdrawn=1)
        assert f"sha256:{7:064x}" not in other.active()
