# SPDX-License-Identifier: Apache-2.0
"""What matters once the node serves: its port, who can reach it, and what the system allows."""

import resource
from collections.abc import Iterator
from typing import Final

from nahmi.bootstrap.checkup.check import Check, State, counted, failed
from nahmi.bootstrap.node import node_settings
from nahmi.bootstrap.place import NodePlace
from nahmi.bootstrap.wire import host_rules
from nahmi.errors import NahmiError
from nahmi.operate.settings import ServeSettings, Settings
from nahmi.wire.knocking import Listener, who_listens

OTHER_FILES: Final = 1_000
"""What a server process has open beside its connections: the store, the index, decoders."""
_LOCAL: Final = ("localhost", "::1")
_PAGE: Final = "docs/how-to/production.md"


def serving_checks(place: NodePlace) -> Iterator[Check]:
    """Everything about serving; nothing where there is no node.

    Args:
        place: Where it is.
    """
    try:
        settings = node_settings(place)
    except NahmiError:
        return  # said by the checks of the node
    yield _port(settings.serve)
    yield _reach(settings.serve)
    yield _rules(settings)
    yield _open_files(settings)


def _port(serve: ServeSettings) -> Check:
    at = f"{serve.host} port {serve.port}"
    match who_listens(serve.host, serve.port):
        case Listener.NOBODY:
            return Check("port", State.OK, f"{at} is free")
        case Listener.NODE:
            return Check("port", State.OK, f"a node serves at {at}")
        case Listener.OTHER:
            hint = "End it, or set another serve.port in node.toml."
            return Check("port", State.BAD, f"Another program listens at {at}.", hint)
        case Listener.FORBIDDEN:
            hint = "Ports below 1024 are the system's: set another serve.port, behind a proxy."
            return Check("port", State.BAD, f"This user may not listen at {at}.", hint)
        case _:
            hint = "Set serve.host in node.toml to an address of this machine."
            return Check("port", State.BAD, f"{at} is not on this machine.", hint)


def _reach(serve: ServeSettings) -> Check:
    has_tls = serve.public_url.startswith("https://")
    if serve.host in _LOCAL or serve.host.startswith("127."):
        detail = "only this machine can connect" + (", such as its proxy" if has_tls else "")
        return Check("reach", State.OK, detail)
    if not has_tls:
        return Check(
            "reach",
            State.NOTE,
            f"Others can connect to {serve.host}, and serve.public_url is not https.",
            f"Keys would travel readable: put a proxy that speaks TLS in front ({_PAGE}).",
        )
    if not serve.trusted_proxies:
        return Check(
            "reach",
            State.NOTE,
            f"Others can connect to {serve.host}, and serve.trusted_proxies names no proxy.",
            f"Name the proxy there, and let nobody else connect ({_PAGE}).",
        )
    return Check("reach", State.OK, f"{serve.host}, behind a proxy that speaks TLS")


def _rules(settings: Settings) -> Check:
    try:
        fetched, called = host_rules(settings)
    except NahmiError as error:
        return failed("hosts", error)
    detail = (
        f"content is fetched from {counted(len(fetched), 'host', 'hosts')},"
        f" webhooks may go to {counted(len(called), 'private host', 'private hosts')}"
    )
    return Check("hosts", State.OK, detail)


def _open_files(settings: Settings) -> Check:
    _, allowed = resource.getrlimit(resource.RLIMIT_NOFILE)  # a server takes what it may
    needed = settings.limits.connections + OTHER_FILES
    if allowed == resource.RLIM_INFINITY or allowed >= needed:
        return Check("open files", State.OK, f"{needed:,} are enough")
    return Check(
        "open files",
        State.NOTE,
        f"{allowed:,} are allowed here; limits.connections may need {needed:,}.",
        "Allow more where the node serves: LimitNOFILE in its unit, or ulimit -n.",
    )
