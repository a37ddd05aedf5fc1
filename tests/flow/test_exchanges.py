# SPDX-License-Identifier: Apache-2.0
"""A node fetches from exchanges of `threatexchange`, in processes of their own."""

import json
import secrets
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from nahmi.access.identity import LOCAL
from nahmi.core.bank import Category, Entry
from nahmi.errors import ErrorCode, InputError, StoreError
from nahmi.flows.exchanges import Exchanges
from nahmi.flows.fetch_exchange import FetchWork
from nahmi.flows.ledger import Ledger
from nahmi.flows.run_jobs import JobRunner
from nahmi.flows.shared_entries import SharedEntries
from nahmi.operate.exchanges import FETCH_KIND
from nahmi.operate.jobs import Job, JobState
from nahmi.operate.settings import ExchangeSettings, ThreatExchangeSettings
from nahmi.plugins.threatexchange.exchanges.process import ExchangeProcesses
from nahmi.protect.ports import BankDraft
from nahmi.store.sql import SqlBankStore
from nahmi.store.sql.access_audit import SqlAuditStore
from nahmi.store.sql.database import Database
from nahmi.store.sql.exchanges import SqlExchangeStore
from nahmi.store.sql.opening import create_database, open_database
from nahmi.store.sql.operate_jobs import SqlJobStore

START = datetime(2026, 1, 2, tzinfo=UTC)
SEED, YES, NO = 1, 2, 0
A, B, C, D = (
    ("pdq", "a1" * 32),
    ("pdq", "b2" * 32),
    ("video_md5", "c3" * 16),
    ("url", "https://d.example/x"),
)


@pytest.fixture(autouse=True)
def _plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes `tx_feed` importable for exchanges."""
    folder = tmp_path / "plugin"
    folder.mkdir()
    shutil.copy(Path(__file__).with_name("exchanges_plugin.py"), folder / "tx_feed.py")
    monkeypatch.syspath_prepend(folder)


class Node:
    """A store, an exchange that fills its bank, and who fetches."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self.feed = folder / "feed.json"
        self.key = folder / "key"
        self.key.write_text("open sesame\n")
        self.now = START
        self.banks = SqlBankStore(database)
        self.store = SqlExchangeStore(database)
        self.jobs = SqlJobStore(database)
        self.audit = SqlAuditStore(database)
        self.bank = self.banks.create_bank(BankDraft(name="A", category=Category.TEST), now=START)
        self.exchange = self.configured(api="feed", credentials_file=str(self.key))

    def configured(self, **changes: object) -> ExchangeSettings:
        settings: dict[str, Any] = {
            "name": "partners",
            "api": "tx_feed:ChangesExchange",
            "bank": "A",
            "config": {"feed": str(self.feed), "colour": "BLUE", "only": [1, 2]},
            "files": (str(self.feed),),
            "seconds": 30,
        }
        return ExchangeSettings(**settings | changes)

    def serves(self, *steps: dict[str, Any]) -> None:
        """What the exchange hands over, page by page, ever since."""
        self.feed.write_text(json.dumps(steps))

    @property
    def exchanges(self) -> Exchanges:
        return Exchanges(
            [self.exchange],
            store=self.store,
            banks=self.banks,
            jobs=self.jobs,
            ledger=Ledger(begin=self.database.writing, audit=self.audit, clock=lambda: self.now),
            follow=lambda: None,
            clock=lambda: self.now,
        )

    def runner(self, *, stopping: Event, follow: Callable[[], object], tries: int) -> JobRunner:
        plugins = ThreatExchangeSettings(manifests=("tx_feed",), exchange=(self.exchange,))
        work = FetchWork(
            [self.exchange],
            source=ExchangeProcesses(plugins),
            store=self.store,
            entries=SharedEntries(
                store=self.store,
                banks=self.banks,
                begin=self.database.writing,
                clock=lambda: self.now,
            ),
            follow=follow,
            clock=lambda: self.now,
            make_token=lambda: secrets.token_hex(8),
            pauses_s=(0.01,) * tries,
        )
        del stopping
        return JobRunner(
            self.jobs,
            {FETCH_KIND: work},
            clock=lambda: self.now,
            make_token=lambda: secrets.token_hex(8),
        )

    def fetch(
        self,
        *,
        is_anew: bool = False,
        stopping: Event | None = None,
        follow: Callable[[], object] = lambda: None,
        tries: int = 0,
    ) -> Job:
        """Ask for a fetch, and do it."""
        self.now += timedelta(minutes=1)
        asked = self.exchanges.ask(LOCAL, "partners", is_anew=is_anew)
        stop = stopping or Event()
        self.runner(stopping=stop, follow=follow, tries=tries).step(stop)
        return self.exchanges.look(asked)

    def brought(self, **changes: int) -> Job:
        """What a fetch that is done came to."""
        job = self.fetch()
        assert job.state is JobState.DONE, job
        assert {name: job.result[name] for name in changes} == changes
        return job

    def entries(self) -> dict[str, Entry]:
        """By the beginning of their signals."""
        found = self.banks.entries(self.bank.bank_id)
        assert len({entry.draft.signal for entry in found}) == len(found)
        return {entry.draft.signal.value[:1]: entry for entry in found}


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    create_database(tmp_path / "store")
    database = open_database(tmp_path / "store")
    yield Node(database, tmp_path)
    database.close()


