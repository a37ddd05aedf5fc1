# SPDX-License-Identifier: Apache-2.0
"""Jobs, the outbox, webhooks and requests with an idempotency key."""

from sqlalchemy import PrimaryKeyConstraint, UniqueConstraint

from nahmi.store.sql.migrations import steps

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """The tables of running a node."""
    _make_jobs()
    _make_outbox()
    steps.table(
        "webhook",
        steps.identity("webhook_id"),
        steps.refers("member_id", "member.member_id"),
        steps.words("url"),
        steps.words("events"),
        steps.number("is_enabled"),
        steps.number("secret_version"),
        steps.number("created_us"),
        steps.maybe_number("rotated_us"),
    )
    steps.table(
        "request",
        steps.refers("member_id", "member.member_id"),
        steps.words("key"),
        steps.octets("fingerprint"),
        steps.number("begun_us"),
        steps.words("token"),
        steps.maybe_octets("response"),
        PrimaryKeyConstraint("member_id", "key"),
        has_identity=False,
    )
    steps.index("request_begun", "request", "begun_us")


def _make_jobs() -> None:
    steps.table(
        "job",
        steps.identity("job_id"),
        steps.refers("member_id", "member.member_id"),
        steps.words("kind"),
        steps.words("state"),
        steps.words("created_by"),
        steps.number("created_us"),
        steps.maybe_number("started_us"),
        steps.maybe_number("ended_us"),
        steps.maybe_number("leased_until_us"),
        steps.words("token"),
        steps.number("starts"),
        steps.number("done"),
        steps.maybe_number("total"),
        steps.words("detail"),
        steps.words("result"),
        steps.words("error_code"),
        steps.words("error_detail"),
    )
    steps.index("job_open", "job", "job_id", where="ended_us IS NULL")
    steps.index("job_of_member", "job", "member_id", "job_id")


def _make_outbox() -> None:
    steps.table(
        "message",
        steps.identity("message_id"),
        steps.refers("member_id", "member.member_id"),
        steps.words("kind"),
        steps.number("target_id"),
        steps.words("body"),
        steps.words("idempotency_key"),
        steps.number("created_us"),
        steps.number("attempts"),
        steps.number("next_us"),
        steps.words("state"),
        steps.words("token"),
        steps.words("last_error"),
        UniqueConstraint("kind", "target_id", "idempotency_key"),
    )
    waiting, dead, delivered = (f"state = '{it}'" for it in ("waiting", "dead", "delivered"))
    steps.index("message_waiting", "message", "kind", "target_id", "next_us", where=waiting)
    steps.index("message_dead", "message", "member_id", "message_id", where=dead)
    steps.index("message_delivered", "message", "kind", "created_us", where=delivered)
