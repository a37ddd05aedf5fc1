# SPDX-License-Identifier: Apache-2.0
"""Banks, entries and access in SQLite or PostgreSQL."""

from nahmi.store.sql.store import SqlBankStore

__all__ = ["SqlBankStore"]
