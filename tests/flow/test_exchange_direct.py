# SPDX-License-Identifier: Apache-2.0
"""What holds for all exchanges that nahmi itself speaks with."""

import re
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from io import BufferedIOBase
from pathlib import Path
from threading import Event, Thread

import pytest

from nahmi.access.identity import LOCAL
from nahmi.bootstrap.exchanges import check_exchanges
from nahmi.operate.jobs import JobState
from nahmi.operate.settings import Settings
from nahmi.testing.exchange_node import ExchangeNode
from nahmi.testing.fake_exchanges import FakeNcmec, FakeTat
from nahmi.testing.loopback import Asked, reply

pytestmark = [pytest.mark.enable_socket, pytest.mark.allow_hosts(["127.0.0.1"])]

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "connect-exchanges.md"
PATIENCE_S = 60
T = "2017-10-24T15:00:00Z"


@pytest.fixture
def node(tmp_path: Path) -> Iterator[ExchangeNode]:
    with ExchangeNode(tmp_path) as node:
        yield node


def test_one_that_hangs_delays_no_other(node: ExchangeNode) -> None:
    release = threading.Event()

    def hang(asked: Asked, answer: BufferedIOBase) -> None:
        release.wait(60)
        reply(503)(asked, answer)

    with FakeNcmec() as stuck, FakeTat() as quick:
        stuck.interfere = lambda _: hang
        quick.list(1, "MD5", "a" * 32, 1.0)
        node.connect("ncmec", stuck, stuck.credentials)
        node.connect("tat", quick, quick.credentials, name="quick")
        hung = node.asking.ask(LOCAL, "x")
        stop = Event()
        thread = Thread(target=node.runner().step, args=(stop,))
        thread.start()
        end = time.monotonic() + PATIENCE_S
        while not stuck.asked:
            assert time.monotonic() < end
            time.sleep(0.01)
        assert node.fetch("quick", turn=timedelta(0)).state is JobState.DONE
        assert node.asking.look(hung).state is JobState.RUNNING
        stop.set()
        thread.join()
        assert node.asking.look(hung).state is JobState.WAITING, "it is given back at once"
        release.set()


def test_a_store_of_either_kind_keeps_what_comes(tmp_path: Path, store_address: str) -> None:
    with FakeNcmec(page_size=2) as program, ExchangeNode(tmp_path, store_address) as node:
        for number in range(1, 6):
            program.share("42", str(number), T, md5=f"{number:032x}")
        node.connect("ncmec", program, program.credentials)
        node.brings(added=5)
        program.take_back("42", "3", "2026-01-02T03:05:00Z")
        node.brings(withdrawn=1)
        assert len(node.active()) == 4


def test_credentials_stay_where_they_are(
    node: ExchangeNode, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with FakeNcmec() as program:
        node.connect("ncmec", program, "", credentials_file="", credentials_env="NCMEC_LOGIN")
        assert node.fetch().error_code == "file_unreadable"
        monkeypatch.setenv("NCMEC_LOGIN", program.credentials)
        assert node.fetch().state is JobState.DONE
        node.connect("ncmec", program, "", credentials_file=str(node.folder / "missing"))
        failed = node.fetch()
        assert failed.error_code == "file_unreadable"
        assert "missing" not in failed.error_detail
        node.connect("ncmec", program, "", credentials_file="")
        assert node.fetch().error_code == "input_invalid"
        assert not any(program.password in one.path for one in program.asked)
    assert FakeNcmec.password not in caplog.text


def test_the_examples_of_the_guide_are_taken() -> None:
    blocks = re.findall(r"^```toml\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    assert len(blocks) == 4
    check_exchanges(Settings.parse("layout = 1\n" + "\n".join(blocks)))


def test_the_example_of_the_kit_runs(tmp_path: Path) -> None:
    [block] = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    exec(block.replace("/tmp/empty-folder", str(tmp_path)), {})  # noqa: S102, S108 - the guide's
