# SPDX-License-Identifier: Apache-2.0
"""The pure rules of running a node hold for whatever comes."""

from base64 import b64decode
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nahmi.errors import InputError
from nahmi.operate import idempotency, jobs, node_key, outbox, signatures, webhooks
from nahmi.operate.idempotency import Kept, Outcome, Response
from nahmi.operate.jobs import JobState
from nahmi.operate.webhooks import Webhook, WebhookEvent

NOW = datetime(2026, 1, 2, tzinfo=UTC)
KEY = node_key.make_node_key(bytes(range(32)))
HOOK = Webhook(
    webhook_id=7,
    member_id=1,
    url="https://example.org/hook?token=secret",
    events=(WebhookEvent.MATCH_BLOCK,),
    is_enabled=True,
    secret_version=2,
    created_at=NOW,
    rotated_at=NOW,
)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=50)


@given(st.binary(min_size=32, max_size=32))
def test_a_node_key_is_read_back_and_never_shown(random: bytes) -> None:
    key = node_key.make_node_key(random)
    assert node_key.read_node_key(node_key.write_node_key(key)) == key
    assert random.hex() not in repr(key)


@given(st.text() | st.text("0123456789abcdefABCDEF\n ", min_size=60, max_size=68))
def test_other_text_is_no_node_key(text: str) -> None:
    key = node_key.read_node_key(text)
    assert key is None or node_key.write_node_key(key).removesuffix("\n") == text.removesuffix("\n")


def test_each_purpose_has_its_own_secret() -> None:
    secrets = [
        *(
            node_key.webhook_secret(KEY, number, version)
            for number in (1, 11)
            for version in (1, 2)
        ),
        node_key.webhook_secret(KEY, 1, 11),
        node_key.totp_secret(KEY, 1, 1),
        node_key.totp_secret(KEY, 1, 2),
    ]
    assert len({secret[:20] for secret in secrets}) == len(secrets)
    assert node_key.derive(KEY, "webhook:1:1") == secrets[0]
    with pytest.raises(InputError):
        node_key.make_node_key(bytes(16))


def test_signatures_are_those_of_the_standard() -> None:
    # The example of the specification: secret, id, time, body and signature.
    secret = b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    made = signatures.sign(
        secret,
        message_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        stamp=1614265330,
        body='{"test": 2432232314}',
    )
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@given(TEXTS, st.integers(0, 200_000))
def test_a_receiver_accepts_old_and_new_secret_for_a_day(body: str, later_s: int) -> None:
    moment = NOW + timedelta(seconds=later_s)
    sent = signatures.headers(HOOK, KEY, message_id="m1", body=body, now=moment)
    new, old = (node_key.webhook_secret(KEY, 7, version) for version in (2, 1))
    assert signatures.is_signed(new, sent, body, now=moment)
    assert signatures.is_signed(old, sent, body, now=moment) == (later_s < 86_400)
    assert not signatures.is_signed(new, sent, body + " ", now=moment)
    assert not signatures.is_signed(new, sent | {"webhook-id": "m2"}, body, now=moment)
    late = moment + signatures.TOLERANCE + timedelta(seconds=2)
    assert not signatures.is_signed(new, sent, body, now=late)
    assert not signatures.is_signed(new, {}, body, now=moment)


def test_a_webhook_hears_of_its_own_member_only() -> None:
    block, log = WebhookEvent.MATCH_BLOCK, WebhookEvent.MATCH_LOG
    assert webhooks.wants(HOOK, block, member_id=1)
    assert not webhooks.wants(HOOK, block, member_id=2)
    assert not webhooks.wants(HOOK, log, member_id=1)
    off = msgspec.structs.replace(HOOK, is_enabled=False)
    assert not webhooks.wants(off, block, member_id=1)
    assert "secret" not in repr(HOOK)
    assert webhooks.tidy_events([block, log, block]) == (block, log)
    with pytest.raises(InputError):
        webhooks.tidy_events([])


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://example.org/",
        "ftp://example.org/",
        "https://",
        "https:///path",
        "https://user@example.org/",
        "https://user:word@example.org/",
        "https://example.org/#part",
        "https://example.org/a b",
        "https://example.org/\n",
        "https://example.org:0/",
        "https://example.org:99999/",
        "https://[::1/",
        "https://exämple.org/",
        "https://example.org/" + "a" * 2000,
    ],
)
def test_other_addresses_are_no_webhooks(url: str) -> None:
    with pytest.raises(InputError):
        webhooks.check_url(url)


def test_plain_http_is_for_those_who_ask_for_it() -> None:
    assert webhooks.check_url("https://example.org:8443/a?b=c") == "https://example.org:8443/a?b=c"
    assert webhooks.check_url("http://127.0.0.1:1/", allow_plain=True) == "http://127.0.0.1:1/"


