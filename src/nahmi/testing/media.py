# SPDX-License-Identifier: Apache-2.0
"""Synthetic, harmless media for demos, tests and benches: scenes and altered copies of pictures.

Everything is drawn from seeds: the same seed gives the same pixels on every machine.

Example:
    >>> from nahmi.testing.media import ALTERATIONS, scene
    >>> picture = scene(7, width=320, height=240)
    >>> picture.size
    (320, 240)
    >>> ALTERATIONS["turned by 90°"](picture).size
    (240, 320)
"""

import io
from collections.abc import Callable
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageOps

_SHAPES = 14
_CAPTION_SHARE = 0.08


def scene(seed: int, *, width: int = 800, height: int = 600) -> Image.Image:
    """A landscape of clouds and shapes, with as much detail as a photograph.

    Args:
        seed: Which scene, 0 or more.
        width: Pixels, 16 or more.
        height: Pixels, 16 or more.

    Returns:
        An RGB picture.
    """
    rng = np.random.default_rng(seed)
    colours = rng.uniform(40, 215, (2, 3))
    clouds = _clouds(rng, width, height)[..., None]
    ground = np.linspace(0, 1, height)[:, None, None]
    pixels = colours[0] * (1 - ground) + colours[1] * ground + clouds * rng.uniform(30, 60)
    picture = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    canvas = ImageDraw.Draw(picture)
    for _ in range(_SHAPES):
        _shape(rng, canvas, width, height)
    return picture


def as_jpeg(picture: Image.Image, *, quality: int = 90) -> bytes:
    """A picture as a JPEG file.

    Args:
        picture: Any mode; converted to RGB.
        quality: 1..95.
    """
    file = io.BytesIO()
    picture.convert("RGB").save(file, "JPEG", quality=quality)
    return file.getvalue()


def as_png(picture: Image.Image) -> bytes:
    """A picture as a PNG file, pixels unchanged."""
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def recompressed(picture: Image.Image, *, quality: int) -> Image.Image:
    """The picture after a round through JPEG at this quality, 1..95."""
    with Image.open(io.BytesIO(as_jpeg(picture, quality=quality))) as opened:
        return opened.convert("RGB")


def resized(picture: Image.Image, *, scale: float) -> Image.Image:
    """The picture at another size; `scale` is a factor of each side."""
    width, height = (max(16, round(side * scale)) for side in picture.size)
    return picture.resize((width, height), Image.Resampling.LANCZOS)


def cropped(picture: Image.Image, *, percent: float) -> Image.Image:
    """The picture without so many percent at each side."""
    width, height = picture.size
    x, y = round(width * percent / 100), round(height * percent / 100)
    return picture.crop((x, y, width - x, height - y))


def letterboxed(picture: Image.Image) -> Image.Image:
    """The picture with black bars above and below, as in a film."""
    bar = picture.height // 6
    return ImageOps.expand(picture, (0, bar, 0, bar), fill="black")


def bordered(picture: Image.Image) -> Image.Image:
    """The picture in a white frame of a twelfth of its width."""
    return ImageOps.expand(picture, picture.width // 12, fill="white")


def screenshot(picture: Image.Image) -> Image.Image:
    """The picture on a telephone's screen: upright, dark, a status bar above."""
    width = picture.width
    page = Image.new("RGB", (width, max(width * 2, picture.height * 3 // 2)), (18, 18, 18))
    page.paste(picture.convert("RGB"), (0, (page.height - picture.height) // 2))
    return page


def captioned(picture: Image.Image) -> Image.Image:
    """The picture with a strip of writing over its lower edge."""
    copy = picture.convert("RGB")
    canvas = ImageDraw.Draw(copy)
    strip = round(copy.height * _CAPTION_SHARE)
    canvas.rectangle((0, copy.height - strip, copy.width, copy.height), fill="white")
    canvas.text((10, copy.height - strip + 2), "look at this!", fill="black", font_size=strip * 0.7)
    return copy


ALTERATIONS: Final[dict[str, Callable[[Image.Image], Image.Image]]] = {
    "saved again as JPEG, quality 40": partial(recompressed, quality=40),
    "half the size": partial(resized, scale=0.5),
    "in grey": ImageOps.grayscale,
    "turned by 90°": lambda picture: picture.transpose(Image.Transpose.ROTATE_270),
    "mirrored": ImageOps.mirror,
    "upside down": lambda picture: picture.transpose(Image.Transpose.ROTATE_180),
    "black bars above and below": letterboxed,
    "white frame": bordered,
    "screenshot of a telephone": screenshot,
    "cropped by 2 % a side": partial(cropped, percent=2),
    "cropped by 5 % a side": partial(cropped, percent=5),
    "caption over the lower edge": captioned,
}
"""What people do to pictures when they pass them on, by a name for people."""


def _clouds(rng: np.random.Generator, width: int, height: int) -> NDArray[np.float64]:
    """Noise whose power falls with the square of frequency, as in photographs; deviation 1."""
    noise = np.fft.rfft2(rng.standard_normal((height, width)))
    across = np.fft.rfftfreq(width)[None, :]
    down = np.fft.fftfreq(height)[:, None]
    frequency = np.hypot(across, down)
    frequency[0, 0] = 1
    clouds: NDArray[np.float64] = np.fft.irfft2(noise / frequency**1.3, s=(height, width))
    clouds /= clouds.std()
    return clouds


def _shape(rng: np.random.Generator, canvas: Any, width: int, height: int) -> None:  # noqa: ANN401 - ImageDraw's class is not exported
    x, y = rng.integers(0, width), rng.integers(0, height)
    reach = rng.integers(max(4, width // 16), max(8, width // 4))
    colour = tuple(rng.integers(0, 256, 3).tolist())
    kind = rng.integers(0, 3)
    if kind == 0:
        canvas.ellipse((x - reach, y - reach // 2, x + reach, y + reach // 2), fill=colour)
    elif kind == 1:
        canvas.rectangle((x, y, x + reach, y + reach * 2), fill=colour)
    else:
        corners = rng.integers(-reach, reach, (3, 2)) + np.array([x, y])
        canvas.polygon([tuple(corner) for corner in corners.tolist()], fill=colour)
