# SPDX-License-Identifier: Apache-2.0
"""From the bytes of a file to canonical pixels. Runs in the sandbox; see `nahmi.media.worker`."""

import io
import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

import msgspec
import numpy as np
import pillow_heif
import simplejpeg
from PIL import Image

from nahmi.errors import ErrorCode, MediaError, NahmiError
from nahmi.media.canon import Pixels, canonical, orientation_of, oriented
from nahmi.media.formats import PILLOW_FORMATS
from nahmi.media.limits import MediaLimits

_FAST_SIDE = 384
"""Fast mode keeps the shorter side at least this long. Pictures of 1-2 megapixels are then decoded
at half scale, for which libjpeg-turbo has vector code, unlike for five or six eighths."""

_TURNS_THAT_SWAP_SIDES = {5, 6, 7, 8}

_PLAIN_JPEG = {"YCbCr", "Gray"}
"""Colour spaces whose conversion to RGB is the same in libjpeg-turbo and in Pillow."""


_APP1, _START_OF_SCAN = 0xE1, 0xDA
"""Markers of a JPEG's segments (ITU-T T.81, annex B)."""

_MOST_SEGMENTS = 1_000
"""Looked at before the picture; hostile files have millions."""

_PLUGINS = ("Avif", "Bmp", "Gif", "Jpeg", "Mpo", "Png", "Tiff", "WebP")
"""Pillow's decoders of the formats that are allowed (a JPEG may hold several pictures: MPO). Its
thirty others stay out of the worker: they cost time, and nothing there may use them."""


class Reduced(msgspec.Struct, frozen=True):
    """A JPEG decoded at reduced scale.

    Attributes:
        luma: (h, w) uint8, oriented.
        height: Of the full picture, oriented.
        width: Of the full picture, oriented.
    """

    luma: Pixels
    height: int
    width: int


def prepare() -> None:
    """Load every decoder, so that none has to be looked for inside the sandbox."""
    # Our own caps are checked before any pixel is decoded; Pillow's would only warn.
    Image.MAX_IMAGE_PIXELS = None
    warnings.simplefilter("ignore")
    pillow_heif.register_heif_opener()
    Image.preinit()
    for name in _PLUGINS:
        import_module(f"PIL.{name}ImagePlugin")


def frames(
    data: bytes, media_type: str, limits: MediaLimits, *, step: int | None
) -> Iterator[tuple[int, Pixels]]:
    """Canonical pixels of the frames that were asked for, each with its number.

    Args:
        data: The file.
        media_type: As `media_type_of` judged it.
        limits: What it may ask for.
        step: Every n-th frame; None for the first only.

    Raises:
        MediaError: The file is malformed, unsupported or too large.
    """
    if media_type == "image/jpeg":
        pixels = _plain_jpeg(data, limits)
        if pixels is not None:
            yield 0, pixels
            return
    with _typed_errors():
        image = _opened(data, media_type, limits)
        last = 1 if step is None else min(getattr(image, "n_frames", 1), limits.frames)
        for number in range(0, last, step or 1):
            if number:
                image.seek(number)
            image.load()
            yield number, canonical(image)


def reduced(data: bytes, limits: MediaLimits) -> Reduced | None:
    """A JPEG's luminance at the smallest scale that keeps the shorter side at 384 or more.

    Returns:
        None when this file is better decoded in full: it has another kind of colours.

    Raises:
        MediaError: The picture is too large.
    """
    try:
        height, width, colours, _ = simplejpeg.decode_jpeg_header(data)
        check_size(width, height, limits)
        if colours not in _PLAIN_JPEG:
            return None
        luma = simplejpeg.decode_jpeg(data, "GRAY", min_height=_FAST_SIDE, min_width=_FAST_SIDE)
    except ValueError:
        return None
    turn = jpeg_orientation(data)
    if turn == 1:
        return Reduced(luma[:, :, 0], height, width)
    turned = np.asarray(oriented(Image.fromarray(luma[:, :, 0]), turn))
    if turn in _TURNS_THAT_SWAP_SIDES:
        height, width = width, height
    return Reduced(turned, height, width)


