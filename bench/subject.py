# SPDX-License-Identifier: Apache-2.0
"""nahmi's hashing of one JPEG as its workers do it, called in this process."""

import simplejpeg

from nahmi import kernels

_SHORTER_SIDE = 512
Hashed = tuple[bytes, int]


def exact(data: bytes) -> Hashed:
    """Full resolution and colour."""
    return kernels.pdq(simplejpeg.decode_jpeg(data, "RGB"))


def fast(data: bytes) -> Hashed:
    """Luminance at reduced scale, shorter side at least 512."""
    height, width, *_ = simplejpeg.decode_jpeg_header(data)
    luma = simplejpeg.decode_jpeg(data, "GRAY", min_height=_SHORTER_SIDE, min_width=_SHORTER_SIDE)
    return kernels.pdq_reduced(luma[..., 0], height, width)
