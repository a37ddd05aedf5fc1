# SPDX-License-Identifier: Apache-2.0
"""A process that is killed at any moment loses no match that it said was logged."""

import signal
import subprocess
import sys
from datetime import date

import pytest

from nahmi.protect.match_log import MatchFilter
from nahmi.store.sql.match_log_reading import SqlMatchLogReader
from nahmi.store.sql.opening import open_database

CHILD = """
import sys
from datetime import UTC, datetime
from nahmi.flows.record import Record, Recorder
from nahmi.store.sql.match_log_writing import SqlMatchLogWriter
from nahmi.store.sql.opening import open_database
from nahmi.testing.match_log import event

recorder = Recorder(
    SqlMatchLogWriter(open_database(sys.argv[1])), clock=lambda: datetime.now(UTC)
)
number = 0
while True:
    sent = {}
    for _ in range(20):
        number += 1
        reference = f"{sys.argv[2]}-{number}"
        sent[reference] = recorder.submit(Record(events=(event(reference=reference),)))
    for reference, future in sent.items():
        future.result()
        print(reference, flush=True)
"""


@pytest.mark.parametrize("lines", [1, 30, 77, 200])
def test_what_was_acknowledged_is_in_the_log(store_address: str, lines: int) -> None:
    said: list[str] = []
    for round_ in range(3):
        said += killed_after(store_address, f"round{round_}", lines)
    database = open_database(store_address)
    log = SqlMatchLogReader(database)
    kept: list[str] = []
    before = None
    while page := log.matches(1, MatchFilter(), before=before, limit=500):
        kept += [match.event.reference for match in page]
        assert all(len(match.event.hits) == 1 for match in page), "no match without its evidence"
        before = page[-1].match_id
    sightings = log.sightings(1, since=date(2026, 1, 1), until=date(2027, 1, 1))
    database.close()
    assert set(said) <= set(kept)
    assert len(kept) == len(set(kept)) == sum(item.count for item in sightings)


def killed_after(address: str, name: str, lines: int) -> list[str]:
    """What a process said that it had logged, when it is killed after so many lines."""
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, address, name], stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        said = [child.stdout.readline() for _ in range(lines)]
        child.send_signal(signal.SIGKILL)
        said += child.stdout.readlines()
    assert child.returncode == -signal.SIGKILL
    # The last line may have been cut while it was said.
    return [line.strip() for line in said if line.endswith("\n")]
