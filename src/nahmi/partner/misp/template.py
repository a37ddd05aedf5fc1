# SPDX-License-Identifier: Apache-2.0
"""The object template `perceptual-hash`, for which MISP has no type of its own.

docs/reference/misp/perceptual-hash/definition.json is its definition.
"""

from typing import Final

NAME: Final = "perceptual-hash"
UUID: Final = "a0440818-e395-4eda-ad0d-dd2c9038cdc5"
VERSION: Final = 1
META_CATEGORY: Final = "file"
DESCRIPTION: Final = (
    "Perceptual hash of a picture or video: alike content has hashes that differ in few bits."
)