@pytest.fixture
def anywhere(tmp_path: Path, store_address: str) -> Iterator[Node]:
    """A node on each kind of database."""
    database = open_database(store_address, busy_timeout_s=30)
    yield Node(database, tmp_path)
    database.close()


def page(*updates: tuple[tuple[str, str], list[Any] | None], **more: object) -> dict[str, Any]:
    return {"page": [[*signal, said] for signal, said in updates], **more}


def said(category: int, owner: int = 7, *, mine: bool = False) -> list[list[int]]:
    return [[owner, category, mine]]


def test_what_others_share_comes_changes_and_goes(anywhere: Node) -> None:
    node = anywhere
    first = page((A, said(YES)), (B, said(SEED)), (C, said(YES)), (D, said(NO)))
    node.serves(first)
    node.brought(records=4, added=4, changed=0, withdrawn=0, refused=0, unused=0)
    entries = node.entries()
    signals = {entry.draft.signal.signal_type for entry in entries.values()}
    assert signals == {"pdq", "md5", "url"}, "the library's names, and ours"
    draft = entries["a"].draft
    assert (draft.source, draft.provenance) == ("7", "exchange:partners")
    assert draft.note == "confirmed; tags: by-7"
    notes = {key: entry.draft.note.split(";")[0] for key, entry in entries.items()}
    assert notes == {"a": "confirmed", "b": "unreviewed", "c": "confirmed", "h": "rejected"}
    active = {key for key, entry in entries.items() if entry.is_active(node.now)}
    assert active == {"a", "b", "c"}, "what is called wrong does not match"

    second = page((A, None), (B, said(YES) + said(NO, 8)), (D, said(YES)))
    node.serves(first, second)
    node.brought(records=3, added=0, changed=2, withdrawn=1)
    entries = node.entries()
    assert set(entries) == {"b", "c", "h"}
    assert entries["b"].draft.note == "contested; tags: by-7, by-8"
    assert entries["b"].draft.source == "7, 8"
    assert all(entry.is_active(node.now) for entry in entries.values())
    known = node.store.exchange("partners")
    assert known is not None
    assert known.checkpoint is not None
    assert known.checkpoint.reached_at == datetime.fromtimestamp(1_700_000_002, UTC)
    node.brought(records=0, added=0, changed=0, withdrawn=0)
    listed = node.exchanges.one("partners")
    assert (listed.records, listed.entries) == (3, 3)


def test_one_who_disagrees_can_be_heard(node: Node) -> None:
    node.exchange = node.configured(api="feed", credentials_file=str(node.key), contested="disable")
    mine = said(NO, 1, mine=True)
    node.serves(page((A, said(YES) + said(NO, 8)), (B, said(YES) + mine), (C, said(YES))))
    node.brought(added=3)
    active = {key for key, entry in node.entries().items() if entry.is_active(node.now)}
    assert active == {"c"}
    node.exchange = node.configured(api="feed", credentials_file=str(node.key))
    node.brought(records=3, changed=1, withdrawn=0)
    active = {key for key, entry in node.entries().items() if entry.is_active(node.now)}
    assert active == {"a", "c"}, "our own word counts over theirs"


def test_what_a_curator_decided_stays(node: Node) -> None:
    node.serves(page((A, said(YES)), (B, said(YES))))
    node.brought(added=2)
    entries = node.entries()
    node.banks.delete_entries([entries["a"].entry_id], now=START)
    own = node.banks.add_entries(node.bank.bank_id, [entries["b"].draft], now=START)
    node.serves(page((A, said(YES)), (B, said(YES))), page((A, said(SEED)), (B, None)))
    node.brought(changed=1, withdrawn=1, added=0)
    [left] = node.banks.entries(node.bank.bank_id)
    assert left.entry_id == own[0], "what came from elsewhere is not theirs to take back"


