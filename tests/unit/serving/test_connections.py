# SPDX-License-Identifier: Apache-2.0
"""Callers that are slow, endless or too many, on a real server with a clock of the test's own."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from nahmi.errors import RequestError
from nahmi.operate.settings import LimitSettings, ServeSettings, Settings
from nahmi.serving.connections import LONGEST_HEAD
from nahmi.serving.gate import Gate
from nahmi.serving.listening import listen
from nahmi.serving.server import NodeServer

pytestmark = [pytest.mark.enable_socket, pytest.mark.allow_hosts(["127.0.0.1"])]

GET = b"GET /x HTTP/1.1\r\nHost: node\r\n\r\n"
POST = b"POST /x HTTP/1.1\r\nHost: node\r\nContent-Length: 10\r\n\r\n"
CHUNKED = b"POST %s HTTP/1.1\r\nHost: node\r\nTransfer-Encoding: chunked\r\n\r\n"
LARGE = 64 << 20
PATIENCE_S = 60.0


async def application(scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI
    """Reads the body, and answers with as many bytes as the path asks for."""
    if scope["type"] == "lifespan":
        for step in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{step}.complete"})
        return
    status, size = 200, LARGE if scope["path"] == "/large" else 2
    try:
        while scope["path"] != "/refused" and (await receive()).get("more_body"):
            pass
    except RequestError:
        status = 408
    head = [(b"content-length", str(size).encode())]
    if status == 408:
        head.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": status, "headers": head})
    while size:
        part = min(size, 1 << 20)
        size -= part
        await send({"type": "http.response.body", "body": b"x" * part, "more_body": size > 0})


class House:
    """A server in a thread."""

    def __init__(self, limits: LimitSettings) -> None:
        self._started = threading.Event()
        settings = Settings(layout=1, limits=limits, serve=ServeSettings(stop_s=4))
        self.gate = Gate(application, limits)
        self.server = NodeServer(self.gate, settings, on_start=self._note)
        self._sockets = listen("127.0.0.1", 0)
        self._place = self._sockets[0].getsockname()
        self._thread = threading.Thread(target=self.server.run, args=(self._sockets,))
        self._thread.start()
        assert self._started.wait(PATIENCE_S)

    def _note(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._started.set()

    def visit(self, sent: bytes = b"") -> socket.socket:
        caller = socket.create_connection(self._place, PATIENCE_S)
        caller.sendall(sent)
        return caller

    def look(self) -> None:
        """Have the server look, after it has taken in what was sent."""
        self.wait(0)

    def wait(self, seconds: int) -> None:
        """Let time pass, with a look every second."""
        done = threading.Event()

        async def pass_by() -> None:
            await asyncio.sleep(0.05)
            self.server.look(0)
            for _ in range(seconds):
                self.server.look(1)
                await asyncio.sleep(0.001)
            done.set()

        asyncio.run_coroutine_threadsafe(pass_by(), self._loop)
        assert done.wait(PATIENCE_S)

    def stop(self) -> None:
        self.server.stop()
        self._thread.join()


@pytest.fixture
def limits() -> LimitSettings:
    return LimitSettings(head_s=10, body_s=30, answer_s=60, connections=100)


@pytest.fixture
def house(limits: LimitSettings) -> Iterator[House]:
    made = House(limits)
    yield made
    made.stop()


def all_of(caller: socket.socket) -> bytes:
    """What comes until the connection is closed."""
    found = b""
    try:
        while part := caller.recv(1 << 16):
            found += part
    except ConnectionResetError:
        found += b"(reset)"
    caller.close()
    return found


def one_answer(caller: socket.socket) -> bytes:
    found = b""
    while not found.endswith(b"\r\n\r\nxx"):
        part = caller.recv(1 << 16)
        assert part, found
        found += part
    return found


def problem_in(answer: bytes) -> tuple[int, str]:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"content-type: application/problem+json" in head
    assert b"connection: close" in head
    assert b"content-length: %d" % len(body) in head
    problem = msgspec.json.decode(body)
    assert problem["request_id"].encode() in head
    return int(head.split()[1]), problem["code"]


def test_a_head_that_comes_byte_by_byte_is_too_late(house: House) -> None:
    for before in (b"", GET):
        caller = house.visit(before)
        if before:
            one_answer(caller)
        for byte in b"GET /x":
            caller.sendall(bytes([byte]))
            house.wait(1)
        house.wait(5)
        assert problem_in(all_of(caller)) == (408, "request_timeout")


def test_who_says_nothing_is_hung_up_on_without_a_word(house: House) -> None:
    caller = house.visit()
    house.wait(9)
    house.wait(2)
    assert all_of(caller) == b""


def test_a_body_that_does_not_come_is_answered_and_the_connection_closed(house: House) -> None:
    caller = house.visit(POST + b"x")
    house.wait(29)
    assert house.gate.under_way == 1
    house.wait(2)
    answer = all_of(caller)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert house.gate.under_way == 0


def test_the_rest_of_a_refused_body_is_not_waited_for_for_ever(house: House) -> None:
    caller = house.visit(POST.replace(b"/x", b"/refused") + b"x")
    house.wait(29)
    caller.sendall(b"x")
    house.wait(2)
    assert all_of(caller).startswith(b"HTTP/1.1 200 ")


def test_the_rest_of_a_refused_body_is_read_so_that_the_answer_arrives(house: House) -> None:
    size = 10 * LONGEST_HEAD
    caller = house.visit(POST.replace(b"/x", b"/refused").replace(b"10", b"%d" % size))
    one_answer(caller)
    caller.sendall(b"x" * size + GET)
    one_answer(caller)
    caller.close()


@pytest.mark.parametrize("is_chunked", [False, True])
def test_a_long_body_is_no_long_head(house: House, *, is_chunked: bool) -> None:
    size = 10 * LONGEST_HEAD
    caller = house.visit(CHUNKED % b"/x" if is_chunked else POST.replace(b"10", b"%d" % size))
    house.look()
    part = b"x" * (LONGEST_HEAD * 2)
    for _ in range(5):
        caller.sendall(b"%x\r\n%b\r\n" % (len(part), part) if is_chunked else part)
        house.look()
    if is_chunked:
        caller.sendall(b"0\r\n\r\n")
    one_answer(caller)
    caller.close()


def test_after_a_refused_body_no_head_may_be_without_end(house: House) -> None:
    caller = house.visit(POST.replace(b"/x", b"/refused") + b"x" * 10 + b"GET /x HTTP/1.1\r\nA: ")
    one_answer(caller)
    with pytest.raises((ConnectionResetError, BrokenPipeError)):
        caller.sendall(b"a" * LONGEST_HEAD * 100)
    caller.close()


def test_who_never_reads_loses_the_connection(house: House) -> None:
    caller = house.visit(GET.replace(b"/x", b"/large"))
    house.wait(59)
    assert house.gate.under_way == 1
    house.wait(2)
    found = all_of(caller)
    assert len(found) < LARGE
    house.look()
    assert house.gate.under_way == 0


def test_who_reads_slowly_is_served(house: House) -> None:
    caller = house.visit(GET.replace(b"/x", b"/large"))
    caller.settimeout(None)  # as "wait for all" demands
    for _ in range(4):
        house.wait(40)
        assert len(caller.recv(LARGE // 4, socket.MSG_WAITALL)) == LARGE // 4
    assert house.gate.under_way <= 1
    caller.close()


@pytest.mark.parametrize("path", [b"/x", b"/refused"])
@pytest.mark.parametrize("line", [b"A: b\r\n", b"a" * 70])
def test_a_head_or_trailer_without_end_is_cut_off(house: House, path: bytes, line: bytes) -> None:
    for beginning in (b"GET /x HTTP/1.1\r\nA: ", CHUNKED % path + b"1\r\nx\r\n0\r\nA: "):
        caller = house.visit(beginning)
        house.look()
        sent = 0
        try:
            while sent < 100 * LONGEST_HEAD:
                sent += caller.send(line * 1000)
        except (ConnectionResetError, BrokenPipeError):
            pass
        else:
            raise AssertionError("everything was taken")
        caller.close()


def test_a_long_head_is_refused_in_words(house: House) -> None:
    caller = house.visit(b"GET /x HTTP/1.1\r\nA: " + b"a" * (LONGEST_HEAD - 100))
    house.look()
    caller.sendall(b"a" * 100)
    assert problem_in(all_of(caller)) == (431, "request_too_large")


def test_what_is_no_request_is_refused_in_the_same_shape(house: House) -> None:
    assert problem_in(all_of(house.visit(b"nonsense\r\n\r\n"))) == (400, "request_malformed")
    caller = house.visit(CHUNKED % b"/x" + b"nonsense\r\n")
    assert problem_in(all_of(caller)) == (400, "request_malformed")


def test_some_requests_may_be_sent_before_an_answer_is_read_but_not_many(house: House) -> None:
    caller = house.visit(GET * 20)
    found = b""
    while found.count(b"\r\n\r\nxx") < 20:
        found += caller.recv(1 << 16)
    caller.close()
    assert all_of(house.visit(GET * 1000)).count(b"HTTP/1.1 200 ") < 100


@pytest.mark.parametrize("limits", [LimitSettings(connections=2)])
def test_one_connection_too_many_ends_the_one_that_has_waited_longest(house: House) -> None:
    first = house.visit(GET)
    one_answer(first)
    house.wait(1)
    second = house.visit(GET)
    one_answer(second)
    house.look()
    third = house.visit(GET)
    one_answer(third)
    assert all_of(first) == b""
    second.sendall(GET)
    one_answer(second)
    second.close()
    third.close()


@pytest.mark.parametrize("limits", [LimitSettings(connections=2)])
def test_in_a_house_full_of_requests_one_more_is_refused(house: House) -> None:
    others = [house.visit(POST) for _ in range(2)]
    house.look()
    answer = all_of(house.visit())
    assert problem_in(answer) == (503, "service_busy")
    assert b"retry-after: 1" in answer
    for other in others:
        other.sendall(b"x" * 10)
        one_answer(other)
        other.close()


def test_a_stopping_server_answers_what_is_still_asked(limits: LimitSettings) -> None:
    house = House(limits)
    resting, silent, busy = house.visit(GET), house.visit(), house.visit(POST)
    one_answer(resting)
    house.look()
    ending = threading.Thread(target=house.stop)
    ending.start()
    while not house.server.connections.is_leaving:
        threading.Event().wait(0.01)
    resting.sendall(GET)
    assert b"connection: close" in all_of(resting)
    assert all_of(silent) == b""
    busy.sendall(b"x" * 10)
    assert b"connection: close" in all_of(busy)
    ending.join()
