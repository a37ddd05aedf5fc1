# SPDX-License-Identifier: Apache-2.0
"""The tables of circles as objects, as SQLAlchemy sees them."""

from sqlalchemy import Column, LargeBinary, Table

from nahmi.store.sql.tables import metadata
from nahmi.store.sql.types import NUMBER, WORDS

view = Table(
    "circle_view",
    metadata,
    Column("circle_no", NUMBER, primary_key=True),
    Column("size", NUMBER),
    Column("front", LargeBinary),
)

shown = Table(
    "circle_shown",
    metadata,
    Column("circle_no", NUMBER, primary_key=True),
    Column("topic", WORDS, primary_key=True),
    Column("seq", NUMBER, primary_key=True),
)

version = Table(
    "circle_version",
    metadata,
    Column("circle_no", NUMBER, primary_key=True),
    Column("seq", NUMBER, primary_key=True),
    Column("before_seq", NUMBER),
    Column("about", LargeBinary),
    Column("name", LargeBinary),
    Column("first_seq", NUMBER),
    Column("source_seq", NUMBER),
    Column("created_us", NUMBER),
    Column("modified_us", NUMBER),
    Column("categories", WORDS),
)

status = Table(
    "taxii_status",
    metadata,
    Column("status_id", WORDS, primary_key=True),
    Column("member_id", NUMBER),
    Column("circle_id", WORDS),
    Column("body", LargeBinary),
    Column("made_us", NUMBER),
)
