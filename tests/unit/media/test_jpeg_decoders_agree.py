# SPDX-License-Identifier: Apache-2.0
"""The direct JPEG decoder gives exactly the pixels of Pillow, on which the canonical form rests."""

import io

import numpy as np
import pytest
import simplejpeg
from PIL import Image


def jpeg(mode: str, size: tuple[int, int], **options: object) -> bytes:
    """A picture with smooth shades and sharp edges in all colours."""
    rng = np.random.default_rng(20)
    width, height = size
    coarse = Image.fromarray(rng.integers(0, 256, (9, 7, 3), dtype=np.uint8))
    pixels = np.array(coarse.resize(size, Image.Resampling.BICUBIC))
    pixels[height // 3 : height // 2, width // 4 :] = rng.integers(0, 256, 3)
    stream = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(stream, "JPEG", **options)
    return stream.getvalue()


@pytest.mark.parametrize("size", [(1, 1), (7, 5), (16, 16), (317, 243), (640, 481)])
@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:2:0"])
@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("quality", [30, 90])
def test_colour(
    size: tuple[int, int], subsampling: str, quality: int, *, progressive: bool
) -> None:
    data = jpeg("RGB", size, subsampling=subsampling, quality=quality, progressive=progressive)
    ours = simplejpeg.decode_jpeg(data, "RGB")
    assert np.array_equal(ours, np.asarray(Image.open(io.BytesIO(data)).convert("RGB")))


@pytest.mark.parametrize("size", [(1, 1), (17, 33), (317, 243)])
def test_grey(size: tuple[int, int]) -> None:
    data = jpeg("L", size, quality=80)
    ours = simplejpeg.decode_jpeg(data, "RGB")
    assert np.array_equal(ours, np.asarray(Image.open(io.BytesIO(data)).convert("RGB")))
