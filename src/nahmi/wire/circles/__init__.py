# SPDX-License-Identifier: Apache-2.0
"""Calls to the other nodes of a circle."""
