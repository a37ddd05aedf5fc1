# SPDX-License-Identifier: Apache-2.0
"""Calls to an exchange: to its own host, again when that helps, and given up when told to."""

import threading
from collections.abc import Iterator
from io import BufferedIOBase

import pytest

from nahmi.errors import ErrorCode, InputError, WireError
from nahmi.testing.loopback import Asked, Behaviour, LoopbackServer, reply
from nahmi.testing.webhook_receiver import chattering, dropping
from nahmi.wire.exchanges import talk as talking
from nahmi.wire.exchanges.attending import attended
from nahmi.wire.exchanges.talk import Talk, malformed

pytestmark = [pytest.mark.enable_socket, pytest.mark.allow_hosts(["127.0.0.1"])]

PAUSES_S = (0.0, 0.0)


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer(reply(200, b"benign")) as server:
        yield server


def talk(server: LoopbackServer, **more: object) -> Talk:
    settings = {"internal": True, "seconds": 10, "pauses_s": PAUSES_S}
    return Talk(server.url("/base"), **settings | more)  # type: ignore[arg-type]  # as given


def refusal(one: Talk, url: str) -> WireError:
    with pytest.raises(WireError) as caught:
        one.read(url, bytes)
    return caught.value


def in_turn(*behaviours: Behaviour) -> Behaviour:
    left = list(behaviours)

    def behave(asked: Asked, answer: BufferedIOBase) -> None:
        (left.pop(0) if len(left) > 1 else left[0])(asked, answer)

    return behave


@pytest.mark.parametrize(
    "fault",
    [*(reply(status) for status in (429, 500, 502, 503, 504)), dropping],
    ids=["429", "500", "502", "503", "504", "dropped"],
)
def test_faults_that_pass_are_ridden_out(server: LoopbackServer, fault: Behaviour) -> None:
    server.behaviour = in_turn(fault, fault, reply(200, b"benign"))
    assert talk(server).read(server.url("/base/x"), bytes) == b"benign"
    server.behaviour = fault
    assert refusal(talk(server), server.url()).code is ErrorCode.FETCH_FAILED
    assert len(server.asked) == 6


def test_what_cannot_be_read_is_asked_for_again(server: LoopbackServer) -> None:
    server.behaviour = in_turn(reply(200, b"benig"), reply(200, b"benign"))

    def whole(data: bytes) -> bytes:
        if data != b"benign":
            raise malformed("something")
        return data

    assert talk(server).read(server.url(), whole) == b"benign"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 301, 204])
def test_a_no_is_not_asked_again(server: LoopbackServer, status: int) -> None:
    server.behaviour = reply(status, b"secret words", location="https://elsewhere.example/")
    error = refusal(talk(server), server.url("/base/secret"))
    assert error.code is ErrorCode.EXCHANGE_REFUSED
    assert str(status) in error.detail
    assert "secret" not in error.diagnostics()
    assert len(server.asked) == 1


def test_what_writes_is_sent_once(server: LoopbackServer) -> None:
    server.behaviour = reply(503, retry_after="7")
    sent = talk(server).send("PUT", server.url(), body=b"x")
    assert (sent.status, sent.retry_after) == (503, "7")
    assert [one.method for one in server.asked] == ["PUT"]
    assert "secret" not in repr(talking.Reply(200, b"secret"))


@pytest.mark.parametrize(
    "url",
    ["https://127.0.0.1:1/", "http://127.0.0.1:1/", "http://127.0.0.2/", "http://localhost/x"],
)
def test_another_host_is_never_called(server: LoopbackServer, url: str) -> None:
    assert refusal(talk(server), url).code is ErrorCode.FETCH_REFUSED
    assert server.asked == []


def test_a_private_host_is_called_only_if_the_operator_says_so(server: LoopbackServer) -> None:
    error = refusal(talk(server, internal=False), server.url())
    assert error.code is ErrorCode.FETCH_REFUSED
    with pytest.raises(InputError):
        Talk("not an address")


def test_an_answer_without_an_end_is_cut(
    server: LoopbackServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(talking, "MOST_BYTES", 10_000)
    server.behaviour = chattering
    assert refusal(talk(server), server.url()).code is ErrorCode.FETCH_TOO_LARGE


def test_who_is_told_to_stop_does_not_wait_for_an_answer(server: LoopbackServer) -> None:
    release = threading.Event()

    def slow(asked: Asked, answer: BufferedIOBase) -> None:
        release.wait(60)
        reply(200)(asked, answer)

    server.behaviour = slow
    asked = iter([True, False])
    error = refusal(talk(server, go_on=lambda: next(asked), pauses_s=()), server.url())
    assert "told to stop" in error.detail
    release.set()


def test_who_is_told_to_stop_does_not_wait_for_the_next_try(server: LoopbackServer) -> None:
    server.behaviour = reply(503)
    error = refusal(talk(server, go_on=lambda: False, pauses_s=(60.0,)), server.url())
    assert "told to stop" in error.detail


def test_what_goes_wrong_beside_is_not_swallowed() -> None:
    with pytest.raises(ZeroDivisionError):
        attended(lambda: 1 // 0, lambda: True)
