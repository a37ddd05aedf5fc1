# SPDX-License-Identifier: Apache-2.0
"""Who listens at a port of this machine."""

import socket

import pytest

from nahmi.testing.loopback import LoopbackServer, reply
from nahmi.wire.knocking import Listener, who_listens

pytestmark = [pytest.mark.enable_socket, pytest.mark.allow_hosts(["127.0.0.1"])]
HOST = "127.0.0.1"


def test_a_node_answers_as_nodes_do() -> None:
    with LoopbackServer(reply(200, x_request_id="0123456789abcdef")) as node:
        assert who_listens(HOST, node.port) is Listener.NODE
    assert who_listens(HOST, node.port) is Listener.NOBODY
    with LoopbackServer(reply(200)) as other:
        assert who_listens(HOST, other.port) is Listener.OTHER


def test_what_says_nothing_is_another_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nahmi.wire.knocking._PATIENCE_S", 0.05)
    with socket.create_server((HOST, 0)) as silent:
        assert who_listens(HOST, silent.getsockname()[1]) is Listener.OTHER


@pytest.mark.parametrize("host", ["192.0.2.1", "no host"])
def test_addresses_of_other_machines_are_elsewhere(host: str) -> None:
    assert who_listens(host, 8410) is Listener.ELSEWHERE