def test_a_fetch_goes_on_where_it_broke_off(node: Node) -> None:
    good, bad = page((A, said(YES))), page((B, said(YES)))
    node.serves(good, {"fail": 1}, bad)
    failed = node.fetch(tries=2)
    assert (failed.state, failed.error_code) == (JobState.FAILED, "plugin_failed")
    assert "ConnectionError" in failed.error_detail
    assert "secret" not in failed.error_detail
    assert set(node.entries()) == {"a"}
    node.serves({"crash": 1}, good, bad)
    done = node.fetch()
    assert done.state is JobState.DONE, "the first page was not asked for again"
    assert done.result["added"] == 1
    node.serves(good, good, bad, {"crash": 1})
    assert "crashed" in node.fetch().error_detail
    assert set(node.entries()) == {"a", "b"}


def test_an_exchange_that_recovers_is_asked_again(node: Node) -> None:
    node.serves(page((A, said(YES))), {"fail": 1})

    def recover() -> None:
        """Called with each part that was kept."""
        node.serves(page((A, said(YES))), page((B, said(YES))))

    job = node.fetch(follow=recover, tries=1)
    assert job.state is JobState.DONE
    assert job.result["records"] == 2


def test_an_exchange_that_hangs_is_stopped(node: Node) -> None:
    node.exchange = node.configured(api="feed", credentials_file=str(node.key), seconds=1)
    node.serves(page((A, said(YES))), {"sleep": 1})
    assert "took more than 1 s" in node.fetch().error_detail
    assert set(node.entries()) == {"a"}


def test_a_process_that_stops_gives_its_fetch_back(node: Node) -> None:
    node.serves(page((A, said(YES))), {"sleep": 1})
    stop = Event()
    job = node.fetch(stopping=stop, follow=stop.set)
    assert (job.state, job.starts) == (JobState.WAITING, 0)
    node.serves({"crash": 1}, page((B, said(YES))))
    same = node.fetch()
    assert same.job_id == job.job_id, "one fetch of an exchange at a time"
    assert (same.state, same.result["added"]) == (JobState.DONE, 2)


def test_a_stale_checkpoint_loses_nothing_until_the_new_fetch_is_complete(node: Node) -> None:
    node.serves(page((A, said(YES)), (B, said(YES)), stale=True))
    node.brought(added=2)
    ids = {key: entry.entry_id for key, entry in node.entries().items()}
    node.serves(page((B, said(YES))), {"fail": 1})
    assert node.fetch().state is JobState.FAILED
    assert {key: entry.entry_id for key, entry in node.entries().items()} == ids
    node.serves({"crash": 1}, page((C, said(YES))))
    node.brought(added=1, withdrawn=1)
    assert set(node.entries()) == {"b", "c"}
    assert node.entries()["b"].entry_id == ids["b"]


def test_an_exchange_that_is_empty_at_once_withdraws_nothing(node: Node) -> None:
    node.exchange = node.configured(
        api="local_file", config={"filename": str(node.feed)}, whole=True
    )
    node.feed.write_text(f"pdq {A[1]}\npdq {B[1]}\n")
    node.brought(added=2)
    node.feed.write_text("")
    failed = node.fetch(tries=1)
    assert (failed.state, failed.error_code) == (JobState.FAILED, "plugin_failed")
    assert "brought nothing" in failed.error_detail
    assert set(node.entries()) == {"a", "b"}
    node.feed.write_text(f"pdq {B[1]}\n")
    node.brought(added=0, withdrawn=1)


def test_what_an_exchange_says_is_kept_in_bounds(node: Node) -> None:
    odd = ("raw", "a\ud800")
    words = [[f"owner\n{number}\x00", YES, False] for number in range(30)]
    node.serves(page((A, words), (odd, said(YES)), (("pdq", "b\x002"), said(YES))))
    node.brought(records=3, added=1, refused=1, unused=1)
    draft = node.entries()["a"].draft
    assert draft.source.isprintable()
    assert draft.source.endswith("and 10 more")


def test_a_fetch_can_begin_anew(node: Node) -> None:
    node.serves(page((A, said(YES)), (B, said(YES))))
    node.brought(added=2)
    node.serves(page((B, said(YES))))
    node.brought(records=0, withdrawn=0)
    job = node.fetch(is_anew=True)
    assert (job.result["records"], job.result["withdrawn"]) == (1, 1)


