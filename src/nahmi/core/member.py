# SPDX-License-Identifier: Apache-2.0
"""Whose things are: every bank, key, person and job belongs to a member."""

from typing import Final

OWN_MEMBER: Final = 1
"""The organisation that runs the node; each node has it from the start."""
