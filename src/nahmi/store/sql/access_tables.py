# SPDX-License-Identifier: Apache-2.0
"""The tables of access as SQLAlchemy sees them; `migrations` is what makes them."""

from sqlalchemy import Column, LargeBinary, Table

from nahmi.store.sql.tables import metadata
from nahmi.store.sql.types import NUMBER, WORDS

member = Table(
    "member",
    metadata,
    Column("member_id", NUMBER, primary_key=True),
    Column("name", WORDS),
    Column("is_enabled", NUMBER),
    Column("created_us", NUMBER),
)

person = Table(
    "person",
    metadata,
    Column("person_id", NUMBER, primary_key=True),
    Column("member_id", NUMBER),
    Column("email", WORDS),
    Column("name", WORDS),
    Column("role", WORDS),
    Column("language", WORDS),
    Column("is_enabled", NUMBER),
    Column("must_change_password", NUMBER),
    Column("password", WORDS),
    Column("has_totp", NUMBER),
    Column("totp_version", NUMBER),
    Column("totp_step", NUMBER),
    Column("recovery_used", NUMBER),
    Column("failures", NUMBER),
    Column("failed_us", NUMBER),
    Column("created_us", NUMBER),
)

api_key = Table(
    "api_key",
    metadata,
    Column("key_id", NUMBER, primary_key=True),
    Column("member_id", NUMBER),
    Column("label", WORDS),
    Column("prefix", WORDS),
    Column("digest", LargeBinary),
    Column("permissions", WORDS),
    Column("daily_budget", NUMBER),
    Column("created_by", WORDS),
    Column("created_us", NUMBER),
    Column("expires_us", NUMBER),
    Column("revoked_us", NUMBER),
    Column("last_used_us", NUMBER),
)

session = Table(
    "session",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("person_id", NUMBER),
    Column("is_complete", NUMBER),
    Column("created_us", NUMBER),
    Column("last_used_us", NUMBER),
)

login_link = Table(
    "login_link",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("person_id", NUMBER),
    Column("expires_us", NUMBER),
)

key_budget = Table(
    "key_budget",
    metadata,
    Column("key_id", NUMBER, primary_key=True),
    Column("day", WORDS, primary_key=True),
    Column("used", NUMBER),
)

audit = Table(
    "audit",
    metadata,
    Column("sequence", NUMBER, primary_key=True),
    Column("event", WORDS),
    Column("previous_hash", LargeBinary),
    Column("hash", LargeBinary),
)

audit_head = Table(
    "audit_head",
    metadata,
    Column("id", NUMBER, primary_key=True),
    Column("sequence", NUMBER),
    Column("hash", LargeBinary),
)
