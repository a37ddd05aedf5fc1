# SPDX-License-Identifier: Apache-2.0
"""TAXII 2.1, request by request: what the standard asks of a server, and what clients stumble over.

The rules are those of the OASIS Standard and of its interoperability test document (TXS).
"""

import re
import tempfile
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from nahmi.access.roles import ROLE_PERMISSIONS, Permission, Role
from nahmi.api.app import make_app
from nahmi.bootstrap import init_node, now, open_access
from nahmi.bootstrap.place import open_store, placed
from nahmi.bootstrap.service import Service
from nahmi.core.bank import Category
from nahmi.core.signal import Signal
from nahmi.operate.settings import ServeSettings, Settings
from nahmi.partner.stix.extension import EXTENSION_ID
from nahmi.testing.circle_log import CircleLog
from nahmi.testing.keys import give_key
from nahmi.testing.serving import serving

TAXII = "application/taxii+json;version=2.1"
READ, WRITE = Permission.PARTNER_CIRCLE_READ, Permission.PARTNER_ASSERTION_WRITE
HELD = [Signal("sha256", f"{number:064x}") for number in range(30)]
MICROSECONDS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")

Answer = httpx.Response


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="nahmi-") as name:
        place = Path(name) / "node"
        init_node(place).close()
        yield place


@pytest.fixture(scope="module")
def log(folder: Path) -> CircleLog:
    """A circle with thirty signals, some of which were revised, taken back, doubted or redacted."""
    database = open_store(placed(folder))
    made = CircleLog(database)
    made.apply(
        made.asserts(one, category=Category.NCII if number % 10 == 0 else Category.CSAM_A1)
        for number, one in enumerate(HELD)
    )
    made.apply([made.revises(HELD[1], quality=4), made.retracts(HELD[2])])
    made.apply([made.opines(HELD[3], -100), made.saw(HELD[3], 5)])
    made.apply([made.redacts(HELD[4], 4)])
    made.apply([made.revises(HELD[10], category=Category.CSAM_A1)])
    return made


@pytest.fixture(scope="module")
def server(folder: Path, log: CircleLog) -> Iterator[httpx.Client]:
    assert log.circle.size
    settings = Settings(layout=1, serve=ServeSettings(public_url="https://nahmi.example"))
    app = make_app(lambda: Service(folder, settings), settings)
    with serving(app, folder.parent) as client:
        yield client


@pytest.fixture(scope="module")
def reader(folder: Path) -> str:
    return give_key(folder, (READ,))


@pytest.fixture
def ask(server: httpx.Client, reader: str) -> Callable[..., Answer]:
    def send(path: str = "", method: str = "GET", headers: dict[str, str] | None = None) -> Answer:
        own = {"authorization": f"Bearer {reader}", "accept": TAXII}
        return server.request(method, f"/taxii2{path}", headers=own | (headers or {}))

    return send


@pytest.fixture
def root(log: CircleLog) -> str:
    return f"/circles/{log.circle_id}"


@pytest.fixture
def objects(root: str) -> str:
    return f"{root}/collections/everything/objects/"


def indicator(log: CircleLog, signal: Signal) -> str:
    return f"indicator--{log.asserts_name(signal)}"


def test_discovery_names_a_root_for_each_circle(ask: Callable[..., Answer], log: CircleLog) -> None:
    answer = ask("/")
    found = answer.json()
    assert answer.headers["content-type"] == TAXII
    assert found["api_roots"] == [f"https://nahmi.example/taxii2/circles/{log.circle_id}/"]
    assert found["default"] in found["api_roots"]


def test_a_root_says_what_it_takes(ask: Callable[..., Answer], root: str) -> None:
    found = ask(f"{root}/").json()
    assert found["title"] == "Open seas"
    assert found["versions"] == [TAXII]
    assert found["max_content_length"] > 0


