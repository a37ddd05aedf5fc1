# SPDX-License-Identifier: Apache-2.0
"""The tables as SQLAlchemy sees them; `migrations` is what makes them."""

from sqlalchemy import Column, Integer, MetaData, Table, Text

from nahmi.store.sql.types import SignalValue

metadata = MetaData()

bank = Table(
    "bank",
    metadata,
    Column("bank_id", Integer, primary_key=True),
    Column("name", Text),
    Column("category", Text),
    Column("actions", Text),
    Column("limit_bits", Integer),
    Column("is_enabled", Integer),
    Column("crops", Text),
    Column("labels", Text),
    Column("created_us", Integer),
    Column("deleted_us", Integer),
)

entry = Table(
    "entry",
    metadata,
    Column("entry_id", Integer, primary_key=True),
    Column("bank_id", Integer),
    Column("signal_type", Text),
    Column("signal_value", SignalValue),
    Column("content_ref", Text),
    Column("variant", Text),
    Column("quality", Integer),
    Column("canon", Text),
    Column("source", Text),
    Column("provenance", Text),
    Column("note", Text),
    Column("expires_us", Integer),
    Column("disabled_until_us", Integer),
    Column("added_us", Integer),
    Column("deleted_us", Integer),
)

change = Table(
    "change",
    metadata,
    Column("first_seq", Integer, primary_key=True),
    Column("is_addition", Integer),
    Column("bank_id", Integer),
    Column("first_entry_id", Integer),
    Column("last_entry_id", Integer),
)
