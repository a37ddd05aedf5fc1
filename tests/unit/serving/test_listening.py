# SPDX-License-Identifier: Apache-2.0
"""Where a node cannot listen, it says why in one sentence."""

import errno
import socket

import pytest

from nahmi.cli.app import run
from nahmi.errors import ErrorCode, InputError
from nahmi.serving import listening
from nahmi.serving.listening import listen

pytestmark = [pytest.mark.enable_socket]


def test_a_name_with_several_addresses_is_listened_at_by_all_of_them() -> None:
    sockets = listen("localhost", 0)
    try:
        for one in sockets:
            with socket.socket(one.family) as caller:
                caller.connect(one.getsockname()[:2])
    finally:
        for one in sockets:
            one.close()


@pytest.mark.parametrize(
    ("host", "words"),
    [
        ("x" * 70, "neither an address nor a name"),
        ("192.0.2.1", "no address of this machine"),  # a network for documentation
    ],
)
def test_a_host_that_is_none_of_this_machine_is_named(host: str, words: str) -> None:
    with pytest.raises(InputError, match=words) as refused:
        listen(host, 8410)
    assert refused.value.code is ErrorCode.ADDRESS_UNUSABLE
    assert "--host" in refused.value.hint


@pytest.mark.parametrize(
    ("number", "words"),
    [(errno.EACCES, "may not listen at port 80"), (errno.ENOBUFS, "lets nobody listen")],
)
def test_what_the_system_refuses_is_told(
    monkeypatch: pytest.MonkeyPatch, number: int, words: str
) -> None:
    def refuse(*_: object) -> socket.socket:
        raise OSError(number, "")

    monkeypatch.setattr(listening, "_listen", refuse)
    with pytest.raises(InputError, match=words) as refused:
        listen("127.0.0.1", 80)
    assert refused.value.code is ErrorCode.ADDRESS_UNUSABLE


def test_a_port_that_is_taken_is_one_line_and_exit_code_2(
    tmp_path: object, capsys: pytest.CaptureFixture[str]
) -> None:
    node = f"{tmp_path}/node"
    assert run(["--node", node, "init"]) == 0
    [taken] = listen("127.0.0.1", 0)
    port = str(taken.getsockname()[1])
    capsys.readouterr()
    try:
        for workers in ("1", "2"):
            serve = ["--node", node, "serve", "--port", port, "--workers", workers]
            assert run(serve) == 2
            said = capsys.readouterr()
            assert said.out == ""
            assert said.err == (
                f"nahmi: Another process listens at port {port} of 127.0.0.1. "
                "Stop it, or choose another port with --port. [address_unusable]\n"
            )
    finally:
        taken.close()