def test_collections_have_names_that_stay(ask: Callable[..., Answer], root: str) -> None:
    found = ask(f"{root}/collections/").json()["collections"]
    assert [one["alias"] for one in found] == [
        "everything",
        "csam_a1",
        "csam_ungraded",
        "ncii",
        "test",
    ]
    assert ask(f"{root}/collections/").json()["collections"] == found
    for one in found:
        assert re.fullmatch(
            r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", one["id"]
        )
        assert (one["can_read"], one["can_write"]) == (True, False)
        by_id, by_alias = (ask(f"{root}/collections/{one[name]}/") for name in ("id", "alias"))
        assert by_id.json() == by_alias.json() == one


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("application/taxii+json;version=2.1", 200),
        ("application/taxii+json; version=2.1", 200),
        ('application/taxii+json;version="2.1"', 200),
        ("application/taxii+json", 200),
        ("APPLICATION/TAXII+JSON", 200),
        ("text/html, application/taxii+json;version=2.1;q=0.3", 200),
        ("application/json", 200),
        ("*/*", 200),
        ("", 200),
        ("application/taxii+json;version=2.0", 406),
        ("application/taxii+json;version=2.0, application/taxii+json;version=2.1;q=0.1", 200),
        ("application/vnd.oasis.taxii+json; version=2.0", 406),
        ("application/taxii+json;version=2.1;q=0", 406),
        ("text/html", 406),
    ],
)
def test_clients_are_answered_in_the_one_form_that_there_is(
    ask: Callable[..., Answer], accept: str, status: int
) -> None:
    answer = ask("/", headers={"accept": accept})
    assert (answer.status_code, answer.headers["content-type"]) == (status, TAXII)


@pytest.mark.parametrize(
    "query",
    [
        "added_after=2026-11-27",
        "added_after=yesterday",
        "added_after=2026-11-27T17:00:00%2B01:00",
        "added_after=2026-13-27T17:00:00Z",
        "added_after=",
        "limit=0",
        "limit=-1",
        "limit=1.5",
        "limit=many",
        "limit=",
        "next=gAAAAA",
        "next=%F0%9F%90%9F",
        "match[version]=all,last",
        "match[version]=newest",
        "match[version]=",
        "match[id]=",
        "match[type]=indicator,",
        "match[type]=indicator&match[type]=opinion",
        "match[spec_version]=1.0",
        "limit=1&limit=2",
    ],
)
def test_a_malformed_filter_is_told(ask: Callable[..., Answer], objects: str, query: str) -> None:
    answer = ask(f"{objects}?{query}")
    assert answer.status_code == 400
    assert answer.headers["content-type"] == TAXII
    said = answer.json()
    assert said["http_status"] == "400"
    assert said["title"]
    assert said["error_id"] == answer.headers["x-request-id"]


@pytest.mark.parametrize(
    "query", ["match[colour]=blue", "sort=id", "match[type]=malware,indicator", "limit=999999999"]
)
def test_what_is_not_known_is_let_pass(
    ask: Callable[..., Answer], objects: str, query: str
) -> None:
    assert ask(f"{objects}?{query}").status_code == 200


def test_pages_carry_when_their_ends_were_added(ask: Callable[..., Answer], objects: str) -> None:
    answer = ask(f"{objects}?limit=4")
    records = ask(f"{objects.replace('objects', 'manifest')}?limit=4").json()["objects"]
    assert answer.headers["x-taxii-date-added-first"] == records[0]["date_added"]
    assert answer.headers["x-taxii-date-added-last"] == records[-1]["date_added"]
    assert all(MICROSECONDS.fullmatch(one["date_added"]) for one in records)
    assert [one["id"] for one in records] == [one["id"] for one in answer.json()["objects"]]
    assert all(one["media_type"] == "application/stix+json;version=2.1" for one in records)


@pytest.mark.parametrize("part", ["objects", "manifest"])
def test_an_empty_page_has_no_empty_list(ask: Callable[..., Answer], root: str, part: str) -> None:
    path = f"{root}/collections/everything/{part}/?added_after=2099-01-01T00:00:00.000000Z"
    answer = ask(path)
    assert answer.json() == {"more": False}
    assert "x-taxii-date-added-first" not in answer.headers
    assert "x-taxii-date-added-last" not in answer.headers


