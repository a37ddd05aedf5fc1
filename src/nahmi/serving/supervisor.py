# SPDX-License-Identifier: Apache-2.0
"""Several server processes at the same sockets: started, watched, replaced and stopped.

The sockets belong to the supervisor, so a connection that nobody has taken yet survives the process
that would have taken it. The supervisor itself takes none: it opens neither store nor index.

1. All processes start. If one of them cannot, the node does not start, and says why.
2. One that ends unasked is started anew; one that fails at its start is tried again, later and
   later. One whose event loop has stood still for a minute is ended.
3. A hangup replaces them one after the other. The next one goes only when its successor serves.
4. Told to stop, all stop. Who does not is ended.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Final

import structlog

from nahmi.bootstrap.metrics import forget_process, share_metrics, unshare_metrics
from nahmi.errors import NahmiError
from nahmi.serving.bell import Bell
from nahmi.serving.link import Listener
from nahmi.serving.task import Task

FAILED: Final = 2
"""The exit code of a process that could not open the node."""

PROGRAM: Final = "import gc; gc.disable(); from nahmi.serving.process import main; main()"
"""What a server process runs; its arguments are the numbers of its link and of the sockets."""
_LOOKS_EVERY_S: Final = 0.2
_START_S: Final = 3600.0
"""What an index may take to catch up with a store from which it was away for long."""
_SILENT_S: Final = 60.0
_ASLEEP_S: Final = 5.0
_KILL_AFTER_S: Final = 15.0
_PAUSES_S: Final = (0.0, 1.0, 2.0, 5.0, 10.0)


class Supervisor:
    """Runs the server processes of a node.

    Args:
        task: What they serve.
        sockets: At which they listen; closed here when the node stops.
    """

    def __init__(self, task: Task, sockets: Sequence[socket.socket]) -> None:
        self._task = task
        self._sockets = sockets
        self._log = structlog.get_logger()
        self._workers: list[_Worker] = []
        self._leaving: list[_Worker] = []
        self._to_replace: list[_Worker] = []
        self._newcomer: _Worker | None = None
        self._failed_starts = 0
        self._next_start_at = 0.0
        self._has_served = False
        self._is_stopping = False
        self._wants_new_ones = False
        self._looked_at = time.monotonic()

    def run(self) -> None:
        """Serve until told to stop.

        Raises:
            NahmiError: The node could not be opened.
        """
        share_metrics()
        handlers = {
            signal.SIGTERM: self._note_end,
            signal.SIGINT: self._note_end,
            signal.SIGHUP: self._note_renewal,
            signal.SIGCHLD: lambda: None,  # wakes us
        }
        with Bell(handlers) as bell:
            try:
                while not self._is_stopping:
                    self._look()
                    bell.rest(_LOOKS_EVERY_S)
            finally:
                self._stop(bell)
                unshare_metrics()

    def _note_end(self) -> None:
        if self._is_stopping:
            for worker in self._workers:
                worker.tell_to_stop()  # told twice, it waits no longer for load balancers
        self._is_stopping = True

    def _note_renewal(self) -> None:
        self._wants_new_ones = True

    def _look(self) -> None:
        now = time.monotonic()
        all_workers = [*self._workers, *self._leaving]
        if self._newcomer is not None:
            all_workers.append(self._newcomer)
        for worker in all_workers:
            worker.listen(now)
        if now - self._looked_at > _ASLEEP_S:  # the machine was, so nobody can be blamed
            for worker in all_workers:
                worker.heard_at = now
        self._looked_at = now
        self._bury(now)
        self._fill(now)
        self._replace(now)

    def _bury(self, now: float) -> None:
        for worker in list(self._workers):
            if worker.is_alive and now - worker.heard_at > worker.patience_s:
                self._log.error("worker:silent", pid=worker.pid)
                worker.kill()
            if not worker.is_alive:
                self._workers.remove(worker)
                self._lose(worker, now)
        for worker in list(self._leaving):
            if worker.is_alive and worker.is_overdue(now, self._patience_s):
                worker.kill()
            if not worker.is_alive:
                self._leaving.remove(worker)
                self._forget(worker)

    def _lose(self, worker: "_Worker", now: float) -> None:
        self._forget(worker)
        self._log.error("worker:lost", pid=worker.pid, code=worker.ending, is_ready=worker.is_ready)
        if worker.is_ready:
            self._failed_starts = 0
        elif not self._has_served:
            raise worker.error or SystemExit(FAILED)
        else:
            self._failed_starts += 1
        pause_s = _PAUSES_S[min(self._failed_starts, len(_PAUSES_S) - 1)]
        self._next_start_at = now + pause_s

    def _fill(self, now: float) -> None:
        if any(worker.is_ready for worker in self._workers):
            self._has_served = True
        missing = self._task.settings.serve.workers - len(self._workers)
        if now >= self._next_start_at:
            self._workers += [self._start(now) for _ in range(missing)]

    def _replace(self, now: float) -> None:
        if self._wants_new_ones:
            self._wants_new_ones = False
            self._to_replace = list(self._workers)
        self._to_replace = [worker for worker in self._to_replace if worker in self._workers]
        newcomer = self._newcomer
        if newcomer is None:
            if self._to_replace and not self._leaving:
                self._newcomer = self._start(now)
        elif not newcomer.is_alive or newcomer.is_overdue(now, _START_S):
            self._log.error("worker:lost", pid=newcomer.pid, code=newcomer.ending, is_ready=False)
            newcomer.kill()
            self._forget(newcomer)
            self._newcomer = None
            self._to_replace = []  # those that serve go on
        elif newcomer.is_ready:
            self._newcomer = None
            self._workers.append(newcomer)
            if self._to_replace:
                old = self._to_replace.pop(0)
                self._workers.remove(old)
                self._leaving.append(old)
                old.tell_to_stop()

    def _start(self, now: float) -> "_Worker":
        return _Worker(self._task, self._sockets, now)

    def _forget(self, worker: "_Worker") -> None:
        worker.close()
        forget_process(worker.pid)

    @property
    def _patience_s(self) -> float:
        serve = self._task.settings.serve
        return serve.drain_s + serve.stop_s + _KILL_AFTER_S

    def _stop(self, bell: Bell) -> None:
        for one in self._sockets:
            one.close()
        workers = [*self._workers, *self._leaving]
        if self._newcomer is not None:
            workers.append(self._newcomer)
        self._workers = workers  # a second signal reaches all of them
        for worker in workers:
            worker.tell_to_stop()
        until = time.monotonic() + self._patience_s
        while any(worker.is_alive for worker in workers) and time.monotonic() < until:
            bell.rest(_LOOKS_EVERY_S)
        for worker in workers:
            worker.kill()
            worker.close()


class _Worker:
    """One server process."""

    def __init__(self, task: Task, sockets: Sequence[socket.socket], now: float) -> None:
        ours, theirs = socket.socketpair()
        numbers = [theirs.fileno(), *(one.fileno() for one in sockets)]
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                [sys.executable, "-P", "-c", PROGRAM, *map(str, numbers)],
                pass_fds=numbers,
                env={**os.environ, **task.as_environment()},
                stdin=subprocess.DEVNULL,
            )
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        self._listener = Listener(ours)
        self._since = now
        self.heard_at = now
        self.is_ready = False
        self.error: NahmiError | None = None

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    @property
    def ending(self) -> str:
        """How it ended, for the log."""
        code = self._process.poll()
        if code is None:
            return "late"
        return signal.Signals(-code).name if code < 0 else f"exit:{code}"

    @property
    def patience_s(self) -> float:
        """How long nothing may be heard of it."""
        return _SILENT_S if self.is_ready else _START_S

    def is_overdue(self, now: float, patience_s: float) -> bool:
        """Whether it takes too long for what it was told last."""
        return now - self._since > patience_s

    def listen(self, now: float) -> None:
        for said in self._listener.heard():
            self.heard_at = now
            self.is_ready = self.is_ready or said.what == "ready"
            if said.code is not None:
                self.error = NahmiError(said.code, said.detail, hint=said.hint)

    def tell_to_stop(self) -> None:
        self._since = time.monotonic()
        if self.is_alive:
            self._process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        if self.is_alive:
            self._process.kill()
        self._process.wait()

    def close(self) -> None:
        self._listener.close()
