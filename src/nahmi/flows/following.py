# SPDX-License-Identifier: Apache-2.0
"""A serving process follows its store: what any process changes is seen here at once.

One thread waits for the store's signal. Then it reads the revisions, which tell caches what to
forget, and brings this machine's index up to date when one has risen: most of what is written to a
store, such as the match log, changes neither. A signal that was missed costs half a second.
"""

from collections.abc import Callable, Mapping
from threading import Event, Lock, Thread
from typing import Final, Self

from nahmi.errors import NahmiError
from nahmi.operate.changes import ChangeSignal, RevisionReader, Topic

LOOKS_EVERY_S: Final = 0.5
"""How often the store is looked at without a signal."""
_AGAIN_AFTER_S: Final = 0.2


class Follower:
    """Keeps a process up to date with its store.

    Args:
        signal: Says that something changed.
        revisions: Says what.
        catch_up: Brings the index to where the store is.
        monotonic: Seconds that never go back.
    """

    def __init__(
        self,
        *,
        signal: ChangeSignal,
        revisions: RevisionReader,
        catch_up: Callable[[], object],
        monotonic: Callable[[], float],
    ) -> None:
        self._signal = signal
        self._revisions = revisions
        self._catch_up = catch_up
        self._monotonic = monotonic
        self._known: Mapping[Topic, int] = {}
        self._looked_at = monotonic()
        self._caught_up_at = -LOOKS_EVERY_S
        self._closing = Event()
        self._looking = Lock()
        self.look()
        self._thread = Thread(target=self._run, name="nahmi-follower", daemon=True)
        self._thread.start()

    def revision(self, topic: Topic) -> int:
        """The newest revision of a topic that this process knows of."""
        return self._known.get(topic, 0)

    @property
    def age_s(self) -> float:
        """How long ago the store was looked at with success, in seconds."""
        return self._monotonic() - self._looked_at

    def look(self) -> None:
        """Bring this process to where the store is now, whatever the signal says.

        Raises:
            StoreError: The store could not be read.
            SignalIndexError: The index could not be changed.
        """
        with self._looking:
            known, moment = self._revisions.revisions(), self._monotonic()
            if known != self._known or moment - self._caught_up_at >= LOOKS_EVERY_S:
                self._catch_up()
                self._caught_up_at = moment
            # After the index: a cache that forgets before it would remember what it should not.
            self._known = known
            self._looked_at = self._monotonic()

    def close(self) -> None:
        """Stop following."""
        self._closing.set()
        self._thread.join()
        self._signal.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                self._signal.wait(LOOKS_EVERY_S)
                self.look()
            except NahmiError:
                # `age_s` grows, so the node soon says that it is not ready.
                self._closing.wait(_AGAIN_AFTER_S)
