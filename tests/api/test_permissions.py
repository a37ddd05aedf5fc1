# SPDX-License-Identifier: Apache-2.0
"""Every route with every permission and role, and every route with another member's objects.

The routes are read from the application, so one that is new and says not who may ask fails here.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import httpx
import pytest
from operations import ROUTES, Route, request_body

from nahmi.access.roles import ROLE_PERMISSIONS, Permission, Role

Ask = Callable[..., httpx.Response]
_STREAMS = {"application/x-ndjson"}


@pytest.fixture(scope="session")
def keys_of_roles(make_api_key: Callable[..., str]) -> dict[str, str]:
    """A key for what each role may do."""
    return {role.value: make_api_key(*ROLE_PERMISSIONS[role]) for role in Role}


@pytest.fixture(scope="session")
def keys_without(make_api_key: Callable[..., str]) -> dict[Permission, str]:
    """For each permission a key that holds all others."""
    return {
        lacking: make_api_key(*(item for item in Permission if item is not lacking))
        for lacking in Permission
    }


@pytest.fixture(scope="session")
def foreign_key(make_api_key: Callable[..., str], other_member: int) -> str:
    """A key of another member that may do everything."""
    return make_api_key(*Permission, member_id=other_member)


def send(
    client: httpx.Client, route: Route, key: str, objects: Mapping[str, int | str] | None = None
) -> httpx.Response:
    path = route.path
    for name in _names(path):
        found = (objects or {}).get(name, 10**9)
        path = path.replace(f"{{{name}}}", "pdq" if name == "name" else str(found))
    more = request_body(route)
    headers = {"authorization": f"Bearer {key}", **more.pop("headers", {})}
    return client.request(route.method, path, headers=headers, **more)


def _names(path: str) -> Iterator[str]:
    for part in path.split("{")[1:]:
        yield part.partition("}")[0]


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_every_route_says_who_may_ask(route: Route) -> None:
    assert route.has_permission


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_nobody_is_let_in_without_a_key(anonymous: httpx.Client, route: Route) -> None:
    answer = send(anonymous, route, "nahmi_aaaaaaaa_" + "A" * 43)
    assert (answer.status_code, answer.json()["code"]) == (401, "credential_invalid")


@pytest.mark.parametrize("route", [r for r in ROUTES if r.permission is not None], ids=str)
def test_whoever_lacks_the_permission_is_refused(
    anonymous: httpx.Client, route: Route, keys_without: dict[Permission, str]
) -> None:
    assert route.permission is not None
    answer = send(anonymous, route, keys_without[route.permission])
    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("route", [r for r in ROUTES if r.permission is not None], ids=str)
def test_roles_get_what_they_may_and_no_more(
    anonymous: httpx.Client, route: Route, role: Role, keys_of_roles: dict[str, str]
) -> None:
    assert route.permission is not None
    answer = send(anonymous, route, keys_of_roles[role.value])
    assert answer.status_code < 500
    if route.permission not in ROLE_PERMISSIONS[role]:
        assert answer.status_code == 403
    elif answer.status_code == 403:
        # Two bounds beyond permissions: nobody grants what they lack, and members are taken in by
        # whoever runs the node.
        assert route.path.split("/")[3] in {"keys", "people", "members"}


NUMBERED = [route for route in ROUTES if "{" in route.path and "{name}" not in route.path]


@pytest.mark.parametrize("route", NUMBERED, ids=str)
def test_another_member_s_object_is_missing_like_any_other(
    anonymous: httpx.Client,
    route: Route,
    foreign_key: str,
    own_objects: dict[str, int | str],
) -> None:
    objects = {name: own_objects[name] for name in _names(route.path)}
    missing, foreign = (send(anonymous, route, foreign_key, found) for found in ({}, objects))
    assert foreign.status_code == missing.status_code
    assert foreign.status_code in {403, 404}
    ignored = {"request_id"}
    assert _but(foreign.json(), ignored) == _but(missing.json(), ignored)


def _but(fields: dict[str, Any], ignored: set[str]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name not in ignored}