def drain(ask: Callable[..., Answer], path: str, limits: list[int], query: str = "") -> list[Any]:
    """Everything, by following `next` with a limit that changes from page to page."""
    found: list[Any] = []
    more = ""
    for number in range(200):
        asked = f"{path}?limit={limits[number % len(limits)]}{query}{more}"
        body = ask(asked).json()
        assert ask(asked).json() == body, "the same request has the same answer"
        assert len(body.get("objects", [])) <= limits[number % len(limits)]
        found += body.get("objects", [])
        if not body["more"]:
            assert "next" not in body
            return found
        more = f"&next={body['next']}"
    raise AssertionError("it does not end")


def versions(found: list[Any]) -> list[tuple[str, str]]:
    return [
        (one["id"], one.get("modified") or one.get("version") or one["created"]) for one in found
    ]


def test_clients_that_follow_next_and_those_that_follow_time_get_the_same(
    ask: Callable[..., Answer], objects: str
) -> None:
    whole = ask(f"{objects}?limit=1000").json()["objects"]
    assert len(whole) == len({one["id"] for one in whole}) > 35
    assert drain(ask, objects, [1, 3, 2, 7]) == whole
    found, after = [], ""
    while (answer := ask(f"{objects}?limit=3{after}")).json().get("objects"):
        found += answer.json()["objects"]
        after = f"&added_after={answer.headers['x-taxii-date-added-last']}"
    assert found == whole


def test_the_manifest_lists_what_the_objects_are(ask: Callable[..., Answer], objects: str) -> None:
    for query in ("", "&match[version]=all", "&match[version]=first,last", "&match[type]=opinion"):
        records = drain(ask, objects.replace("objects", "manifest"), [5], query)
        assert versions(records) == versions(drain(ask, objects, [4], query))


def test_a_cursor_belongs_to_its_query(ask: Callable[..., Answer], root: str, objects: str) -> None:
    cursor = ask(f"{objects}?limit=2").json()["next"]
    assert ask(f"{objects}?limit=5&next={cursor}").status_code == 200
    assert ask(f"{objects}?added_after=2020-01-01T00:00:00Z&next={cursor}").status_code == 200
    for path in (
        f"{objects}?match[type]=indicator&next={cursor}",
        f"{objects.replace('objects', 'manifest')}?next={cursor}",
        f"{root}/collections/csam_a1/objects/?next={cursor}",
        f"{objects}?next={'B' if cursor[0] == 'A' else 'A'}{cursor[1:]}",
        f"{objects}?next={cursor[:-1]}",
    ):
        assert ask(path).status_code == 400, path


def test_a_cursor_opens_nothing_to_whoever_may_not_read(
    ask: Callable[..., Answer], objects: str, server: httpx.Client, folder: Path
) -> None:
    cursor = ask(f"{objects}?limit=2").json()["next"]
    key = give_key(folder, (Permission.PROTECT_BANK_READ,))
    answer = server.get(
        f"/taxii2{objects}?next={cursor}", headers={"authorization": f"Bearer {key}"}
    )
    assert (answer.status_code, answer.json()["http_status"]) == (403, "403")


def test_only_the_last_version_is_told_unless_others_are_asked_for(
    ask: Callable[..., Answer], objects: str, log: CircleLog
) -> None:
    name = indicator(log, HELD[1])

    def of(query: str) -> list[str]:
        found = ask(f"{objects}?match[id]={name}{query}").json().get("objects", [])
        return [one["modified"] for one in found]

    [last] = of("")
    first, same = of("&match[version]=all")
    assert same == last > first
    assert of("&match[version]=first") == [first]
    assert of("&match[version]=first,last") == [first, last]
    assert of(f"&match[version]={first}") == [first]
    assert of(f"&match[version]={first},last") == [first, last]
    assert of("&match[version]=2020-01-01T00:00:00.000Z") == []
    assert of("&match[spec_version]=2.0") == []
    assert of("&match[spec_version]=2.0,2.1") == [last]
    everything = ask(f"{objects}?match[version]={first}").json()["objects"]
    assert name in {one["id"] for one in everything}


