# SPDX-License-Identifier: Apache-2.0
"""The tables of running a node, as SQLAlchemy sees them."""

from sqlalchemy import Column, LargeBinary, Table

from nahmi.store.sql.tables import metadata
from nahmi.store.sql.types import NUMBER, WORDS

job = Table(
    "job",
    metadata,
    Column("job_id", NUMBER, primary_key=True),
    Column("member_id", NUMBER),
    Column("kind", WORDS),
    Column("state", WORDS),
    Column("created_by", WORDS),
    Column("created_us", NUMBER),
    Column("started_us", NUMBER),
    Column("ended_us", NUMBER),
    Column("leased_until_us", NUMBER),
    Column("token", WORDS),
    Column("starts", NUMBER),
    Column("done", NUMBER),
    Column("total", NUMBER),
    Column("detail", WORDS),
    Column("result", WORDS),
    Column("error_code", WORDS),
    Column("error_detail", WORDS),
)

message = Table(
    "message",
    metadata,
    Column("message_id", NUMBER, primary_key=True),
    Column("member_id", NUMBER),
    Column("kind", WORDS),
    Column("target_id", NUMBER),
    Column("body", WORDS),
    Column("idempotency_key", WORDS),
    Column("created_us", NUMBER),
    Column("attempts", NUMBER),
    Column("next_us", NUMBER),
    Column("state", WORDS),
    Column("token", WORDS),
    Column("last_error", WORDS),
)

webhook = Table(
    "webhook",
    metadata,
    Column("webhook_id", NUMBER, primary_key=True),
    Column("member_id", NUMBER),
    Column("url", WORDS),
    Column("events", WORDS),
    Column("is_enabled", NUMBER),
    Column("secret_version", NUMBER),
    Column("created_us", NUMBER),
    Column("rotated_us", NUMBER),
)

request = Table(
    "request",
    metadata,
    Column("member_id", NUMBER, primary_key=True),
    Column("key", WORDS, primary_key=True),
    Column("fingerprint", LargeBinary),
    Column("begun_us", NUMBER),
    Column("token", WORDS),
    Column("response", LargeBinary),
)

job_file = Table(
    "job_file",
    metadata,
    Column("name", WORDS, primary_key=True),
    Column("part", WORDS, primary_key=True),
    Column("number", NUMBER, primary_key=True),
    Column("content", LargeBinary),
    Column("added_us", NUMBER),
)
