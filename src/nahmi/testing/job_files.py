# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: S101 - assert is how a test kit speaks
"""The contract of stores for job files as a test class that adapters subclass."""

from abc import abstractmethod
from datetime import UTC, datetime, timedelta

from nahmi.operate.job_files import JobFiles

NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)


class JobFilesContract:
    """What every store of job files must do; subclass it and say how to make an empty one."""

    @abstractmethod
    def new_store(self) -> JobFiles:
        """An empty store."""

    def test_pieces_come_back_in_order_and_whole(self) -> None:
        """Every byte, of each part by itself."""
        store = self.new_store()
        pieces = [bytes([number]) * 1000 for number in range(12)]
        for piece in pieces:
            store.append("a", "input", piece, now=NOW)
        store.append("a", "refused", b"x", now=NOW)
        store.append("b", "input", b"", now=NOW)
        assert list(store.pieces("a", "input")) == pieces
        assert list(store.pieces("a", "refused")) == [b"x"]
        assert list(store.pieces("b", "input")) == [b""]
        assert list(store.pieces("c", "input")) == []

    def test_what_is_appended_while_it_is_read_is_read_too(self) -> None:
        """A reader needs no snapshot."""
        store = self.new_store()
        store.append("a", "input", b"1", now=NOW)
        reading = store.pieces("a", "input")
        assert next(reading) == b"1"
        store.append("a", "input", b"2", now=NOW)
        assert list(reading) == [b"2"]

    def test_a_part_is_replaced_and_dropped(self) -> None:
        """Other parts stay."""
        store = self.new_store()
        for content in (b"1", b"2"):
            store.append("a", "state", content, now=NOW)
        store.replace("a", "state", b"3", now=NOW)
        store.append("a", "input", b"i", now=NOW)
        assert list(store.pieces("a", "state")) == [b"3"]
        store.drop("a", "state")
        assert list(store.pieces("a", "state")) == []
        assert list(store.pieces("a", "input")) == [b"i"]

    def test_what_is_old_is_forgotten(self) -> None:
        """Younger pieces stay."""
        store = self.new_store()
        store.append("a", "input", b"1", now=NOW)
        store.append("b", "input", b"2", now=NOW + timedelta(seconds=1))
        assert store.forget(until=NOW + timedelta(seconds=1)) == 1
        assert list(store.pieces("a", "input")) == []
        assert list(store.pieces("b", "input")) == [b"2"]
