# SPDX-License-Identifier: Apache-2.0
"""A worker loads the decoders of the formats that are allowed, and no others."""

import subprocess
import sys

ALLOWED = {
    *("AVIF", "BMP", "GIF", "HEIF", "JPEG", "PNG", "TIFF", "WEBP"),
    "DIB",  # comes with BMP
    "PPM",  # Pillow loads it by itself
}

PROGRAM = """
from PIL import Image
from nahmi.media import decoding
decoding.prepare()
print(*Image.OPEN)
"""


def test_no_other_decoder_is_in_reach() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], check=True, capture_output=True, text=True
    )
    assert set(done.stdout.split()) == ALLOWED
