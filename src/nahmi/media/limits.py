# SPDX-License-Identifier: Apache-2.0
"""How much one file may ask for."""

import msgspec


class MediaLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Caps on what is decoded; beyond them a file is refused with a typed error.

    Attributes:
        file_bytes: Longest file that is read.
        pixels: Most pixels of one picture or frame.
        side: Longest side in pixels.
        frames: Most frames that are looked at in animated content.
        seconds: Wall time for one file; then its worker is ended.
        memory_bytes: What a worker may take beyond its own start, heap and mappings.
    """

    file_bytes: int = 100 << 20
    pixels: int = 50_000_000
    side: int = 30_000
    frames: int = 1_000
    seconds: float = 20.0
    memory_bytes: int = 768 << 20
