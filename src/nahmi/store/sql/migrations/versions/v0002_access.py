# SPDX-License-Identifier: Apache-2.0
"""Who may do what, and the audit chain, whose records can be added, never changed or deleted."""

from time import time_ns

from sqlalchemy import PrimaryKeyConstraint

from nahmi.store.sql.migrations import steps

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """The tables of access."""
    _make_people()
    _make_keys()
    _make_audit()


def _make_people() -> None:
    steps.table(
        "member",
        steps.identity("member_id"),
        steps.words("name", is_unique=True),
        steps.number("is_enabled"),
        steps.number("created_us"),
    )
    steps.insert("member", name="own", is_enabled=1, created_us=time_ns() // 1000)
    steps.table(
        "person",
        steps.identity("person_id"),
        steps.refers("member_id", "member.member_id"),
        steps.words("email", is_unique=True),
        steps.words("name"),
        steps.words("role"),
        steps.words("language"),
        steps.number("is_enabled"),
        steps.number("must_change_password"),
        steps.words("password", default=""),
        steps.maybe_words("totp_secret"),
        steps.number("totp_step", default=-1),
        steps.number("failures", default=0),
        steps.maybe_number("failed_us"),
        steps.number("created_us"),
    )
    steps.table(
        "session",
        steps.octets("digest", is_key=True),
        steps.refers("person_id", "person.person_id"),
        steps.number("is_complete"),
        steps.number("created_us"),
        steps.number("last_used_us"),
        has_identity=False,
    )
    steps.table(
        "login_link",
        steps.octets("digest", is_key=True),
        steps.refers("person_id", "person.person_id"),
        steps.number("expires_us"),
        has_identity=False,
    )


def _make_keys() -> None:
    steps.table(
        "api_key",
        steps.identity("key_id"),
        steps.refers("member_id", "member.member_id"),
        steps.words("label"),
        steps.words("prefix", is_unique=True),
        steps.octets("digest"),
        steps.words("permissions"),
        steps.number("daily_budget"),
        steps.words("created_by"),
        steps.number("created_us"),
        steps.number("expires_us"),
        steps.maybe_number("revoked_us"),
        steps.maybe_number("last_used_us"),
    )
    steps.table(
        "key_budget",
        steps.refers("key_id", "api_key.key_id"),
        steps.words("day"),
        steps.number("used"),
        PrimaryKeyConstraint("key_id", "day"),
        has_identity=False,
    )


def _make_audit() -> None:
    steps.table(
        "audit",
        steps.number("sequence", is_key=True),
        steps.words("event"),
        steps.octets("previous_hash"),
        steps.octets("hash"),
        has_identity=False,
    )
    steps.table(
        "audit_head",
        steps.number("id", is_key=True),
        steps.maybe_number("sequence"),
        steps.maybe_octets("hash"),
        has_identity=False,
    )
    steps.insert("audit_head", id=1, sequence=0, hash=bytes(32))
    steps.forbid_changes("audit")
