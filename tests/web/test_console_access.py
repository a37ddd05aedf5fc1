# SPDX-License-Identifier: Apache-2.0
"""Every route of the console by every role, other sites' forms, and other members' objects."""

import re
from collections.abc import Iterator
from contextlib import closing

import httpx
import pytest
from house import House
from litestar.handlers import HTTPRouteHandler

from nahmi.access.roles import ROLE_PERMISSIONS, Permission, Role
from nahmi.web.headers import CONTENT_SECURITY_POLICY
from nahmi.web.routes import ALL
from nahmi.web.routes.gates import PERMISSION_OPT

pytestmark = pytest.mark.enable_socket

GUARDED = [handler for handler in ALL if PERMISSION_OPT in handler.opt]
OPEN = [handler for handler in ALL if PERMISSION_OPT not in handler.opt]
PASSWORD = "a few words of my own"  # noqa: S105 - of nobody


def method(handler: HTTPRouteHandler) -> str:
    return next(iter(handler.http_methods - {"HEAD", "OPTIONS"}))


def address(handler: HTTPRouteHandler, number: int = 999_999) -> str:
    path = next(iter(handler.paths))
    return "/console" + re.sub(r"\{\w+:int\}", str(number), re.sub(r"\{\w+:str\}", "enable", path))


def named(handler: HTTPRouteHandler) -> str:
    return f"{method(handler)} {next(iter(handler.paths))}"


def csrf(client: httpx.Client) -> str:
    found = re.search(r'name="csrf" value="(\w+)"', client.get("/console/account").text)
    assert found, "the page carries the token of the session"
    return found[1]


def sign_in(house: House, role: Role, email: str, member_id: int = 1) -> httpx.Client:
    link = house.link(house.person(email, role, member_id=member_id))
    client = httpx.Client(
        base_url=house.address, headers={"origin": house.address}, trust_env=False, timeout=60
    )
    client.post("/console/enter", data={"token": link.rpartition("/")[2]})
    token = re.search(r'name="csrf" value="(\w+)"', client.get("/console/account/password").text)
    assert token
    form = {"csrf": token[1], "password": PASSWORD, "again": PASSWORD}
    assert client.post("/console/account/password", data=form).status_code == 303
    return client


@pytest.fixture(scope="module")
def clients(house: House) -> Iterator[dict[Role, httpx.Client]]:
    made = {role: sign_in(house, role, f"walk-{role}@example.org") for role in Role}
    yield made
    for client in made.values():
        client.close()


@pytest.fixture
def stranger(house: House) -> Iterator[httpx.Client]:
    with httpx.Client(
        base_url=house.address, headers={"origin": house.address}, trust_env=False
    ) as client:
        yield client


def send(client: httpx.Client, handler: HTTPRouteHandler, **data: str) -> httpx.Response:
    if method(handler) == "GET":
        return client.get(address(handler))
    return client.post(address(handler), data=data or {"nothing": ""})


def test_every_route_says_what_it_asks_for() -> None:
    assert {next(iter(handler.paths)) for handler in OPEN} == {
        "/sign-in",
        "/second-factor",
        "/enter",
        "/enter/{token:str}",
        "/sign-out",
        "/account/password",
        "/account/second-factor",
        "/language/{language:str}",
    }
    assert all(handler.guards for handler in GUARDED)


@pytest.mark.parametrize("handler", GUARDED, ids=named)
def test_strangers_are_sent_to_sign_in(stranger: httpx.Client, handler: HTTPRouteHandler) -> None:
    answer = send(stranger, handler)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/console/sign-in")


@pytest.mark.parametrize("role", Role)
def test_each_role_gets_as_far_as_it_may(clients: dict[Role, httpx.Client], role: Role) -> None:
    token = csrf(clients[role])
    for handler in GUARDED:
        permission: Permission | None = handler.opt[PERMISSION_OPT]
        may = permission is None or permission in ROLE_PERMISSIONS[role]
        answer = send(clients[role], handler, csrf=token)
        assert (answer.status_code != 403) == may, named(handler)
        assert answer.status_code < 500, named(handler)


@pytest.mark.parametrize("handler", [one for one in GUARDED if method(one) == "POST"], ids=named)
def test_a_form_without_the_sessions_token_changes_nothing(
    clients: dict[Role, httpx.Client], handler: HTTPRouteHandler
) -> None:
    other = csrf(clients[Role.CURATOR])
    for data in ({"nothing": ""}, {"csrf": ""}, {"csrf": other}):
        assert clients[Role.ADMIN].post(address(handler), data=data).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://example.org"},
        {"origin": "null"},
        {"origin": ""},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_forms_of_other_sites_are_refused(
    clients: dict[Role, httpx.Client], headers: dict[str, str]
) -> None:
    client = clients[Role.ADMIN]
    form = {"csrf": csrf(client), "name": "X", "language": "en"}
    assert client.post("/console/account", data=form, headers=headers).status_code == 403
    answer = client.post("/console/sign-in", data={"email": "a"}, headers=headers)
    assert answer.status_code == 403


@pytest.mark.parametrize("handler", [h for h in GUARDED if "int}" in named(h)], ids=named)
def test_what_is_not_there_is_missing(
    clients: dict[Role, httpx.Client], handler: HTTPRouteHandler
) -> None:
    client = clients[Role.ADMIN]
    data = {"csrf": csrf(client), "role": "viewer", "label": "x", "signal_type": "pdq"}
    assert send(client, handler, **data).status_code == 404


