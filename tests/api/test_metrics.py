# SPDX-License-Identifier: Apache-2.0
"""What the node measures, and that nothing of content gets in."""

from collections.abc import Callable

import httpx

from nahmi.access.roles import Permission

Ask = Callable[..., httpx.Response]
SIGNAL = "3c" * 32


def test_answers_uploads_and_the_state_of_the_node_are_counted(ask: Ask) -> None:
    body = {"signals": [{"type": "pdq", "value": SIGNAL}]}
    ask("POST", "/api/v1/match", Permission.PROTECT_CONTENT_MATCH, json=body)
    ask("POST", "/api/v1/hash", Permission.PROTECT_CONTENT_HASH, content=b"no picture")
    answer = ask("GET", "/metrics", Permission.NODE_STATUS_READ)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = answer.text.splitlines()
    for start in (
        'nahmi_answers_total{action="",channel="api",verdict="no_match"}',
        'nahmi_answer_seconds_count{channel="api"}',
        'nahmi_decoded_total{outcome="media_unsupported"}',
        'nahmi_responses_total{status="200"}',
        "nahmi_index_signals",
        "nahmi_store_age_seconds",
        "nahmi_outbox_waiting",
        "nahmi_jobs_waiting",
        "nahmi_exchange_behind_seconds 0",
        "nahmi_opinions_dead 0",
    ):
        assert any(line.startswith(start) for line in lines), start
    assert SIGNAL not in answer.text


def test_metrics_are_for_those_who_may_read_the_status(anonymous: httpx.Client, ask: Ask) -> None:
    assert anonymous.get("/metrics").status_code == 401
    assert ask("GET", "/metrics", Permission.PROTECT_CONTENT_MATCH).status_code == 403
