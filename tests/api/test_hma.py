# SPDX-License-Identifier: Apache-2.0
"""The interface of Hasher-Matcher-Actioner: the same paths, names and JSON."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from PIL import Image

from nahmi.access.roles import Permission
from nahmi.api.app import make_app
from nahmi.bootstrap.service import Service
from nahmi.operate.settings import HmaSettings, Settings
from nahmi.testing.media import as_jpeg, as_png, scene
from nahmi.testing.serving import serving

PREFIX = "/hma"
OTHER = "0f" * 32
NEAR = f"{int(OTHER, 16) ^ 0b111:064x}"
MakeKey = Callable[..., str]


@pytest.fixture(scope="module")
def server(node_folder: Path) -> Iterator[httpx.Client]:
    settings = Settings(layout=1, hma=HmaSettings(enabled=True, prefix=PREFIX))
    with (
        tempfile.TemporaryDirectory(prefix="nahmi-") as folder,
        serving(make_app(lambda: Service(node_folder, settings), settings), Path(folder)) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def hma(server: httpx.Client, make_api_key: MakeKey) -> Iterator[httpx.Client]:
    """A caller that knows no keys: the key stands in its address, as the password."""
    key = make_api_key(*Permission)
    server.auth = httpx.BasicAuth("key", key)
    server.base_url = httpx.URL(f"http://node{PREFIX}")
    yield server
    server.auth = None


@pytest.fixture
def bank(hma: httpx.Client, request: pytest.FixtureRequest) -> Iterator[str]:
    name = f"T_{abs(hash(request.node.name)) % 10**9}"
    made = hma.post("/c/banks", json={"name": name})
    assert (made.status_code, made.json()) == (201, {"matching_enabled_ratio": 1.0, "name": name})
    yield name
    assert hma.delete(f"/c/bank/{name}").status_code == 200


def photo(number: int, quality: int = 90) -> dict[str, tuple[str, bytes]]:
    return {"photo": ("a.jpg", as_jpeg(scene(number), quality=quality))}


def test_it_says_that_it_is_alive(hma: httpx.Client) -> None:
    for path in ("/status", "/status/live"):
        answer = hma.get(path, auth=None)
        assert (answer.status_code, answer.text) == (200, "I-AM-ALIVE")


def test_a_file_is_banked_and_an_altered_copy_is_found(hma: httpx.Client, bank: str) -> None:
    hashed = hma.post("/h/hash", files=photo(11)).json()
    added = hma.post(f"/c/bank/{bank}/content", files=photo(11)).json()
    assert added["signals"]["pdq"] == hashed["pdq"]
    number = added["id"]
    found = hma.post("/m/lookup", files=photo(11, quality=40)).json()
    [content] = found["pdq"][bank]
    assert content["bank_content_id"] == number
    assert 0 <= int(content["distance"]) <= 31
    by_hash = hma.get("/m/lookup", params={"signal": hashed["pdq"], "signal_type": "pdq"}).json()
    assert by_hash == {bank: [{"bank_content_id": number, "distance": "0"}]}


def test_signals_are_banked_looked_up_and_deleted(hma: httpx.Client, bank: str) -> None:
    added = hma.post(f"/c/bank/{bank}/signal", json={"pdq": OTHER}).json()
    number = added["id"]
    assert added == {"id": number, "signals": {"pdq": OTHER}}
    asked = {"signal": NEAR, "signal_type": "pdq"}
    assert hma.get("/m/lookup", params=asked).json() == {
        bank: [{"bank_content_id": number, "distance": "3"}]
    }
    assert hma.get("/m/raw_lookup", params=asked).json() == {"matches": [number]}
    far = hma.get("/m/raw_lookup", params=asked | {"include_distance": "true"}).json()
    assert far == {"matches": [{"bank_content_id": number, "distance": "3"}]}
    assert hma.get("/m/lookup", params=asked | {"banks": bank}).json() != {}
    assert hma.delete(f"/c/bank/{bank}/content/{number}").json() == {"deleted": 1}
    assert hma.delete(f"/c/bank/{bank}/content/{number}").json() == {"deleted": 0}
    assert hma.get("/m/lookup", params=asked).json() == {}
    assert hma.get("/m/raw_lookup", params=asked).json() == {"matches": []}


def test_what_is_banked_twice_keeps_its_number(hma: httpx.Client, bank: str) -> None:
    first = hma.post(f"/c/bank/{bank}/signal", json={"pdq": OTHER}).json()
    assert hma.post(f"/c/bank/{bank}/signal", json={"pdq": OTHER}).json() == first


def test_content_is_disabled_for_a_while_and_enabled_again(hma: httpx.Client, bank: str) -> None:
    number = hma.post(f"/c/bank/{bank}/signal", json={"pdq": OTHER, "note": "n"}).json()["id"]
    path = f"/c/bank/{bank}/content/{number}"
    shown = {
        "bank": {"name": bank, "matching_enabled_ratio": 1.0},
        "collab_metadata": {},
        "disable_until_ts": 0,
        "id": number,
        "note": "n",
        "original_media_uri": None,
        "user_metadata": None,
    }
    assert hma.get(path).json() == shown
    assert hma.get(path, params={"include_signals": "true"}).json()["signals"] == {"pdq": OTHER}
    asked = {"signal": OTHER, "signal_type": "pdq"}
    assert hma.put(path, json={"disable_until_ts": 1}).json() == shown | {"disable_until_ts": 1}
    assert hma.get("/m/lookup", params=asked).json() == {}
    assert hma.put(path, json={"disable_until_ts": 0}).json() == shown
    assert hma.get("/m/lookup", params=asked).json() != {}
    assert hma.put(path, json={"disable_until_ts": 17}).status_code == 400
    assert hma.put(path, json={"note": "new"}).json()["note"] == "new"


def test_another_bank_does_not_lead_to_content(hma: httpx.Client, bank: str) -> None:
    number = hma.post(f"/c/bank/{bank}/signal", json={"pdq": OTHER}).json()["id"]
    assert hma.get(f"/c/bank/KNOWN/content/{number}").status_code == 404
    assert hma.delete(f"/c/bank/KNOWN/content/{number}").json() == {"deleted": 0}
    assert hma.get(f"/c/bank/{bank}/content/{number}").status_code == 200


def test_banks_are_made_listed_switched_off_and_deleted(hma: httpx.Client) -> None:
    assert hma.post("/c/banks", json={"name": "DEMO_1"}).status_code == 201
    again = hma.post("/c/banks", json={"name": "DEMO_1"})
    assert (again.status_code, "already" in again.json()["message"]) == (403, True)
    bad = hma.post("/c/banks", json={"name": "demo"})
    assert (bad.status_code, bad.json()["message"]) == (
        400,
        "Bank names must be UPPER_WITH_UNDERSCORE",
    )
    assert {"name": "DEMO_1", "matching_enabled_ratio": 1.0} in hma.get("/c/banks").json()
    off = hma.put("/c/bank/DEMO_1", json={"enabled": False}).json()
    assert off == {"name": "DEMO_1", "matching_enabled_ratio": 0.0}
    assert hma.put("/c/bank/DEMO_1", json={"enabled_ratio": 7}).status_code == 400
    renamed = hma.put("/c/bank/DEMO_1", json={"name": "DEMO_2", "enabled_ratio": 1})
    assert renamed.json() == {"name": "DEMO_2", "matching_enabled_ratio": 1.0}
    assert hma.delete("/c/bank/DEMO_2").json() == {"message": "Done"}
    assert hma.get("/c/bank/DEMO_2").status_code == 404


def test_videos_are_known_by_their_digests(hma: httpx.Client, bank: str) -> None:
    files = {"video": ("a.mp4", b"not really a video, and never decoded")}
    hashed = hma.post("/h/hash", params={"types": "video_md5,video_sha256"}, files=files).json()
    assert set(hashed) == {"video_md5", "video_sha256"}
    number = hma.post(f"/c/bank/{bank}/content", files=files).json()["id"]
    assert hma.post("/m/lookup", files=files).json() == {
        "video_md5": {bank: [{"bank_content_id": number, "distance": "-"}]}
    }


def test_two_signals_are_compared(hma: httpx.Client) -> None:
    far = f"{int(OTHER, 16) ^ ((1 << 130) - 1):064x}"
    assert hma.post("/m/compare", json={"pdq": [OTHER, NEAR]}).json() == {
        "pdq": [True, {"distance": 3}]
    }
    assert hma.post("/m/compare", json={"pdq": [OTHER, far]}).json() == {
        "pdq": [False, {"distance": 130}]
    }


def test_a_plain_picture_has_no_hash_and_matches_nothing(hma: httpx.Client) -> None:
    plain = {"photo": ("a.png", as_png(Image.new("RGB", (300, 200), (7, 7, 7))))}
    assert hma.post("/h/hash", files=plain).json() == {"pdq": ""}
    assert hma.post("/m/lookup", files=plain).json() == {"pdq": {}}


@pytest.mark.parametrize(
    ("method", "path", "more", "status"),
    [
        ("POST", "/h/hash", {"files": {"file": ("a.jpg", b"x")}}, 400),
        ("POST", "/h/hash", {"files": {"photo": ("a.jpg", b"x")}}, 400),
        ("POST", "/h/hash", {"files": {"photo": ("a.jpg", b"")}}, 400),
        ("GET", "/h/hash", {"params": {"url": "http://127.0.0.1/"}}, 403),
        ("GET", "/m/lookup", {"params": {"signal": "0", "signal_type": "pdq"}}, 400),
        ("GET", "/m/lookup", {"params": {"signal": OTHER, "signal_type": "nothing"}}, 400),
        ("GET", "/m/lookup", {}, 400),
        (
            "GET",
            "/m/lookup",
            {"params": {"signal": OTHER, "signal_type": "pdq", "banks": "X"}},
            404,
        ),
        ("POST", "/m/compare", {"json": {"pdq": [OTHER]}}, 400),
        ("POST", "/c/banks", {"json": {}}, 400),
        ("POST", "/c/bank/NONE/signal", {"json": {"pdq": OTHER}}, 404),
        ("POST", "/c/bank/KNOWN/signal", {"json": {}}, 400),
    ],
)
def test_failures_are_an_object_with_a_message(
    hma: httpx.Client, method: str, path: str, more: dict[str, object], status: int
) -> None:
    answer = hma.request(method, path, **more)  # type: ignore[arg-type]  # passed on
    assert answer.status_code == status, answer.text
    assert answer.json()["message"]


def test_nobody_is_let_in_without_a_key(hma: httpx.Client) -> None:
    for auth in (None, httpx.BasicAuth("key", "wrong")):
        answer = hma.get("/c/banks", auth=auth)
        assert (answer.status_code, "message" in answer.json()) == (401, True)


def test_distances_are_shown_to_those_who_may_see_them(
    hma: httpx.Client, bank: str, make_api_key: MakeKey
) -> None:
    hma.post(f"/c/bank/{bank}/signal", json={"pdq": OTHER})
    narrow = httpx.BasicAuth("key", make_api_key(Permission.PROTECT_CONTENT_MATCH))
    asked = {"signal": NEAR, "signal_type": "pdq"}
    [content] = hma.get("/m/lookup", params=asked, auth=narrow).json()[bank]
    assert content["distance"] == "-"
    assert hma.get("/c/banks", auth=narrow).status_code == 403


def test_what_is_there_is_listed(hma: httpx.Client) -> None:
    assert hma.get("/c/signal_type").json() == [
        {"name": "pdq", "enabled_ratio": 1.0},
        {"name": "video_md5", "enabled_ratio": 1.0},
    ]
    assert {"name": "photo", "enabled": True} in hma.get("/c/content_type").json()
    assert hma.get("/c/exchanges").json() == []
    assert hma.get("/c/exchanges/apis").json() == []
    index = hma.get("/c/signal_type/index").json()["pdq"]
    assert index["index_out_of_date"] is False
    assert hma.get("/m/index/status").json()["pdq"]["present"] is True
