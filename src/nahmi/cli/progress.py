# SPDX-License-Identifier: Apache-2.0
"""The progress of a scan or an import on standard error; nothing where nobody is looking."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from nahmi.flows.scan import Outcome, Record

OnRecord = Callable[[Record], None]


class Progress:
    """Shows progress when standard error is a terminal.

    Args:
        is_quiet: Show nothing at all.
    """

    def __init__(self, *, is_quiet: bool = False) -> None:
        self._is_quiet = is_quiet

    def say(self, text: str) -> None:
        """One line for people."""
        if not self._is_quiet:
            sys.stderr.write(f"{text}\n")

    @property
    def _is_hidden(self) -> bool:
        return self._is_quiet or not sys.stderr.isatty()

    @contextmanager
    def rows(self) -> Iterator[Callable[[int], None]]:
        """How many rows were dealt with and how many a second.

        Yields:
            What to call with the number of all rows so far.
        """
        if self._is_hidden:
            yield lambda _rows: None
            return
        from rich import progress  # noqa: PLC0415 - slow to import, only for terminals
        from rich.console import Console  # noqa: PLC0415

        columns = (progress.TextColumn("{task.completed:,.0f} rows"), progress.TimeElapsedColumn())
        with progress.Progress(*columns, console=Console(stderr=True)) as bar:
            task = bar.add_task("")
            yield lambda rows: bar.update(task, completed=rows)

    @contextmanager
    def bar(self, count: Callable[[], int | None], *, done: int = 0) -> Iterator[OnRecord]:
        """A bar with time left, files a second, matches and unreadable files.

        Args:
            count: Counts the files, or says None; not called where nobody is looking.
            done: How many were done before.

        Yields:
            What to call with each record.
        """
        if self._is_hidden:
            yield lambda _record: None
            return
        from rich import progress  # noqa: PLC0415 - slow to import, only for terminals
        from rich.console import Console  # noqa: PLC0415

        columns = (
            progress.TextColumn("scanning"),
            progress.BarColumn(),
            progress.MofNCompleteColumn(),
            progress.TextColumn("{task.fields[speed]}"),
            progress.TimeRemainingColumn(),
            progress.TextColumn("{task.fields[found]} matches, {task.fields[bad]} unreadable"),
        )
        with progress.Progress(*columns, console=Console(stderr=True)) as bar:
            task = bar.add_task("", total=count(), completed=done, speed="", found=0, bad=0)
            counts = {Outcome.MATCH: 0, Outcome.UNREADABLE: 0}

            def on_record(record: Record) -> None:
                if record.outcome in counts:
                    counts[record.outcome] += 1
                speed = bar.tasks[0].speed
                bar.update(
                    task,
                    advance=1,
                    speed=f"{speed:.0f} files/s" if speed else "",
                    found=counts[Outcome.MATCH],
                    bad=counts[Outcome.UNREADABLE],
                )

            yield on_record
