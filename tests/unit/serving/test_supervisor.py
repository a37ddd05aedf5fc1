# SPDX-License-Identifier: Apache-2.0
"""The supervisor, with processes that do as the test says instead of serving."""

import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from nahmi.bootstrap.metrics import SHARED
from nahmi.bootstrap.place import NodePlace
from nahmi.errors import ErrorCode, NahmiError
from nahmi.operate.settings import ServeSettings, Settings
from nahmi.serving import supervisor
from nahmi.serving.supervisor import Supervisor
from nahmi.serving.task import Task

PATIENCE_S = 60.0
PROGRAM = """
import os, signal, socket, sys, time
folder = os.environ["NAHMI_SERVE_NODE"]
way = open(folder + "/way").read()
link = socket.socket(fileno=int(sys.argv[1]))
if way == "refuses":
    link.send(b'{"what": "failed", "code": "store_corrupt", "detail": "It is.", "hint": "So."}\\n')
    sys.exit(2)
if way == "fails":
    sys.exit(3)
if way == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
else:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
open(f"{folder}/{os.getpid()}", "w").close()
link.send(b'{"what": "ready"}\\n')
while True:
    if way != "silent":
        link.send(b'{"what": "alive"}\\n')
    time.sleep(0.05)
"""


class House:
    """A supervisor of two processes, which runs in the main thread while the test looks on."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        settings = Settings(layout=1, serve=ServeSettings(workers=2, stop_s=1))
        self.supervisor = Supervisor(Task(NodePlace(folder), settings), [])
        self.become("good")

    def become(self, way: str) -> None:
        """What processes do that are started from now on."""
        (self.folder / "way").write_text(way)

    def begun(self) -> set[int]:
        """Every process that has ever been ready."""
        return {int(path.name) for path in self.folder.iterdir() if path.name.isdigit()}

    def serving(self) -> set[int]:
        """Those that are alive and belong to the node."""
        return {worker.pid for worker in list(self.supervisor._workers) if worker.is_alive}

    def tell(self, number: signal.Signals) -> None:
        os.kill(os.getpid(), number)

    def wait(self, is_so: Callable[[], bool]) -> None:
        until = time.monotonic() + PATIENCE_S
        while not is_so():
            assert time.monotonic() < until, "it did not come about"
            time.sleep(0.01)

    def wait_for_two(self) -> set[int]:
        self.wait(lambda: len(self.serving()) == 2 and self.serving() <= self.begun())
        return self.serving()

    def run(self, looks_on: Callable[[], object]) -> None:
        """Run the supervisor, and beside it what looks on; at its end the supervisor is stopped."""
        failed: list[BaseException] = []

        def look_on() -> None:
            try:
                looks_on()
            except BaseException as error:  # noqa: BLE001 - raised again below
                failed.append(error)
            self.tell(signal.SIGTERM)

        thread = threading.Thread(target=look_on)
        thread.start()
        self.supervisor.run()
        thread.join()
        for error in failed:
            raise error


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.setattr(supervisor, "PROGRAM", PROGRAM)
    monkeypatch.setattr(supervisor, "_KILL_AFTER_S", 0.2)
    monkeypatch.setattr(supervisor, "_LOOKS_EVERY_S", 0.02)
    monkeypatch.setattr(supervisor, "_PAUSES_S", (0.0, 0.05))
    return House(tmp_path)


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_processes_start_and_stop_together(house: House) -> None:
    house.run(house.wait_for_two)
    assert all(map(is_gone, house.begun()))
    assert SHARED not in os.environ


def test_one_that_ends_unasked_is_replaced_and_the_other_is_left_alone(house: House) -> None:
    def look_on() -> None:
        lost, other = house.wait_for_two()
        os.kill(lost, signal.SIGKILL)
        house.wait(lambda: lost not in house.serving())
        assert other in house.wait_for_two()

    house.run(look_on)
    assert len(house.begun()) == 3


def test_all_are_renewed_one_after_the_other(house: House) -> None:
    def look_on() -> None:
        before = house.wait_for_two()
        house.tell(signal.SIGHUP)
        fewest = 2
        while before & house.serving():
            fewest = min(fewest, len(house.serving() & house.begun()))
        assert fewest == 2
        house.wait_for_two()

    house.run(look_on)
    assert len(house.begun()) == 4


def test_when_new_ones_cannot_start_the_old_ones_go_on(house: House) -> None:
    def look_on() -> None:
        before = house.wait_for_two()
        house.become("fails")
        house.tell(signal.SIGHUP)
        house.wait(lambda: house.supervisor._newcomer is not None)
        house.wait(lambda: house.supervisor._newcomer is None)
        assert house.serving() == before
        house.become("good")
        house.tell(signal.SIGHUP)
        house.wait(lambda: not before & house.serving())

    house.run(look_on)


def test_one_that_fails_again_and_again_is_tried_until_it_starts(house: House) -> None:
    def look_on() -> None:
        lost, other = house.wait_for_two()
        house.become("fails")
        os.kill(lost, signal.SIGKILL)
        house.wait(lambda: house.supervisor._failed_starts >= 3)
        assert house.serving() >= {other}
        house.become("good")
        assert other in house.wait_for_two()

    house.run(look_on)


def test_a_node_that_cannot_be_opened_ends_with_its_reason(house: House) -> None:
    house.become("refuses")
    with pytest.raises(NahmiError) as refused:
        house.supervisor.run()
    assert refused.value.code is ErrorCode.STORE_CORRUPT
    assert refused.value.diagnostics() == "It is. So."


def test_processes_that_cannot_start_end_the_node(house: House) -> None:
    house.become("fails")
    with pytest.raises(SystemExit) as ended:
        house.supervisor.run()
    assert ended.value.code == 2


def test_one_whose_event_loop_stands_still_is_replaced(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def look_on() -> None:
        before = house.wait_for_two()
        house.become("silent")
        lost = min(before)
        os.kill(lost, signal.SIGKILL)
        house.wait(lambda: lost not in house.serving())
        silent = (house.wait_for_two() - before).pop()
        monkeypatch.setattr(supervisor, "_SILENT_S", 0.5)
        house.become("good")
        house.wait(lambda: silent not in house.serving())
        house.wait_for_two()

    house.run(look_on)
    assert all(map(is_gone, house.begun()))


def test_who_does_not_stop_is_ended(house: House) -> None:
    house.become("stubborn")
    house.run(house.wait_for_two)
    assert all(map(is_gone, house.begun()))
