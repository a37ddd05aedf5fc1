# SPDX-License-Identifier: Apache-2.0
"""Shipped kits: contract suites for plug-ins and synthetic media."""
