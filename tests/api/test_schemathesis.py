# SPDX-License-Identifier: Apache-2.0
"""Whatever is sent, fitting or not, the node answers as its description says, and never fails.

The cases are made from the description, the same ones each time; the node is one of its own, since
they delete and disable what they find.
"""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from operations import DESCRIPTION, ROUTES, Route
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from nahmi.access.roles import ROLE_PERMISSIONS, Permission, Role
from nahmi.api.app import make_app
from nahmi.bootstrap import init_node
from nahmi.bootstrap.service import Service
from nahmi.operate.settings import Settings
from nahmi.testing.serving import serving

EXAMPLES = {"everything": 4, "viewer": 1}
CHECKS = [
    not_a_server_error,
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
]
CALLS_OUT = {"/api/v1/webhooks/{webhook_id}/test"}
"""Left out: they look names up, and tests have no network; test_webhooks tries them."""

SCHEMA = schemathesis.openapi.from_dict(DESCRIPTION)


@schemathesis.serializer("application/x-ndjson", "application/gzip")
def as_it_is(_: object, value: object) -> bytes:
    """Bodies that are no JSON are sent as they were made."""
    return str(value).encode("utf-8", "surrogateescape")


@pytest.fixture(scope="module")
def own_node() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="nahmi-") as name:
        folder = Path(name) / "node"
        init_node(folder).close()
        yield folder


@pytest.fixture(scope="module")
def client(own_node: Path) -> Iterator[httpx.Client]:
    found = Settings(layout=1)
    with serving(make_app(lambda: Service(own_node, found), found), own_node.parent) as opened:
        yield opened


PERMISSIONS = {"everything": tuple(Permission), "viewer": ROLE_PERMISSIONS[Role.VIEWER]}


@pytest.fixture
def key(own_node: Path, who: str, key_maker: Callable[[Path], Callable[..., str]]) -> str:
    """A new key for each test: the cases of another may have revoked it."""
    return key_maker(own_node)(*PERMISSIONS[who], budget=10**9)


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=str)
@pytest.mark.parametrize("who", ["everything", "viewer"])
@pytest.mark.parametrize("route", [r for r in ROUTES if r.path not in CALLS_OUT], ids=str)
def test_the_node_answers_as_it_says(
    client: httpx.Client, key: str, route: Route, who: str, mode: GenerationMode
) -> None:
    operation = SCHEMA[route.path][route.method]

    @settings(
        max_examples=EXAMPLES[who],
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def run(data: st.DataObject) -> None:
        case = data.draw(operation.as_strategy(generation_mode=mode))
        try:
            made = requests.Request(**case.as_transport_kwargs(base_url="http://node")).prepare()
            headers = httpx.Headers(dict(made.headers))
        except (requests.RequestException, UnicodeError):
            return  # no client can send this
        headers["authorization"] = f"Bearer {key}"
        answer = client.request(str(made.method), str(made.url), headers=headers, content=made.body)
        case.validate_response(answer, checks=CHECKS)

    run()
