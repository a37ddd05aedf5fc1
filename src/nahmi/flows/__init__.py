# SPDX-License-Identifier: Apache-2.0
"""Journeys across ports, one a file."""
