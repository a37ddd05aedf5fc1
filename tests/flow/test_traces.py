# SPDX-License-Identifier: Apache-2.0
"""A trace says where a request's time went, and nothing of what was asked."""

import gc
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from nahmi.api.app import make_app
from nahmi.api.hot import ROUTES
from nahmi.bootstrap import init_node
from nahmi.bootstrap.place import NodePlace
from nahmi.bootstrap.service import Service
from nahmi.bootstrap.tracing import TracedApp, make_traces
from nahmi.core.bank import Category
from nahmi.errors import ErrorCode, InputError
from nahmi.library import Bank
from nahmi.operate.settings import Settings, TelemetrySettings
from nahmi.serving.node_app import _opened
from nahmi.testing.keys import give_key
from nahmi.testing.media import as_jpeg, scene
from nahmi.testing.serving import serving
from nahmi.wire.traces import Traces

WORD = "zqxcanary"
PATIENCE_S = 30
SIGNAL = "5ca1ab1e" * 8
OFF = """
import sys
from nahmi.serving import node_app
print(*sys.modules)
"""


@pytest.fixture(scope="module")
def exporter() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def drawn(exporter: InMemorySpanExporter) -> InMemorySpanExporter:
    exporter.clear()
    return exporter


@pytest.fixture(scope="module")
def client(exporter: InMemorySpanExporter) -> Iterator[httpx.Client]:
    traces = Traces(SimpleSpanProcessor(exporter), share=1)
    settings = Settings(layout=1)
    with tempfile.TemporaryDirectory(prefix="nahmi-") as name:
        folder = Path(name) / "node"
        init_node(folder).close()
        with Bank.open(folder, "KNOWN", category=Category.TEST) as bank:
            bank.add(as_jpeg(scene(1)))
        app = make_app(lambda: Service(folder, settings, tracing=traces), settings)
        with serving(TracedApp(app, traces, known=set(ROUTES)), Path(name)) as opened:
            opened.headers["authorization"] = f"Bearer {give_key(folder)}"
            yield opened
    traces.close()


@pytest.fixture
def own_rubbish() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


def spans(drawn: InMemorySpanExporter, *, requests: int = 1) -> list[dict[str, Any]]:
    """What was drawn once so many requests have ended, each without the prefix of its attributes.

    A request ends a moment after its caller has the answer.
    """
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        if sum(span.name == "request" for span in drawn.get_finished_spans()) >= requests:
            break
        time.sleep(0.01)
    found = [json.loads(span.to_json()) for span in drawn.get_finished_spans()]
    for span in found:
        names = span["attributes"]
        span["attributes"] = {name.removeprefix("nahmi."): names[name] for name in names}
    return found


def test_a_request_and_its_parts_are_one_trace(
    client: httpx.Client, drawn: InMemorySpanExporter
) -> None:
    upload = as_jpeg(scene(1), quality=60)
    answer = client.post("/api/v1/match/content", content=upload, params={"reference": WORD})
    assert answer.json()["verdict"] == "match"
    found = spans(drawn)
    assert len({span["context"]["trace_id"] for span in found}) == 1
    assert {"request", "decode", "match", "record", "store"} <= {span["name"] for span in found}
    request = found[-1]
    assert (request["name"], request["parent_id"]) == ("request", None)
    assert {**request["attributes"], "request_id": "", "principal": ""} == {
        "method": "POST",
        "status": 200,
        "route": "/api/v1/match/content",
        "request_id": "",
        "principal": "",
        "member_id": 1,
    }
    assert request["attributes"]["request_id"] == answer.headers["x-request-id"]
    decode = next(span for span in found if span["name"] == "decode")
    assert decode["attributes"]["bytes"] == len(upload)


def test_the_hot_route_and_failures_are_drawn_without_what_was_sent(
    client: httpx.Client, drawn: InMemorySpanExporter
) -> None:
    context = f"00-{SIGNAL[:32]}-{SIGNAL[:16]}-01"
    for body in (
        {"signals": [{"type": "pdq", "value": SIGNAL}], "reference": WORD},
        {"signals": [{"type": WORD, "value": WORD}]},
        {"signals": [{"type": "url", "value": f"https://{WORD}.example/{WORD}"}]},
    ):
        headers = {"traceparent": context, "tracestate": f"{WORD}=1", "baggage": f"{WORD}=1"}
        client.post("/api/v1/match", json=body, headers=headers)
    client.post("/api/v1/banks", json={"name": WORD, "category": WORD})
    client.get(f"/api/v1/banks/{WORD}", params={WORD: WORD})
    client.get("/api/v1/banks/999")
    found = spans(drawn, requests=6)
    text = json.dumps(found).lower()
    assert WORD not in text
    assert SIGNAL[:16] not in text
    requests = [span["attributes"] for span in found if span["name"] == "request"]
    assert [one["status"] for one in requests] == [200, 422, 200, 422, 404, 404]
    assert requests[0]["route"] == "/api/v1/match"
    assert all(len(one["request_id"]) == 16 for one in requests)
    assert requests[-1]["code"] == "bank_missing"
    assert "search" in {span["name"] for span in found}


def test_what_nobody_waits_for_begins_no_trace(
    client: httpx.Client, drawn: InMemorySpanExporter
) -> None:
    client.get("/health/ready")
    assert {span["name"] for span in spans(drawn) if span["parent_id"] is None} == {"request"}


def test_what_was_drawn_is_handed_on_when_the_server_stops(
    tmp_path: Path, own_rubbish: None
) -> None:
    del own_rubbish  # what this sets for the process is undone
    place = NodePlace(tmp_path / "node")
    init_node(place).close()
    drawn = InMemorySpanExporter()
    traces = Traces(BatchSpanProcessor(drawn), share=1)
    with _opened(place, Settings(layout=1), traces) as service, traces.outer("request"):
        service.probe()
    assert {span["name"] for span in spans(drawn)} == {"request", "store"}


def test_a_node_without_a_collector_has_no_traces_and_loads_nothing_for_them() -> None:
    assert make_traces(TelemetrySettings()) is None
    done = subprocess.run([sys.executable, "-c", OFF], check=True, capture_output=True, text=True)
    assert not {name for name in done.stdout.split() if name.startswith("opentelemetry")}


def test_without_the_packages_the_operator_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nahmi.wire.traces", None)
    with pytest.raises(InputError) as caught:
        make_traces(TelemetrySettings(endpoint="http://127.0.0.1:4318/v1/traces"))
    assert caught.value.code is ErrorCode.EXTRA_MISSING
