# SPDX-License-Identifier: Apache-2.0
"""A node with one known picture, served for real on a socket file."""

import secrets
import tempfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from nahmi.access.api_keys import PREFIX_BYTES, SECRET_BYTES, make_key
from nahmi.access.identity import OWN_MEMBER
from nahmi.access.roles import Permission
from nahmi.api.app import make_app
from nahmi.bootstrap import init_node, now, open_access
from nahmi.bootstrap.service import Service
from nahmi.core.bank import Category
from nahmi.library import Bank
from nahmi.operate.settings import Settings
from nahmi.testing.media import as_jpeg, scene
from nahmi.testing.serving import serving

MakeKey = Callable[..., str]


@pytest.fixture(scope="session")
def node_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="nahmi-") as name:
        folder = Path(name) / "node"
        init_node(folder).close()
        with Bank.open(folder, "KNOWN", category=Category.TEST) as bank:
            bank.add(as_jpeg(scene(1)), note="beach")
        yield folder


@pytest.fixture(scope="session")
def make_api_key(node_folder: Path) -> MakeKey:
    """Makes keys: permissions give the text of one that holds them."""

    def make(*permissions: Permission, budget: int = 100_000, member_id: int = OWN_MEMBER) -> str:
        text = make_key(secrets.token_bytes(PREFIX_BYTES + SECRET_BYTES))
        with open_access(node_folder) as access:
            access.keys.add_key(
                text,
                member_id=member_id,
                label="test",
                permissions=permissions,
                daily_budget=budget,
                created_by="local",
                now=now(),
                expires_at=now() + timedelta(days=1),
            )
        return text.reveal()

    return make


@pytest.fixture(scope="session")
def anonymous(node_folder: Path) -> Iterator[httpx.Client]:
    """A client without a key."""
    settings = Settings(layout=1)
    with serving(make_app(lambda: Service(node_folder, settings)), node_folder.parent) as client:
        yield client


@pytest.fixture
def ask(anonymous: httpx.Client, make_api_key: MakeKey) -> Callable[..., httpx.Response]:
    """Sends a request with a key that holds the permissions named."""

    def send(method: str, path: str, *permissions: Permission, **more: object) -> httpx.Response:
        key = make_api_key(*permissions)
        return anonymous.request(
            method,
            path,
            headers={"authorization": f"Bearer {key}"},
            **more,  # type: ignore[arg-type]  # passed on
        )

    return send
