# SPDX-License-Identifier: Apache-2.0
"""The tables of access as SQLAlchemy sees them; `access_schema` is what makes them."""

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, Table, Text

from nahmi.store.sql.tables import metadata

member = Table(
    "member",
    metadata,
    Column("member_id", Integer, primary_key=True),
    Column("name", Text),
    Column("is_enabled", Integer),
    Column("created_us", BigInteger),
)

person = Table(
    "person",
    metadata,
    Column("person_id", Integer, primary_key=True),
    Column("member_id", Integer),
    Column("email", Text),
    Column("name", Text),
    Column("role", Text),
    Column("language", Text),
    Column("is_enabled", Integer),
    Column("must_change_password", Integer),
    Column("password", Text),
    Column("totp_secret", Text),
    Column("totp_step", BigInteger),
    Column("failures", Integer),
    Column("failed_us", BigInteger),
    Column("created_us", BigInteger),
)

api_key = Table(
    "api_key",
    metadata,
    Column("key_id", Integer, primary_key=True),
    Column("member_id", Integer),
    Column("label", Text),
    Column("prefix", Text),
    Column("digest", LargeBinary),
    Column("permissions", Text),
    Column("daily_budget", Integer),
    Column("created_by", Text),
    Column("created_us", BigInteger),
    Column("expires_us", BigInteger),
    Column("revoked_us", BigInteger),
    Column("last_used_us", BigInteger),
)

session = Table(
    "session",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("person_id", Integer),
    Column("is_complete", Integer),
    Column("created_us", BigInteger),
    Column("last_used_us", BigInteger),
)

login_link = Table(
    "login_link",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("person_id", Integer),
    Column("expires_us", BigInteger),
)

key_budget = Table(
    "key_budget",
    metadata,
    Column("key_id", Integer, primary_key=True),
    Column("day", Text, primary_key=True),
    Column("used", BigInteger),
)

audit = Table(
    "audit",
    metadata,
    Column("sequence", BigInteger, primary_key=True),
    Column("event", Text),
    Column("previous_hash", LargeBinary),
    Column("hash", LargeBinary),
)

audit_head = Table(
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("sequence", BigInteger),
    Column("hash", LargeBinary),
)