def bank_of(client: httpx.Client, name: str) -> tuple[int, int]:
    """A new bank with one entry: the numbers of both."""
    token = csrf(client)
    made = client.post(
        "/console/banks/new",
        data={
            "csrf": token,
            "name": name,
            "category": "test",
            "actions": "review",
            "limit_bits": "31",
            "crops": "none",
            "is_enabled": "yes",
        },
    )
    bank = int(made.headers["location"].rpartition("/")[2])
    signal = {"csrf": token, "signal_type": "md5", "value": "0" * 31 + "1"}
    assert client.post(f"/console/banks/{bank}/signal", data=signal).status_code == 303
    entry = re.search(r"/console/entries/(\d+)", client.get(f"/console/banks/{bank}").text)
    assert entry
    return bank, int(entry[1])


def test_what_belongs_to_another_member_is_missing_in_the_same_words(house: House) -> None:
    with (
        closing(sign_in(house, Role.ADMIN, "theirs@example.net", house.member("Other"))) as theirs,
        closing(sign_in(house, Role.ADMIN, "ours@example.org")) as ours,
    ):
        bank, entry = bank_of(theirs, "THEIRS")
        data = {"csrf": csrf(ours)}
        for path in (f"/console/banks/{bank}", f"/console/entries/{entry}"):
            absent = ours.get(re.sub(r"\d+$", "999999", path))
            foreign = ours.get(path)
            assert foreign.status_code == absent.status_code == 404
            assert _plain(foreign.text) == _plain(absent.text)
            assert ours.post(f"{path}/delete", data=data).status_code == 404
            assert ours.post(f"{path}/restore", data=data).status_code == 404
        assert "THEIRS" not in ours.get("/console/banks").text
        assert theirs.get(f"/console/entries/{entry}").status_code == 200


def _plain(page: str) -> str:
    return re.sub(r"[0-9a-f]{16}|back=[^\"]*", "", page)


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(
    house: House, stranger: httpx.Client
) -> None:
    link = house.link(house.person("cookie@example.org", Role.VIEWER))
    answer = stranger.post("/console/enter", data={"token": link.rpartition("/")[2]})
    cookie = answer.headers["set-cookie"].lower()
    for part in ("httponly", "samesite=strict", "path=/"):
        assert part in cookie
    assert "domain" not in cookie
    stranger.cookies.clear()
    again = stranger.post("/console/enter", data={"token": link.rpartition("/")[2]})
    assert again.headers["location"] == "/console/sign-in"
    assert "nahmi=" not in again.headers["set-cookie"]


def test_opening_a_one_time_link_does_not_use_it_up(house: House, stranger: httpx.Client) -> None:
    link = house.link(house.person("preview@example.org", Role.VIEWER))
    for _ in range(3):
        assert stranger.get(link).status_code == 200
    answer = stranger.post("/console/enter", data={"token": link.rpartition("/")[2]})
    assert answer.headers["location"] == "/console/account/password"


def test_a_new_person_opens_nothing_before_they_have_a_password(house: House) -> None:
    link = house.link(house.person("fresh@example.org", Role.ADMIN))
    with httpx.Client(
        base_url=house.address, headers={"origin": house.address}, trust_env=False
    ) as client:
        client.post("/console/enter", data={"token": link.rpartition("/")[2]})
        for path in ("/console", "/console/banks", "/console/account"):
            assert client.get(path).status_code == 403
        assert client.get("/console/account/second-factor").status_code == 403


def test_every_answer_carries_the_policy(stranger: httpx.Client) -> None:
    for path in ("/console", "/console/sign-in", "/console/nothing", "/console/banks/x"):
        answer = stranger.get(path)
        assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_assets_are_kept_for_ever_and_nothing_else_is_served(stranger: httpx.Client) -> None:
    page = stranger.get("/console/sign-in").text
    for found in re.findall(r'"(/static/[^"]+)"', page):
        assert "immutable" in stranger.get(found).headers["cache-control"]
    for path in ("/static/console.css", "/static/..%2f..%2fapp.py", "/static/x.css"):
        assert stranger.get(path).status_code == 404


def test_the_root_leads_to_the_console_and_the_interface_is_still_there(
    stranger: httpx.Client,
) -> None:
    assert stranger.get("/").headers["location"] == "/console"
    assert stranger.get("/health/live").status_code == 200
    assert stranger.get("/api/v1/banks").status_code == 401


def test_a_page_is_never_sent_back_to_another_site(stranger: httpx.Client) -> None:
    answer = stranger.get("/console/language/ar", params={"back": "https://example.org"})
    assert answer.headers["location"] == "/console"
    assert "nahmi_language=ar" in answer.headers["set-cookie"]
    assert 'dir="rtl"' in stranger.get("/console/sign-in").text


def test_the_last_administrator_stays(house: House) -> None:
    member = house.member("Alone")
    with closing(sign_in(house, Role.ADMIN, "alone@example.org", member)) as client:
        page = client.get("/console/people").text
        found = re.search(r"/console/people/([0-9]+)", page)
        assert found
        path = f"/console/people/{found[1]}"
        refused = client.post(path, data={"csrf": csrf(client), "role": "viewer"})
        assert refused.status_code == 422
        assert "last administrator" in refused.text
        house.person("second@example.org", Role.ADMIN, member_id=member)
        assert client.post(path, data={"csrf": csrf(client), "role": "viewer"}).status_code == 303
