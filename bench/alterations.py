# SPDX-License-Identifier: Apache-2.0
"""What happens to benign pictures on their way through the net, as functions of a picture."""

import io
from collections.abc import Callable

import msgspec
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageOps

Picture = Image.Image
_CROP_GOALS = ((2, 0.97), (5, 0.95), (7, 0.91), (10, 0.85))
"""Percent and recall; 7 lies between the crops that banks enrol, its goal is interpolated."""

_WHITE, _BLACK, _YELLOW = "white", "black", (250, 214, 20)


class Alteration(msgspec.Struct, frozen=True):
    """One change and the recall that is wanted under it."""

    group: str
    name: str
    apply: Callable[[Picture], Picture]
    goal: float


def alterations() -> list[Alteration]:
    """The rows of the threat model's table of goals."""
    return [*_edits(), *_dihedrals(), *_frames(), *_crops(), *_overlays(), *_rotations()]


def as_jpeg(picture: Picture, quality: int = 90) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality)
    return out.getvalue()


def _edits() -> list[Alteration]:
    def resize(picture: Picture) -> Picture:
        return picture.resize((picture.width // 2, picture.height // 2), Image.Resampling.BICUBIC)

    return [
        Alteration("benign edits", name, apply, 0.99)
        for name, apply in (
            ("JPEG quality 20", lambda p: Image.open(io.BytesIO(as_jpeg(p, 20)))),
            ("resize to 50 %", resize),
            ("blur, radius 2", lambda p: p.filter(ImageFilter.GaussianBlur(2))),
            ("brightness x 1.3", lambda p: ImageEnhance.Brightness(p).enhance(1.3)),
            ("grey", lambda p: p.convert("L").convert("RGB")),
        )
    ]


def _dihedrals() -> list[Alteration]:
    turns = Image.Transpose
    return [
        Alteration("orientations", name, lambda p, turn=turn: p.transpose(turn), 0.995)
        for name, turn in (
            ("quarter turn left", turns.ROTATE_90),
            ("half turn", turns.ROTATE_180),
            ("quarter turn right", turns.ROTATE_270),
            ("mirrored", turns.FLIP_LEFT_RIGHT),
            ("upside down", turns.FLIP_TOP_BOTTOM),
            ("transposed", turns.TRANSPOSE),
            ("transversed", turns.TRANSVERSE),
        )
    ]


def _frames() -> list[Alteration]:
    def border(share: float, colour: str) -> Callable[[Picture], Picture]:
        return lambda p: ImageOps.expand(p, round(share * min(p.size)), colour)

    def letterbox(picture: Picture) -> Picture:
        bar = round(0.15 * picture.height)
        return ImageOps.expand(picture, (0, bar, 0, bar), _BLACK)

    def screenshot(picture: Picture) -> Picture:
        framed = border(0.10, _WHITE)(picture)
        return Image.open(io.BytesIO(as_jpeg(framed, 60)))

    return [
        Alteration("borders and frames", name, apply, 0.95)
        for name, apply in (
            ("border 5 %, black", border(0.05, _BLACK)),
            ("border 5 %, white", border(0.05, _WHITE)),
            ("border 20 %, black", border(0.20, _BLACK)),
            ("letterbox 15 %", letterbox),
            ("white screenshot, JPEG 60", screenshot),
        )
    ]


def _crops() -> list[Alteration]:
    def cut(left: int, top: int, right: int, bottom: int) -> Callable[[Picture], Picture]:
        def apply(picture: Picture) -> Picture:
            w, h = picture.width / 100, picture.height / 100
            box = (left * w, top * h, picture.width - right * w, picture.height - bottom * h)
            return picture.crop(tuple(round(edge) for edge in box))

        return apply

    return [
        Alteration("crops", f"{percent} % off {where}", cut(*(percent * s for s in sides)), goal)
        for percent, goal in _CROP_GOALS
        for where, sides in (
            ("every side", (1, 1, 1, 1)),
            ("the left", (1, 0, 0, 0)),
            ("the bottom", (0, 0, 0, 1)),
            ("top and right", (0, 1, 1, 0)),
        )
    ]


def _overlays() -> list[Alteration]:
    def caption(picture: Picture) -> Picture:
        out = picture.copy()
        top = round(0.8 * out.height)
        draw = ImageDraw.Draw(out)
        draw.rectangle((0, top, out.width, out.height), fill=_WHITE)
        size = max(10, round(0.1 * out.height))
        draw.text((out.width // 20, top + size // 3), "hello from the lake", _BLACK, font_size=size)
        return out

    def sticker(picture: Picture) -> Picture:
        out = picture.copy()
        radius = round(0.125 * min(out.size))
        x, y = round(0.7 * out.width), round(0.3 * out.height)
        ImageDraw.Draw(out).ellipse((x - radius, y - radius, x + radius, y + radius), fill=_YELLOW)
        return out

    return [
        Alteration("overlays", "caption bar over 20 %", caption, 0.90),
        Alteration("overlays", "sticker, 25 % across", sticker, 0.90),
    ]


def _rotations() -> list[Alteration]:
    def rotate(degrees: float) -> Callable[[Picture], Picture]:
        return lambda p: p.rotate(degrees, Image.Resampling.BICUBIC, fillcolor=_BLACK)

    return [
        Alteration("rotations", "rotated by 2 degrees", rotate(2), 0.90),
        Alteration("rotations", "rotated by 5 degrees", rotate(5), 0.85),
    ]
