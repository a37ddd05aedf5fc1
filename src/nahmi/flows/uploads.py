# SPDX-License-Identifier: Apache-2.0
"""Uploads wait for decoders in a short line; when it is full, the next one is sent away."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from typing import BinaryIO

from nahmi.core.signal import ContentFingerprints
from nahmi.errors import ErrorCode, NahmiError, RequestError
from nahmi.flows.metering import Meter
from nahmi.protect.plan import FingerprintPlan
from nahmi.protect.ports import Fingerprinter


class Decoders:
    """Fingerprints uploads without ever holding up the event loop.

    Args:
        fingerprinter: Its workers decode.
        workers: How many it has, 1 or more.
        waiting: How many uploads may wait for one of them.
        meter: Told how long each upload took.
        monotonic: Seconds that never go back.

    Attributes:
        workers: How many decode.
    """

    def __init__(
        self,
        fingerprinter: Fingerprinter,
        *,
        workers: int,
        waiting: int,
        meter: Meter,
        monotonic: Callable[[], float],
    ) -> None:
        self._fingerprinter = fingerprinter
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="nahmi-decode")
        self.workers = workers
        self._most = workers + waiting
        self._meter = meter
        self._monotonic = monotonic
        self._under_way = 0
        self._lock = Lock()

    @property
    def under_way(self) -> int:
        """Uploads that are decoded or wait."""
        return self._under_way

    async def fingerprint(self, content: BinaryIO, plan: FingerprintPlan) -> ContentFingerprints:
        """Fingerprint one item of content.

        Args:
            content: Closed when its turn is over, also when nobody waits for the answer any more.
            plan: What to compute.

        Raises:
            RequestError: SERVICE_BUSY: the line is full.
            MediaError: The content cannot be decoded within its limits.
        """
        with self._lock:
            is_full = self._under_way >= self._most
            self._under_way += not is_full
        if is_full:
            content.close()
            raise RequestError(
                ErrorCode.SERVICE_BUSY,
                "Too many uploads are waiting to be decoded.",
                hint="Try again in a moment.",
            )
        turn = self._threads.submit(self._decode, content, plan, self._monotonic())
        turn.add_done_callback(lambda done: self._end(done, content))
        # A caller who goes away must not free the place that its upload still takes up.
        return await asyncio.shield(asyncio.wrap_future(turn))

    def _decode(
        self, content: BinaryIO, plan: FingerprintPlan, began: float
    ) -> ContentFingerprints:
        outcome = "ok"
        try:
            with content:
                return self._fingerprinter.fingerprint(content, plan)
        except NahmiError as error:
            outcome = error.code.value
            raise
        finally:
            self._meter.decoded(self._monotonic() - began, outcome)

    def _end(self, turn: Future[ContentFingerprints], content: BinaryIO) -> None:
        if turn.cancelled():
            content.close()
        with self._lock:
            self._under_way -= 1

    def close(self) -> None:
        """Finish what is under way, and take nothing more."""
        self._threads.shutdown(cancel_futures=True)
