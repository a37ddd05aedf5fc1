# SPDX-License-Identifier: Apache-2.0
"""Names of requests, under which callers and the log speak of the same thing."""

import secrets
from itertools import count
from typing import Final

_STEP: Final = 0x9E3779B97F4A7C15
"""Odd, so that 2^64 numbers come before one comes again; large, so that neighbours look apart."""

_numbers = count(secrets.randbits(64), _STEP)


def next_request_id() -> str:
    """16 hexadecimal digits, not given before by this process. They are no secret."""
    return f"{next(_numbers) & 0xFFFFFFFFFFFFFFFF:016x}"
