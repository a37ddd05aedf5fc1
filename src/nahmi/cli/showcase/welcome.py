# SPDX-License-Identifier: Apache-2.0
"""The end of the demo: its node is served, and whoever ran the demo is let in."""

import secrets
import socket
from datetime import timedelta
from pathlib import Path

import msgspec
import typer

from nahmi.access.api_keys import PREFIX_BYTES, SECRET_BYTES, make_key
from nahmi.access.audit import AuditEvent
from nahmi.access.roles import Permission, Role
from nahmi.access.sessions import TOKEN_BYTES, make_token
from nahmi.bootstrap import Access, node_settings, open_access
from nahmi.bootstrap.place import NodePlace
from nahmi.cli.options import now
from nahmi.core.member import OWN_MEMBER
from nahmi.errors import ErrorCode, InputError
from nahmi.operate.settings import ServeSettings
from nahmi.web.paths import to

_PORTS = 100
_BUDGET = 10_000
_MAY = (
    Permission.PROTECT_CONTENT_HASH,
    Permission.PROTECT_CONTENT_MATCH,
    Permission.PROTECT_DISTANCE_READ,
)


def serve_demo(folder: Path, bank: str) -> None:
    """Say how to get in, then serve the node until the process is told to stop.

    Args:
        folder: The demo's.
        bank: What its bank is called.

    Raises:
        InputError: INPUT_INVALID: none of a hundred ports is free.
    """
    # Slow, and not needed by who only scans.
    from nahmi.serving.running import run  # noqa: PLC0415

    node = folder / "node"
    settings = node_settings(node)
    serving = msgspec.structs.replace(settings.serve, port=free_port(settings.serve))
    with open_access(node) as access:
        link, key = one_time_link(access), _key(access)
    typer.echo(_words(serving.address, link, key, folder, bank))
    run(NodePlace(node), msgspec.structs.replace(settings, serve=serving))


def free_port(serving: ServeSettings) -> int:
    """The first of a hundred ports from that of the settings on that is free.

    Raises:
        InputError: INPUT_INVALID: none is.
    """
    for port in range(serving.port, serving.port + _PORTS):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((serving.host, port))
            except OSError:
                continue
            return port
    raise InputError(
        ErrorCode.INPUT_INVALID,
        f"The ports {serving.port} to {serving.port + _PORTS - 1} are taken.",
        hint="Stop a server that uses one of them, or run the demo with --no-serve.",
    )


def one_time_link(access: Access) -> str:
    """A path that signs an administrator in, once; the person is made for it."""
    person = access.people.add_person(
        member_id=OWN_MEMBER,
        email="demo@nahmi.invalid",
        name="Demo",
        role=Role.ADMIN,
        language="en",
        now=now(),
    )
    token = make_token(secrets.token_bytes(TOKEN_BYTES))
    access.sessions.add_link(token, person.person_id, now=now())
    _note(access, "person:create", f"person:{person.person_id}")
    return to("enter", token)


def _key(access: Access) -> str:
    text = make_key(secrets.token_bytes(PREFIX_BYTES + SECRET_BYTES))
    made = access.keys.add_key(
        text,
        member_id=OWN_MEMBER,
        label="demo",
        permissions=_MAY,
        daily_budget=_BUDGET,
        created_by="local",
        now=now(),
        expires_at=now() + timedelta(days=1),
    )
    _note(access, "key:create", f"key:{made.key_id}")
    return text.reveal()


def _note(access: Access, event: str, made: str) -> None:
    access.audit.append(
        AuditEvent(at=now(), member_id=OWN_MEMBER, actor="local", event=event, object=made)
    )


def _words(address: str, link: str, key: str, folder: Path, bank: str) -> str:
    upload = min((folder / "pictures" / "uploads").glob("upload*.jpg"))
    return f"""
The node answers at {address} until you press Ctrl-C.

Sign in, once, within 15 minutes:  {address}{link}
  "Try a file" shows what an altered copy of your own picture does, after you put the
  picture into the bank {bank}. The language is switched at the top of each page.

Ask it from another terminal (this key lasts a day):
  curl -s -H 'Authorization: Bearer {key}' \\
    --data-binary @{upload} {address}/api/v1/match/content
"""
