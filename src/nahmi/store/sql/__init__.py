# SPDX-License-Identifier: Apache-2.0
"""Banks and entries in one SQLite file."""

from nahmi.store.sql.store import SqliteBankStore

__all__ = ["SqliteBankStore"]
