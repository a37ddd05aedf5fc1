# SPDX-License-Identifier: Apache-2.0
"""Exchanges on the loopback interface that answer as the real ones do, quirks included.

Each speaks real HTTP, shares no code with nahmi's clients, and holds what a test puts into it. They
are of use to whoever writes a client of one of these programs, and need no account with it.

Example:
    In a test that may use sockets::

        with FakeNcmec() as program:
            program.share("42", "image1", at="2017-10-24T15:00:00Z", md5="a" * 32)
            fetch(program.base_url, "user:password")
"""

from nahmi.testing.fake_exchanges.misp import FakeMisp, FakeMispFeed
from nahmi.testing.fake_exchanges.ncmec import FakeNcmec
from nahmi.testing.fake_exchanges.stopncii import FakeStopNcii
from nahmi.testing.fake_exchanges.tat import FakeTat
from nahmi.testing.fake_exchanges.taxii import FakeTaxii
from nahmi.testing.fake_exchanges.threatexchange import FakeThreatExchange

__all__ = [
    "FakeMisp",
    "FakeMispFeed",
    "FakeNcmec",
    "FakeStopNcii",
    "FakeTat",
    "FakeTaxii",
    "FakeThreatExchange",
]
