# SPDX-License-Identifier: Apache-2.0
"""Spans go to the collector that the operator named, and hold what a log line may."""

import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from nahmi.errors import ErrorCode, StoreError
from nahmi.testing.loopback import LoopbackServer, reply
from nahmi.wire.traces import Traces


@pytest.fixture
def drawn() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.mark.enable_socket
@pytest.mark.allow_hosts(["127.0.0.1"])
def test_spans_go_to_the_collector_and_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    with LoopbackServer(reply(200)) as other:
        away = reply(307, location=other.url("/elsewhere"))
        with LoopbackServer(away) as collector:
            monkeypatch.setenv("HTTP_PROXY", other.url())
            monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", other.url())
            monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "secret=zqxcanary")
            traces = Traces.to_collector(collector.url("/v1/traces"), share=1)
            with traces.outer("request", status=200):
                pass
            traces.close()
    assert {asked.path for asked in collector.asked} == {"/v1/traces"}
    assert b"request" in collector.asked[0].body
    assert b"zqxcanary" not in collector.asked[0].body
    assert not other.asked


def test_what_may_not_stand_in_a_log_stands_in_no_span(drawn: InMemorySpanExporter) -> None:
    traces = Traces(SimpleSpanProcessor(drawn), share=1)
    with traces.outer("request", route="/files/secret name", note="text", status=200) as span:
        span.note(code="https://example.org", count=3)
    [one] = drawn.get_finished_spans()
    assert dict(one.attributes or {}) == {"nahmi.status": 200, "nahmi.count": 3}


def test_of_an_error_its_code_and_class_are_kept_and_no_text(drawn: InMemorySpanExporter) -> None:
    traces = Traces(SimpleSpanProcessor(drawn), share=1)
    with pytest.raises(StoreError), traces.outer("request"):
        raise StoreError(ErrorCode.STORE_BUSY, "zqxcanary")
    with pytest.raises(ValueError, match="zqxcanary"), traces.outer("request"):
        raise ValueError("zqxcanary")
    first, second = drawn.get_finished_spans()
    assert dict(first.attributes or {})["nahmi.code"] == "store_busy"
    assert dict(second.attributes or {})["nahmi.error"] == "ValueError"
    assert second.status.status_code is StatusCode.ERROR
    assert "zqxcanary" not in first.to_json() + second.to_json()


def test_a_share_of_nothing_draws_nothing(drawn: InMemorySpanExporter) -> None:
    traces = Traces(SimpleSpanProcessor(drawn), share=0)
    with traces.outer("request"), traces.inner("match") as span:
        span.note(count=1)
    assert not drawn.get_finished_spans()


def test_a_part_of_nothing_is_not_drawn(drawn: InMemorySpanExporter) -> None:
    traces = Traces(SimpleSpanProcessor(drawn), share=1)
    with traces.inner("match"):
        pass
    assert not drawn.get_finished_spans()