def test_what_was_taken_back_is_revoked(
    ask: Callable[..., Answer], objects: str, log: CircleLog
) -> None:
    [gone] = ask(f"{objects}{indicator(log, HELD[2])}/").json()["objects"]
    assert gone["revoked"] is True
    assert HELD[2].value in gone["pattern"]
    [redacted] = ask(f"{objects}{indicator(log, HELD[4])}/").json()["objects"]
    assert (redacted["revoked"], redacted["pattern"]) == (True, "redacted")
    everything = ask(f"{objects}?limit=1000&match[version]=all").text
    assert HELD[4].value not in everything


def test_types_are_told_apart(ask: Callable[..., Answer], objects: str) -> None:
    for kinds, count in (
        ("opinion", 1),
        ("sighting", 1),
        ("opinion,sighting", 2),
        ("marking-definition", 1),
        ("extension-definition", 1),
        ("identity", 4),
        ("malware", 0),
    ):
        found = drain(ask, objects, [2], f"&match[type]={kinds}")
        assert len(found) == count
        assert {one["type"] for one in found} <= set(kinds.split(","))


def test_what_objects_refer_to_comes_before_them(ask: Callable[..., Answer], root: str) -> None:
    for alias in ("everything", "ncii", "test"):
        known: set[str] = set()
        for one in drain(ask, f"{root}/collections/{alias}/objects/", [3]):
            refs = [one.get("created_by_ref"), *one.get("object_marking_refs", [])]
            if one["type"] != "extension-definition":
                refs += one.get("extensions", {})
            foreign = {"extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"}
            assert {ref for ref in refs if ref} - foreign <= known, one["type"]
            known.add(one["id"])


def test_a_category_has_what_was_ever_in_it(
    ask: Callable[..., Answer], root: str, log: CircleLog
) -> None:
    path = f"{root}/collections/ncii/objects/"
    found = [one for one in drain(ask, path, [2]) if one["type"] == "indicator"]
    assert {one["id"] for one in found} == {indicator(log, HELD[n]) for n in (0, 10, 20)}
    moved = next(one for one in found if one["id"] == indicator(log, HELD[10]))
    assert moved["extensions"][EXTENSION_ID]["harm_class"] == Category.CSAM_A1
    of_a1 = drain(ask, f"{root}/collections/csam_a1/objects/", [9])
    assert indicator(log, HELD[10]) in {one["id"] for one in of_a1}
    assert {"opinion", "sighting"} <= {one["type"] for one in of_a1}
    assert ask(f"{path}{indicator(log, HELD[1])}/").status_code == 404
    assert ask(f"{path}?match[id]={indicator(log, HELD[1])}").json() == {"more": False}


def test_versions_of_an_object(ask: Callable[..., Answer], objects: str, log: CircleLog) -> None:
    answer = ask(f"{objects}{indicator(log, HELD[1])}/versions/")
    found = answer.json()
    assert found["versions"] == sorted(found["versions"])
    assert (len(found["versions"]), found["more"]) == (2, False)
    assert MICROSECONDS.fullmatch(answer.headers["x-taxii-date-added-first"])
    assert drain_versions(ask, f"{objects}{indicator(log, HELD[1])}/versions/") == found["versions"]


def drain_versions(ask: Callable[..., Answer], path: str) -> list[str]:
    body = ask(f"{path}?limit=1").json()
    rest = ask(f"{path}?limit=1&next={body['next']}").json()
    return [*body["versions"], *rest["versions"]]


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/circles/",
        "/circles/nothing/",
        "/circles/00000000-0000-5000-8000-000000000000/collections/",
        "{root}/nothing",
        "{root}/collections/nothing/",
        "{root}/collections/nothing/objects/",
        "{root}/collections/everything/nothing/",
        "{root}/collections/everything/objects/indicator--00000000-0000-4000-8000-000000000000/",
        "{root}/collections/everything/objects/indicator--nothing/",
        "{root}/collections/everything/objects/x/versions/",
        "{root}/status/00000000-0000-4000-8000-000000000000/",
    ],
)
def test_what_is_not_there(ask: Callable[..., Answer], root: str, path: str) -> None:
    answer = ask(path.format(root=root))
    assert (answer.status_code, answer.headers["content-type"]) == (404, TAXII)
    assert answer.json()["http_status"] == "404"


