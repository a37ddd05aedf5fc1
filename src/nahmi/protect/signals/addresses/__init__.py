# SPDX-License-Identifier: Apache-2.0
"""Canonical web addresses: one spelling for what a browser would take to be the same."""
