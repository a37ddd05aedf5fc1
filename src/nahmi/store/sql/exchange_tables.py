# SPDX-License-Identifier: Apache-2.0
"""The tables of exchanges, as SQLAlchemy sees them."""

from sqlalchemy import Column, LargeBinary, Table

from nahmi.store.sql.tables import metadata
from nahmi.store.sql.types import NUMBER, WORDS

exchange = Table(
    "exchange",
    metadata,
    Column("exchange_id", NUMBER, primary_key=True),
    Column("name", WORDS),
    Column("bank_id", NUMBER),
    Column("shape", WORDS),
    Column("fetch", NUMBER),
    Column("is_anew", NUMBER),
    Column("checkpoint", WORDS),
    Column("reached_us", NUMBER),
    Column("job_id", NUMBER),
    Column("asked_us", NUMBER),
    Column("completed_us", NUMBER),
    Column("tally", WORDS),
    Column("token", WORDS),
)

record = Table(
    "exchange_record",
    metadata,
    Column("exchange_id", NUMBER, primary_key=True),
    Column("key_digest", LargeBinary, primary_key=True),
    Column("key", WORDS),
    Column("fetch", NUMBER),
    Column("digest", LargeBinary),
    Column("body", WORDS),
)

assertion = Table(
    "exchange_assertion",
    metadata,
    Column("exchange_id", NUMBER, primary_key=True),
    Column("key_digest", LargeBinary, primary_key=True),
    Column("signal_digest", LargeBinary, primary_key=True),
    Column("signal_type", WORDS),
    Column("signal_value", WORDS),
    Column("opinions", WORDS),
)

held_entry = Table(
    "exchange_entry",
    metadata,
    Column("exchange_id", NUMBER, primary_key=True),
    Column("signal_digest", LargeBinary, primary_key=True),
    Column("entry_id", NUMBER),
    Column("said", WORDS),
)