def test_signals_that_the_node_does_not_know_are_counted(node: Node) -> None:
    photodna, wrong = ("photodna", "x" * 288), ("pdq", "0" * 32)
    node.serves(page((photodna, said(YES)), (("photodna", "y"), said(YES)), (wrong, said(YES))))
    job = node.brought(records=3, added=0, unused=2, refused=1)
    assert job.result["unknown"] == "photodna 2"
    assert node.exchanges.one("partners").records == 3, "kept for the day it knows them"


def test_changes_are_merged_with_what_was_sent_before(node: Node) -> None:
    node.exchange = node.configured()
    one, two, three = ("1e" * 32, "2e" * 32, "3e" * 32)
    node.serves({"1": {one: "pdq", two: "pdq"}, "2": {two: "pdq"}, "3": {three: "broken"}})
    node.brought(records=3, added=2, refused=1)
    assert node.entries()["1"].draft.source == "partners"
    node.serves({}, {"1": {one: None, three: "pdq"}}, {"2": None})
    node.brought(records=2, added=1, withdrawn=1)
    assert set(node.entries()) == {"2", "3"}
    node.serves({}, {}, {}, {"1": {two: None}})
    node.brought(withdrawn=1)
    node.serves({}, {}, {}, {}, {"1": None})
    node.brought(withdrawn=1)
    assert node.entries() == {}


def test_the_librarys_own_exchanges_run(node: Node) -> None:
    node.feed.write_text(f"pdq {A[1]}\nvideo_md5 {C[1]}\nnonsense\nphotodna abc\n")
    node.exchange = node.configured(
        api="local_file", config={"filename": str(node.feed)}, whole=True
    )
    job = node.brought(records=3, added=2, unused=1)
    assert job.result["unknown"] == "photodna 1"
    node.feed.write_text(f"pdq {B[1]}\nvideo_md5 {C[1]}\n")
    node.brought(records=2, added=1, withdrawn=1)
    node.exchange = node.configured(api="sample", config={}, files=())
    found = node.fetch()
    assert found.state is JobState.DONE, found
    assert {"pdq", "url"} <= {
        entry.draft.signal.signal_type for entry in node.banks.entries(node.bank.bank_id)
    }


def test_wrong_credentials_are_refused_and_never_shown(node: Node) -> None:
    node.serves()
    node.key.write_text("let me in")
    failed = node.fetch(tries=5)
    assert (failed.state, failed.error_code) == (JobState.FAILED, "plugin_invalid")
    assert "its credentials are refused" in failed.error_detail
    assert "let me in" not in failed.error_detail
    node.key.unlink()
    assert node.fetch(tries=5).error_code == "file_unreadable"
    node.key.write_text('{"key": "open sesame"}')
    assert node.fetch().state is JobState.DONE


def test_removing_an_exchange_withdraws_what_it_brought(node: Node) -> None:
    node.serves(page((A, said(YES)), (B, said(YES))))
    node.brought(added=2)
    own = node.banks.add_entries(node.bank.bank_id, [node.entries()["b"].draft], now=START)
    other = node.banks.create_bank(BankDraft(name="OTHER", category=Category.TEST), now=START)
    node.exchange = node.configured(api="feed", credentials_file=str(node.key), bank="OTHER")
    with pytest.raises(InputError, match="another bank") as refused:
        node.exchanges.ask(LOCAL, "partners")
    assert "nahmi exchange remove partners" in refused.value.hint
    assert node.exchanges.remove(LOCAL, "partners") == 2
    assert [entry.entry_id for entry in node.banks.entries(node.bank.bank_id)] == list(own)
    node.brought(added=2)
    assert node.banks.count_entries(other.bank_id) == 2
    events = [record.event.event for record in node.audit.records()]
    assert events.count("exchange:remove") == 1


def test_nothing_is_fetched_from_what_is_not_set(node: Node) -> None:
    for act in (node.exchanges.one, lambda name: node.exchanges.ask(LOCAL, name)):
        with pytest.raises(InputError, match="no such exchange"):
            act("other")
    node.exchange = node.configured(bank="NOT_THERE")
    with pytest.raises(StoreError) as missing:
        node.exchanges.ask(LOCAL, "partners")
    assert missing.value.code is ErrorCode.BANK_MISSING


def test_it_is_fetched_when_it_is_time(node: Node) -> None:
    assert node.exchanges.ask_due() == []
    node.exchange = node.configured(every_minutes=15)
    node.serves()
    [job] = node.exchanges.ask_due()
    assert node.exchanges.ask_due() == []
    node.now += timedelta(minutes=15)
    assert node.exchanges.ask_due() == [], "the one before has not come to its end"
    assert node.fetch().job_id == job.job_id
    [following] = node.exchanges.ask_due()
    assert following.job_id > job.job_id
    assert node.exchanges.one("partners").job == following
