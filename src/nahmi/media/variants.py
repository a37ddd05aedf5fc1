# SPDX-License-Identifier: Apache-2.0
"""Variants of a picture: what people do to copies, undone or done on purpose before hashing."""

import numpy as np
from numpy.typing import NDArray

from nahmi.errors import ErrorCode, InputError

ORIENTATIONS = (
    "original",
    "rotate90",
    "rotate180",
    "rotate270",
    "flip_x",
    "flip_y",
    "transpose",
    "transverse",
)
"""Names in the order of `kernels.pdq_orientations`; turns are clockwise."""

TRIMS = ("trim", "trim-inner")
"""Names of what `content_boxes` finds: inside the outermost frame, inside all frames."""

_TOLERANCE = 12  # levels that a border may vary by; JPEG noise stays below
_UNIFORM_SHARE = 0.98  # of a border line's pixels; specks and signal-strength icons do not matter
_SMALLEST_SHARE = 0.3  # of each side that must remain: more would be cutting into dark pictures
_ROUNDS = 3  # a screenshot of a letterboxed film has frames within frames

Box = tuple[int, int, int, int]
"""Top, bottom, left, right of what is kept."""


def content_boxes(luma: NDArray[np.uint8]) -> list[Box]:
    """What is left of a picture without borders, letterbox bars and screenshot frames.

    A picture may itself begin with lines of one colour, such as a plain sky, so the outermost frame
    alone is one guess, and all frames within frames are another.

    Args:
        luma: (h, w) uint8.

    Returns:
        No box when there is nothing to trim, else the box inside the outermost frame and, if it is
        another one, the box inside all frames.
    """
    whole = (0, luma.shape[0], 0, luma.shape[1])
    boxes: list[Box] = []
    box = whole
    for _ in range(_ROUNDS):
        inner = _without_frame(luma, box)
        if inner == box or _is_too_small(luma.shape, inner):
            break
        box = inner
        boxes.append(inner)
    return [boxes[0], boxes[-1]] if len(boxes) > 1 else boxes


def _without_frame(luma: NDArray[np.uint8], box: Box) -> Box:
    top, bottom, left, right = box
    view = luma[top:bottom, left:right]
    above, below = _border_lines(view), _border_lines(view[::-1])
    inner = view[above : view.shape[0] - below]
    before, behind = _border_lines(inner.T), _border_lines(inner.T[::-1])
    return top + above, bottom - below, left + before, right - behind


def _border_lines(lines: NDArray[np.uint8]) -> int:
    """How many lines from the first on are of one colour."""
    if lines.size == 0:
        return 0
    colour = int(np.median(lines[0]))
    low, high = max(0, colour - _TOLERANCE), min(255, colour + _TOLERANCE)
    step = 64
    for start in range(0, len(lines), step):
        block = lines[start : start + step]
        share = ((block >= low) & (block <= high)).mean(axis=1)
        inside = np.flatnonzero(share < _UNIFORM_SHARE)
        if len(inside):
            return start + int(inside[0])
    return len(lines)


def _is_too_small(shape: tuple[int, ...], box: Box) -> bool:
    top, bottom, left, right = box
    # At least one pixel must remain, also of the tiniest picture.
    height, width = bottom - top, right - left
    return height < max(1, _SMALLEST_SHARE * shape[0]) or width < max(1, _SMALLEST_SHARE * shape[1])


def crop_box(name: str, height: int, width: int) -> Box:
    """The box of a crop such as `crop:centre:5`.

    Args:
        name: `crop:WHERE:PERCENT`. `centre` cuts so many percent off every side; a corner
            (`top-left` ...) is kept and the two sides away from it are cut; a side (`top` ...) is
            cut off alone.
        height: Of the picture in pixels.
        width: Of the picture in pixels.

    Raises:
        InputError: INPUT_INVALID for names that are none of these, or above 30 percent.
    """
    kind, _, rest = name.partition(":")
    where, _, percent_text = rest.partition(":")
    cuts = _CUTS.get(where)
    if kind != "crop" or cuts is None or not percent_text.isdigit() or int(percent_text) > _MOST:
        raise InputError(ErrorCode.INPUT_INVALID, f"There is no crop of the name {name!r}.")
    share = int(percent_text) / 100
    rows, columns = round(height * share), round(width * share)
    top, bottom, left, right = cuts
    return (top * rows, height - bottom * rows, left * columns, width - right * columns)


_MOST = 30
_CUTS = {
    "centre": (1, 1, 1, 1),
    "top-left": (0, 1, 0, 1),
    "top-right": (0, 1, 1, 0),
    "bottom-left": (1, 0, 0, 1),
    "bottom-right": (1, 0, 1, 0),
    "top": (1, 0, 0, 0),
    "bottom": (0, 1, 0, 0),
    "left": (0, 0, 1, 0),
    "right": (0, 0, 0, 1),
}
"""Which sides a crop cuts: top, bottom, left, right."""
