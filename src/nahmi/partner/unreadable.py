# SPDX-License-Identifier: Apache-2.0
"""What comes of JSON that cannot be read, whoever wrote it."""

from typing import Final

import msgspec

UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""Exceptions of a decoder: malformed or of another type, no text, or too deep."""
