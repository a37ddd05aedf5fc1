# SPDX-License-Identifier: Apache-2.0
"""Banks and entries in one SQLite file."""

from nahmi.store.sqlite.store import SqliteBankStore

__all__ = ["SqliteBankStore"]
