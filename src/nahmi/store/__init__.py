# SPDX-License-Identifier: Apache-2.0
"""Adapters that keep banks and search indexes on disk."""
