# SPDX-License-Identifier: Apache-2.0
"""Traces for a collector of OpenTelemetry, which the operator names and nobody else.

What is said of a span goes through the list of the log's fields, so that a trace holds no more
than a log line could. Traces begin here: what a caller sends as the context of a trace is not
taken, since it would be kept.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from importlib.metadata import version
from typing import Any, Final, Self

import requests
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import StatusCode

from nahmi.errors import NahmiError
from nahmi.operate.log_fields import WITHHELD, LogValue, allowed

_PATIENCE_S: Final = 5.0
_FAILED: Final = 500
_NAMES: Final = "nahmi."


class _Session(requests.Session):
    """Calls the collector and nobody else: no proxy of the environment, and no redirect."""

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False

    def get_redirect_target(self, _: requests.Response) -> None:
        """Nowhere, whatever the answer says."""


class _Span:
    """See `nahmi.flows.tracing.Span`."""

    def __init__(self, span: trace.Span) -> None:
        self._span = span

    def note(self, **fields: LogValue) -> None:
        """See `nahmi.flows.tracing.Span.note`."""
        for name, value in allowed(fields).items():
            if value is None or value == WITHHELD or name == "dropped":
                continue
            self._span.set_attribute(_NAMES + name, value)
            if name == "status" and isinstance(value, int) and value >= _FAILED:
                self._span.set_status(StatusCode.ERROR)


class _Nothing:
    """Stands for a span where nothing is traced."""

    def note(self, **_: LogValue) -> None:
        """Nobody hears it."""


_NOTHING: Final = nullcontext(_Nothing())


class Traces:
    """Draws what takes time and hands it on. Safe to share between threads.

    Args:
        processor: Where to.
        share: Of all requests, 0..1.
    """

    def __init__(self, processor: SpanProcessor, *, share: float) -> None:
        told = {"service.name": "nahmi", "service.version": version("nahmi")}
        self._provider = TracerProvider(
            sampler=ParentBased(TraceIdRatioBased(share)),
            resource=Resource(told),  # nothing of the environment
            shutdown_on_exit=False,
        )
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("nahmi")

    @classmethod
    def to_collector(cls, endpoint: str, *, share: float) -> Self:
        """Traces that go to a collector.

        Args:
            endpoint: Its whole address, such as `http://127.0.0.1:4318/v1/traces`.
            share: Of all requests, 0..1.
        """
        exporter = OTLPSpanExporter(
            endpoint,
            timeout=_PATIENCE_S,
            compression=Compression.NoCompression,
            session=_Session(),
        )
        return cls(BatchSpanProcessor(exporter), share=share)

    @contextmanager
    def outer(self, name: str, **fields: LogValue) -> Iterator[_Span]:
        """What begins a trace.

        Args:
            name: Such as `request`.
            fields: Said of it from the beginning.
        """
        with self._tracer.start_as_current_span(
            name, record_exception=False, set_status_on_exception=False
        ) as drawn:
            span = _Span(drawn)
            span.note(**fields)
            try:
                yield span
            except NahmiError as error:
                span.note(code=str(error.code), error=type(error).__name__)
                raise
            except Exception as error:
                span.note(error=type(error).__name__)
                drawn.set_status(StatusCode.ERROR)
                raise

    def inner(self, name: str, **fields: LogValue) -> AbstractContextManager[Any]:
        """See `nahmi.flows.tracing.Tracing.inner`; work that nobody waits for begins no trace."""
        if not trace.get_current_span().is_recording():
            return _NOTHING
        return self.outer(name, **fields)

    def close(self) -> None:
        """Hand on what was drawn so far."""
        self._provider.shutdown()
