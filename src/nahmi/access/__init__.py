# SPDX-License-Identifier: Apache-2.0
"""Who may do what: roles, identity, keys, sessions, budgets, the audit chain. Pure."""
