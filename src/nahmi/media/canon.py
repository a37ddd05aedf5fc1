# SPDX-License-Identifier: Apache-2.0
"""`pdq-canon-v1`: the one form of a picture that fingerprints are computed on.

Orientation applied, colour profile ignored, transparency flattened on white, everything converted
to 8-bit red, green, blue at full resolution. See docs/reference/pdq-canon-v1.md.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from nahmi.errors import ErrorCode, MediaError

CANON = "pdq-canon-v1"
CANON_FAST = "pdq-canon-v1-fast"

Pixels = NDArray[np.uint8]

_SIXTEEN_BIT = {"I;16", "I;16L", "I;16B", "I;16N"}
_TRANSPARENT = {"RGBA", "LA", "PA", "La", "RGBa"}
_OPAQUE = {"1", "L", "P", "RGB", "RGBX", "CMYK", "YCbCr", "HSV"}


def canonical(image: Image.Image) -> Pixels:
    """The canonical pixels of an opened picture or of its current frame.

    Args:
        image: As Pillow opened it; its EXIF orientation still to be applied.

    Returns:
        (height, width, 3) uint8.

    Raises:
        MediaError: MEDIA_UNSUPPORTED for kinds of pixels that have no agreed 8-bit form.
    """
    return np.asarray(oriented(_to_rgb(image), orientation_of(image)))


def orientation_of(image: Image.Image) -> int:
    """EXIF orientation 1..8; 1 when there is none or it makes no sense."""
    value = image.getexif().get(_ORIENTATION, 1)
    return value if isinstance(value, int) and value in _TURNS else 1


_ORIENTATION = 0x0112
_TURNS = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def oriented(image: Image.Image, orientation: int) -> Image.Image:
    """The picture as a viewer shows it."""
    turn = _TURNS[orientation]
    return image if turn is None else image.transpose(turn)


def _to_rgb(image: Image.Image) -> Image.Image:
    mode = image.mode
    if mode in _SIXTEEN_BIT:
        # The high byte, as Pillow takes it for 16-bit colour; its own conversion would clip.
        high = (np.asarray(image).astype(np.uint16) >> 8).astype(np.uint8)
        return Image.fromarray(high).convert("RGB")
    if mode in _TRANSPARENT or (mode in _OPAQUE and "transparency" in image.info):
        return flattened(image.convert("RGBA"))
    if mode in _OPAQUE:
        return image if mode == "RGB" else image.convert("RGB")
    raise MediaError(
        ErrorCode.MEDIA_UNSUPPORTED,
        f"Pictures with pixels of kind {mode} are not supported.",
        hint="Convert it to 8 or 16 bits a channel.",
    )


def flattened(image: Image.Image) -> Image.Image:
    """An RGBA picture on white: (c·a + 255·(255 - a) + 127) div 255 for each colour c, alpha a."""
    rgba = np.asarray(image)
    alpha = rgba[:, :, 3:].astype(np.uint32)
    colour = rgba[:, :, :3].astype(np.uint32)
    flat = (colour * alpha + 255 * (255 - alpha) + 127) // 255
    return Image.fromarray(flat.astype(np.uint8))
