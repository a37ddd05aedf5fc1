# SPDX-License-Identifier: Apache-2.0
"""A node that serves its console on loopback, with people of every role."""

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn

from nahmi.access.identity import Person
from nahmi.access.roles import Role
from nahmi.access.sessions import TOKEN_BYTES, make_token
from nahmi.api.app import make_app
from nahmi.bootstrap import init_node, now, open_access
from nahmi.bootstrap.place import NodePlace
from nahmi.bootstrap.service import Service
from nahmi.core.member import OWN_MEMBER
from nahmi.operate.settings import LimitSettings, Settings
from nahmi.serving.node_app import with_console

_START_S = 30


class House:
    """A node and its address.

    Args:
        folder: The node's.
        address: Where it is served, without a slash at its end.
    """

    def __init__(self, folder: Path, address: str) -> None:
        self.folder = folder
        self.address = address

    def person(
        self, email: str, role: Role, *, language: str = "en", member_id: int = OWN_MEMBER
    ) -> Person:
        """Someone new."""
        with open_access(self.folder) as access:
            return access.people.add_person(
                member_id=member_id,
                email=email,
                name=email.partition("@")[0].title(),
                role=role,
                language="ar" if language == "ar" else "en",
                now=now(),
            )

    def member(self, name: str) -> int:
        """A new member's number."""
        with open_access(self.folder) as access:
            return access.people.add_member(name, now=now()).member_id

    def link(self, person: Person) -> str:
        """The address of a one-time link."""
        token = make_token(secrets.token_bytes(TOKEN_BYTES))
        with open_access(self.folder) as access:
            access.sessions.add_link(token, person.person_id, now=now())
        return f"{self.address}/console/enter/{token}"


@contextmanager
def opened_house(folder: Path, settings: Settings | None = None) -> Iterator[House]:
    """A new node, served while the block runs."""
    place = NodePlace(folder, None)
    init_node(place).close()
    settings = settings or Settings(layout=1, limits=LimitSettings(decoders=1))
    app = with_console(make_app(lambda: Service(place, settings), settings))
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=0,
        loop="asyncio",
        http="httptools",
        ws="none",
        interface="asgi3",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=5,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, name="console")
    thread.start()
    try:
        _wait(server, thread)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield House(folder, f"http://127.0.0.1:{port}")
    finally:
        server.should_exit = True
        thread.join()


def _wait(server: uvicorn.Server, thread: threading.Thread) -> None:
    pause = threading.Event()
    for _ in range(_START_S * 100):
        if server.started:
            return
        if not thread.is_alive():
            break
        pause.wait(0.01)
    raise AssertionError("the server did not start")
