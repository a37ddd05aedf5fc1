# SPDX-License-Identifier: Apache-2.0
"""A serving node keeps up with all its circles, each in a thread of its own.

Of several processes one keeps up with a circle at a time; when it stops, another goes on within
seconds. A node that cannot be reached is asked again after pauses that grow.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Event, Thread
from typing import Final

from nahmi.errors import ErrorCode, NahmiError
from nahmi.flows.circles.cosigning import Cosigning
from nahmi.flows.circles.following import FollowingLog
from nahmi.flows.circles.keeping_up import KeepingUp
from nahmi.partner.ports.circle import Circle, Standing
from nahmi.partner.ports.log import CircleStore
from nahmi.partner.upstream import Upstream

LOOKS_EVERY_S: Final = 1.0
"""How often a node looks for circles that are new, and for what is to be judged anew."""

LEASE: Final = timedelta(seconds=3)
"""How long beyond its longest wait a process is the one that keeps up with a circle.

It says so again before each round. One that takes longer is joined by another; then both ask, and
only one of them finds the log where it left it.
"""

_PAUSE_S: Final = 0.05
_FIRST_PAUSE_S: Final = 1.0
_LONGEST_PAUSE_S: Final = 60.0
_FORGETS_EVERY: Final = 300

_log = logging.getLogger("nahmi.circles")


class Rounds:
    """Keeps up with circles until told to stop.

    Args:
        circles: Has the circles.
        keeping_up: Does one round.
        following: Notes what failed.
        cosigning: Has logs confirmed that are kept here.
        upstream: Reaches the node from which a circle's log is read.
        forget: Drops what need not be remembered any more.
        wait_s: How long another node may wait when there is nothing new.
        clock: The present moment, UTC.
        token: Names this process.
    """

    def __init__(  # noqa: PLR0913 - each is a part of its own
        self,
        *,
        circles: CircleStore,
        keeping_up: KeepingUp,
        following: FollowingLog,
        cosigning: Cosigning,
        upstream: Callable[[Circle], Upstream],
        forget: Callable[[], object],
        wait_s: float,
        clock: Callable[[], datetime],
        token: str,
    ) -> None:
        self._circles = circles
        self._keeping_up = keeping_up
        self._following = following
        self._cosigning = cosigning
        self._upstream = upstream
        self._forget = forget
        self._wait_s = wait_s
        self._lease = LEASE + timedelta(seconds=wait_s)
        self._clock = clock
        self._token = token

    def run(self, stop: Event) -> None:
        """Keep up with every circle until the event is set."""
        threads: dict[str, Thread] = {}
        rounds = 0
        while not stop.is_set():
            try:
                self._look(threads, stop)
                if rounds % _FORGETS_EVERY == 0:
                    self._forget()
            except NahmiError as error:
                _log.warning("circle:wait", extra={"code": str(error.code)})
            rounds += 1
            stop.wait(LOOKS_EVERY_S)
        for thread in threads.values():
            thread.join()

    def _look(self, threads: dict[str, Thread], stop: Event) -> None:
        for circle in self._circles.circles():
            if not self._may(circle):
                continue
            self._keeping_up.rejudge(circle.circle_id, pause=lambda: stop.wait(_PAUSE_S))
            running = threads.get(circle.circle_id)
            # A log that comes in courier files alone has no node to be read from.
            is_read = circle.standing is Standing.FOLLOWING and circle.upstream
            is_asked = self._cosigning.is_due(circle)
            if (is_read or is_asked) and not (running and running.is_alive()):
                thread = Thread(
                    target=self._keep_up if is_read else self._confirm,
                    args=(circle, stop),
                    name=f"nahmi-circle-{circle.number}",
                    daemon=True,
                )
                threads[circle.circle_id] = thread
                thread.start()

    def _keep_up(self, circle: Circle, stop: Event) -> None:
        upstream, pause_s = self._upstream(circle), _FIRST_PAUSE_S
        while not stop.is_set():
            try:
                if not self._may(circle):
                    return
                self._keeping_up.round(circle.circle_id, upstream, wait_s=self._wait_s)
                pause_s = _FIRST_PAUSE_S
            except NahmiError as error:
                if error.code in {ErrorCode.CIRCLE_STOPPED, ErrorCode.LOG_CONTRADICTED}:
                    return
                self._note(circle, error)
                stop.wait(pause_s)
                pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    def _confirm(self, circle: Circle, stop: Event) -> None:
        """Have a log that is kept here confirmed; what fails is tried again after a pause."""
        try:
            self._cosigning.confirm(circle.circle_id)
        except NahmiError as error:
            self._note(circle, error)
            stop.wait(_FIRST_PAUSE_S)

    def _may(self, circle: Circle) -> bool:
        """Whether this process is the one that keeps up with a circle now."""
        now = self._clock()
        return self._circles.lease(circle.number, self._token, now=now, until=now + self._lease)

    def _note(self, circle: Circle, error: NahmiError) -> None:
        told = {"code": str(error.code), "circle_no": circle.number}
        _log.warning("circle:fail", extra=told)
        try:
            self._following.note_failure(circle.circle_id, error)
        except NahmiError as second:
            _log.warning("circle:wait", extra={"code": str(second.code)})
