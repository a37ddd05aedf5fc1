# SPDX-License-Identifier: Apache-2.0
"""Metrics in the form that Prometheus reads; no label holds anything of content or callers.

Several server processes share one set of files (prometheus_client's multiprocess mode), so that a
scrape that reaches any of them tells of all.
"""

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from shutil import rmtree
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    multiprocess,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import REGISTRY, Collector

from nahmi.flows.metering import Outcome

SHARED: Final = "PROMETHEUS_MULTIPROC_DIR"
"""Where processes of one node share their metrics; set before any of them starts."""

_BUCKETS_S: Final = (
    *(0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0),
    *(2.5, 5.0, 10.0),
)

_ANSWERS = Counter("nahmi_answers", "Answers.", ["channel", "verdict", "action"])
_ANSWER_S = Histogram(
    "nahmi_answer_seconds", "Time to answer a request.", ["channel"], buckets=_BUCKETS_S
)
_DECODE_S = Histogram(
    "nahmi_decode_seconds",
    "Time to fingerprint an upload, its wait for a decoder included.",
    buckets=_BUCKETS_S,
)
_DECODED = Counter("nahmi_decoded", "Uploads by outcome.", ["outcome"])
_RESPONSES = Counter("nahmi_responses", "HTTP responses by status.", ["status"])
_WAITING = Gauge(
    "nahmi_waiting", "What waits in this node's processes.", ["what"], multiprocess_mode="livesum"
)

# Looking a label up takes longer than counting.
_answers_like = cache(_ANSWERS.labels)
_answer_seconds_of = cache(_ANSWER_S.labels)
_responses_with = cache(_RESPONSES.labels)

Fact = tuple[str, str, Callable[[], float]]
"""Name, meaning and source of a number about the whole node."""


def share_metrics() -> None:
    """Make a place in which the processes to be started share their metrics."""
    os.environ[SHARED] = tempfile.mkdtemp(prefix="nahmi-metrics-")


def unshare_metrics() -> None:
    """Remove that place, when the processes have ended."""
    if SHARED in os.environ:
        rmtree(os.environ.pop(SHARED), ignore_errors=True)


def forget_process(pid: int | None = None) -> None:
    """Take what a process holds out of sums over living processes.

    Args:
        pid: Its number; None for this process.
    """
    if SHARED in os.environ:
        multiprocess.mark_process_dead(pid or os.getpid())  # type: ignore[no-untyped-call]  # prometheus_client is not typed here


def note_response(status: int) -> None:
    """An HTTP response left."""
    _responses_with(status).inc()


def note_waiting(what: str, count: int) -> None:
    """So many wait in this process, such as uploads for a decoder."""
    _WAITING.labels(what).set(count)


class PrometheusMeter:
    """`nahmi.flows.metering.Meter` for Prometheus."""

    def answered(self, channel: str, seconds: float, outcomes: Mapping[Outcome, int]) -> None:
        """See `Meter.answered`."""
        _answer_seconds_of(channel).observe(seconds)
        for (verdict, action), count in outcomes.items():
            _answers_like(channel, verdict.value, action.value if action else "").inc(count)

    def decoded(self, seconds: float, outcome: str) -> None:
        """See `Meter.decoded`."""
        _DECODE_S.observe(seconds)
        _DECODED.labels(outcome).inc()


class _Facts(Collector):
    """Numbers about the whole node, read when somebody asks for them."""

    def __init__(self, facts: Sequence[Fact]) -> None:
        self._facts = facts

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Each number once."""
        for name, meaning, read in self._facts:
            yield GaugeMetricFamily(name, meaning, value=read())


def exposition(facts: Sequence[Fact]) -> bytes:
    """Everything that was measured, as text.

    Args:
        facts: Numbers about the whole node.
    """
    whole = CollectorRegistry()
    whole.register(_Facts(facts))
    if SHARED in os.environ:
        measured = CollectorRegistry()
        multiprocess.MultiProcessCollector(measured)  # type: ignore[no-untyped-call]  # as above
    else:
        measured = REGISTRY
    return generate_latest(measured) + generate_latest(whole)