def _plain_jpeg(data: bytes, limits: MediaLimits) -> Pixels | None:
    """A JPEG by way of libjpeg-turbo directly; None where Pillow has to judge the file."""
    try:
        height, width, colours, _ = simplejpeg.decode_jpeg_header(data)
        check_size(width, height, limits)
        if colours not in _PLAIN_JPEG:
            return None
        pixels: Pixels = simplejpeg.decode_jpeg(data, "RGB")
    except ValueError:
        return None
    turn = jpeg_orientation(data)
    if turn == 1:
        return pixels
    return np.asarray(oriented(Image.fromarray(pixels), turn))


def jpeg_orientation(data: bytes) -> int:
    """EXIF orientation of a JPEG, 1..8. Most files have no EXIF and are not parsed."""
    if not _may_have_exif(data):
        return 1
    try:
        return orientation_of(Image.open(io.BytesIO(data), formats=("JPEG",)))
    except Exception:  # noqa: BLE001 - damaged EXIF does not damage the picture
        return 1


def _may_have_exif(data: bytes) -> bool:
    """Whether EXIF comes before the picture; also true for files whose segments are in disorder."""
    at = 2
    for _ in range(_MOST_SEGMENTS):
        if data[at : at + 1] != b"\xff" or at + 4 > len(data):
            break
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4])
        if marker == _START_OF_SCAN:
            return False
        if marker == _APP1 and data[at + 4 : at + 10] == b"Exif\0\0":
            return True
        at += 2 + length
    return True


def _opened(data: bytes, media_type: str, limits: MediaLimits) -> Image.Image:
    image = Image.open(io.BytesIO(data), formats=(PILLOW_FORMATS[media_type],))
    check_size(image.width, image.height, limits)
    return image


def check_size(width: int, height: int, limits: MediaLimits) -> None:
    """Refuse a picture whose header announces too many pixels.

    Raises:
        MediaError: MEDIA_TOO_LARGE or MEDIA_MALFORMED.
    """
    if width < 1 or height < 1:
        raise MediaError(ErrorCode.MEDIA_MALFORMED, "The picture has no pixels.")
    if max(width, height) > limits.side or width * height > limits.pixels:
        raise MediaError(
            ErrorCode.MEDIA_TOO_LARGE,
            f"The picture has {width} x {height} pixels; the limit is {limits.pixels / 1e6:g} "
            f"megapixels and {limits.side} a side.",
        )


@contextmanager
def _typed_errors() -> Iterator[None]:
    """Decoders raise whatever they like on damaged files; callers get a `MediaError`."""
    try:
        yield
    except NahmiError:
        raise
    except MemoryError as error:
        raise MediaError(
            ErrorCode.MEDIA_MEMORY, "Decoding the file needs more memory than is allowed."
        ) from error
    except Exception as error:
        raise MediaError(
            ErrorCode.MEDIA_MALFORMED,
            f"The file is damaged or cut short ({type(error).__name__}).",
        ) from error


def thumbnail(data: bytes, media_type: str, limits: MediaLimits, size: int) -> bytes:
    """A small JPEG of the canonical first frame, made from its pixels alone.

    Args:
        data: The file.
        media_type: As `media_type_of` judged it.
        limits: What it may ask for.
        size: Longest side in pixels.

    Raises:
        MediaError: As `frames`.
    """
    _, pixels = next(frames(data, media_type, limits, step=None))
    height, width = pixels.shape[:2]
    scale = min(1.0, size / max(height, width))
    small = Image.fromarray(pixels).resize(
        (max(1, math.floor(width * scale)), max(1, math.floor(height * scale))),
        Image.Resampling.BOX,
    )
    return bytes(simplejpeg.encode_jpeg(np.ascontiguousarray(small), quality=80))
