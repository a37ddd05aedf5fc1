# SPDX-License-Identifier: Apache-2.0
"""The exact search index over 256-bit signals, on memory-mapped files."""

from nahmi.store.index.index import Index, IndexStatus

__all__ = ["Index", "IndexStatus"]
