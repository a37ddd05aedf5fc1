# SPDX-License-Identifier: Apache-2.0
"""The tables as SQLAlchemy sees them; `migrations` is what makes them."""

from sqlalchemy import Column, MetaData, Table, text

from nahmi.store.sql.types import NUMBER, WORDS, SignalValue

metadata = MetaData()

bank = Table(
    "bank",
    metadata,
    Column("bank_id", NUMBER, primary_key=True),
    Column("name", WORDS),
    Column("category", WORDS),
    Column("actions", WORDS),
    Column("limit_bits", NUMBER),
    Column("is_enabled", NUMBER),
    Column("crops", WORDS),
    Column("labels", WORDS),
    Column("created_us", NUMBER),
    Column("deleted_us", NUMBER),
    Column("member_id", NUMBER),
    Column("is_shared", NUMBER),
)

entry = Table(
    "entry",
    metadata,
    Column("entry_id", NUMBER, primary_key=True),
    Column("bank_id", NUMBER),
    Column("signal_type", WORDS),
    Column("signal_value", SignalValue),
    Column("content_ref", WORDS),
    Column("variant", WORDS),
    Column("quality", NUMBER),
    Column("canon", WORDS),
    Column("source", WORDS),
    Column("provenance", WORDS),
    Column("note", WORDS),
    Column("expires_us", NUMBER),
    Column("disabled_until_us", NUMBER),
    Column("added_us", NUMBER),
    Column("deleted_us", NUMBER),
)

IS_EXACT = text("signal_type <> 'pdq'")
"""The condition of the index `entry_exact`, which answers a query that says it word for word."""

IS_OF_CONTENT = text("content_ref <> ''")
"""The condition of the index `entry_content`, to be said word for word as well."""

change = Table(
    "change",
    metadata,
    Column("first_seq", NUMBER, primary_key=True),
    Column("is_addition", NUMBER),
    Column("bank_id", NUMBER),
    Column("first_entry_id", NUMBER),
    Column("last_entry_id", NUMBER),
)

revision = Table(
    "revision",
    metadata,
    Column("topic", WORDS, primary_key=True),
    Column("value", NUMBER),
)

store = Table(
    "store",
    metadata,
    Column("id", NUMBER, primary_key=True),
    Column("store_id", WORDS),
)
