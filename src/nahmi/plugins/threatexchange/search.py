# SPDX-License-Identifier: Apache-2.0
"""Searches the banked signals of plug-ins' types: the process holds them, and follows the store.

Entries appear in the order of their numbers and their signals never change, so following means to
send what came after the last one. What is deleted stays where it is and is left out of answers,
because the matcher reads every entry anew: so it stops matching at once, and matches again at once
when it is restored.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final, Protocol, Self

from nahmi.core.signal import Signal
from nahmi.errors import NahmiError
from nahmi.plugins.threatexchange.host import PluginHost, Session
from nahmi.plugins.threatexchange.messages import Add, Done, Find, Forget, Found
from nahmi.protect.ports import Compared

_PAGE: Final = 2_000
_UNKNOWN: Final = -1


class SignalReader(Protocol):
    """The part of `BankReader` that is needed here."""

    def signals_after(
        self, signal_type: str, entry_id: int, *, limit: int = 1000
    ) -> Sequence[tuple[int, str]]:
        """See `BankReader.signals_after`."""
        ...


class PluginSearch:
    """`ComparedSearch` over the signals of one store; safe between threads.

    Args:
        host: The process that compares.
        reader: The store.
        revision: The number of the store's newest change to banks and entries; None to look for
            new signals with every search.
    """

    def __init__(
        self, host: PluginHost, reader: SignalReader, revision: Callable[[], int] | None = None
    ) -> None:
        self._host = host
        self._reader = reader
        self._revision = revision
        self._collection = host.new_collection()
        self._generation = 0
        self._last: dict[str, int] = {}
        self._seen: dict[str, int] = {}

    def search(self, questions: Sequence[Signal]) -> Sequence[Sequence[Compared]]:
        """See `ComparedSearch.search`."""
        with self._host.session() as session:
            for name in sorted({asked.signal_type for asked in questions}):
                self._follow(session, name)
            asked = Find(
                self._collection, tuple((asked.signal_type, asked.value) for asked in questions)
            )
            found = session.ask(asked, Found)
        return [[Compared(*hit) for hit in hits] for hits in found.hits]

    def close(self) -> None:
        """Let the process forget the signals."""
        with suppress(NahmiError), self._host.session() as session:
            if session.generation == self._generation:
                session.ask(Forget(self._collection), Done)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _follow(self, session: Session, name: str) -> None:
        if session.generation != self._generation:
            self._generation = session.generation
            self._last.clear()
            self._seen.clear()
        # Read before the signals are: what comes in between is then looked for once more.
        revision = _UNKNOWN if self._revision is None else self._revision()
        if revision != _UNKNOWN and self._seen.get(name) == revision:
            return
        while page := self._reader.signals_after(name, self._last.get(name, 0), limit=_PAGE):
            session.ask(Add(self._collection, name, tuple(page)), Done)
            self._last[name] = page[-1][0]
        self._seen[name] = revision