@given(st.floats(0, 1))
def test_pauses_grow_and_end(chance: float) -> None:
    pauses = [outbox.backoff(attempts, chance) for attempts in range(1, outbox.MOST_ATTEMPTS)]
    known = [pause for pause in pauses if pause is not None]
    assert len(known) == len(pauses)
    assert known == sorted(known)
    assert timedelta(seconds=5) <= known[0] <= timedelta(seconds=10)
    assert known[-1] <= timedelta(hours=12)
    assert outbox.backoff(outbox.MOST_ATTEMPTS, chance) is None
    assert sum(known, timedelta()) >= timedelta(days=1.5)


@given(st.integers(1, 20))
def test_chance_parts_what_failed_together(attempts: int) -> None:
    low, high = outbox.backoff(attempts, 1.0), outbox.backoff(attempts, 0.0)
    assert (low is None) == (high is None)
    assert low is None or high is None or low * 2 == high


@pytest.mark.parametrize(
    "changes",
    [
        {"idempotency_key": ""},
        {"idempotency_key": "x" * 201},
        {"idempotency_key": "a\nb"},
        {"idempotency_key": "ä"},
        {"body": "x" * (outbox.LONGEST_BODY + 1)},
        {"body": "\0"},
    ],
)
def test_messages_that_cannot_be_kept_are_refused(changes: dict[str, str]) -> None:
    good = outbox.NewMessage(
        member_id=1, kind="webhook", target_id=1, body="{}", idempotency_key="k"
    )
    assert outbox.check_message(good) is good
    with pytest.raises(InputError):
        outbox.check_message(msgspec.structs.replace(good, **changes))


@given(st.sampled_from(JobState), st.none() | st.integers(-5, 5))
def test_only_what_nobody_works_on_is_free(state: JobState, lease_s: int | None) -> None:
    until = None if lease_s is None else NOW + timedelta(seconds=lease_s)
    is_free = jobs.is_free(state, until, NOW)
    if state in jobs.ENDED:
        assert not is_free
    elif state is JobState.RUNNING:
        assert is_free == (lease_s is None or lease_s <= 0)
    else:
        assert is_free


def test_progress_that_cannot_be_is_refused() -> None:
    jobs.check_steps(0, None)
    jobs.check_steps(3, 3)
    for done, total in ((-1, None), (4, 3), (0, -1)):
        with pytest.raises(InputError):
            jobs.check_steps(done, total)


@given(
    first=st.binary(max_size=8),
    second=st.binary(max_size=8),
    later_s=st.integers(0, 200_000),
    has_answer=st.booleans(),
)
def test_a_repeated_request_gets_the_first_answer_or_a_refusal(
    first: bytes, second: bytes, later_s: int, *, has_answer: bool
) -> None:
    answer = Response(status=201, media_type="application/json", body=b"{}")
    one, two = (idempotency.fingerprint("POST", "/a", "key:1", body) for body in (first, second))
    kept = Kept(fingerprint=one, begun_at=NOW, response=answer if has_answer else None)
    begun = idempotency.judge(kept, two, NOW + timedelta(seconds=later_s))
    if later_s >= 86_400:
        assert begun.outcome is Outcome.FRESH
    elif first != second:
        assert begun.outcome is Outcome.CONFLICT
    elif has_answer:
        assert (begun.outcome, begun.response) == (Outcome.REPLAY, answer)
    else:
        is_abandoned = later_s >= idempotency.ABANDONED.total_seconds()
        assert begun.outcome is (Outcome.FRESH if is_abandoned else Outcome.IN_PROGRESS)
    assert idempotency.judge(None, two, NOW).outcome is Outcome.FRESH


def test_parts_of_a_request_are_not_taken_for_one_another() -> None:
    prints = {
        idempotency.fingerprint("POST", "/a", "key:1", b""),
        idempotency.fingerprint("POST", "/ak", "ey:1", b""),
        idempotency.fingerprint("POST", "/a", "key:", b"1"),
        idempotency.fingerprint("POST", "/a", "key:2", b""),
    }
    assert len(prints) == 4


def test_failures_and_long_answers_are_not_kept() -> None:
    def answer(status: int, body: bytes = b"x") -> Response:
        return Response(status=status, media_type="text/plain", body=body)

    assert [idempotency.is_kept(answer(status)) for status in (200, 409, 500, 503)] == [
        True,
        True,
        False,
        False,
    ]
    assert not idempotency.is_kept(answer(200, bytes(idempotency.LONGEST_BODY + 1)))
    assert repr(answer(200, b"secret")) == "Response(status=200, 6 bytes)"
    for key in ("", "a" * 256, "ä", "a\tb"):
        with pytest.raises(InputError):
            idempotency.check_key(key)
    assert idempotency.check_key("a b") == "a b"