def test_a_method_that_an_address_does_not_take(ask: Callable[..., Answer], objects: str) -> None:
    answer = ask(objects, "PUT")
    assert (answer.status_code, answer.headers["content-type"]) == (405, TAXII)


PATHS = [
    ("GET", "/"),
    ("GET", "{root}/"),
    ("GET", "{root}/collections/"),
    ("GET", "{root}/collections/everything/"),
    ("GET", "{root}/collections/everything/manifest/"),
    ("GET", "{root}/collections/everything/objects/"),
    ("POST", "{root}/collections/everything/objects/"),
    ("GET", "{root}/collections/everything/objects/{held}/"),
    ("DELETE", "{root}/collections/everything/objects/{held}/"),
    ("GET", "{root}/collections/everything/objects/{held}/versions/"),
    ("GET", "{root}/status/00000000-0000-4000-8000-000000000000/"),
]


def filled(path: str, root: str, log: CircleLog) -> str:
    return "/taxii2" + path.format(root=root, held=indicator(log, HELD[5]))


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_nobody_is_let_in_without_a_key(
    server: httpx.Client, root: str, log: CircleLog, method: str, path: str
) -> None:
    for header in ({}, {"authorization": "Bearer nahmi_aaaaaaaa_" + "A" * 43}):
        answer = server.request(method, filled(path, root, log), headers=header)
        assert (answer.status_code, answer.headers["content-type"]) == (401, TAXII)
        assert 'Basic realm="nahmi"' in answer.headers["www-authenticate"]


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize(("method", "path"), PATHS)
def test_roles_get_what_they_may_and_no_more(  # noqa: PLR0917 - what is combined
    server: httpx.Client,
    folder: Path,
    root: str,
    log: CircleLog,
    role: Role,
    method: str,
    path: str,
) -> None:
    granted = ROLE_PERMISSIONS[role]
    key = give_key(folder, tuple(granted))
    headers = {"authorization": f"Bearer {key}", "content-type": "text/plain"}
    answer = server.request(method, filled(path, root, log), headers=headers)
    needed = {READ} if method == "GET" else {READ, WRITE}
    assert answer.status_code < 500
    if not needed <= granted:
        assert answer.status_code == 403
    elif method == "GET":
        assert answer.status_code in {200, 404}


@pytest.mark.parametrize(("method", "path"), PATHS[1:])
def test_another_member_s_circle_is_missing_like_any_other(  # noqa: PLR0917 - what is combined
    server: httpx.Client, folder: Path, root: str, log: CircleLog, method: str, path: str
) -> None:
    key = foreign_key(folder)
    missing = "/circles/00000000-0000-5000-8000-000000000000"
    said = []
    for place in (root, missing):
        answer = server.request(
            method,
            filled(path, place, log),
            headers={"authorization": f"Bearer {key}", "content-type": TAXII},
            content=b'{"objects":[]}' if method == "POST" else None,
        )
        assert answer.status_code == 404
        said.append({name: text for name, text in answer.json().items() if name != "error_id"})
    assert said[0] == said[1]


def foreign_key(folder: Path) -> str:
    with open_access(folder) as access:
        names = {member.name: member.member_id for member in access.people.members()}
        member = names.get("Other") or access.people.add_member("Other", now=now()).member_id
    return give_key(folder, member_id=member)


def test_discovery_shows_another_member_nothing(server: httpx.Client, folder: Path) -> None:
    answer = server.get("/taxii2/", headers={"authorization": f"Bearer {foreign_key(folder)}"})
    assert (answer.status_code, answer.json().get("api_roots")) == (200, None)


@pytest.mark.parametrize("scheme", ["Basic", "basic", "BASIC"])
def test_a_key_is_taken_as_a_password(server: httpx.Client, reader: str, scheme: str) -> None:
    pair = b64encode(f"anybody:{reader}".encode()).decode()
    answer = server.get("/taxii2/", headers={"authorization": f"{scheme} {pair}"})
    assert answer.status_code == 200


def test_the_schema_of_our_extension_is_for_everybody(server: httpx.Client) -> None:
    answer = server.get("/taxii2/schemas/media-signal.json")
    assert answer.content == Path("docs/reference/stix/media-signal.json").read_bytes()
