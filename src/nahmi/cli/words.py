# SPDX-License-Identifier: Apache-2.0
"""Variants and outcomes in words, in English and Arabic."""

from typing import Final, Literal

Language = Literal["en", "ar"]
"""The languages of the report."""

_VARIANTS: Final[dict[str, tuple[str, str]]] = {
    "original": ("as it is", "كما هي"),
    "rotate90": ("turned by 90°", "مُدارة بمقدار 90°"),
    "rotate180": ("turned by 180°", "مُدارة بمقدار 180°"),
    "rotate270": ("turned by 270°", "مُدارة بمقدار 270°"),
    "flip_x": ("mirrored", "معكوسة أفقيًا"),
    "flip_y": ("upside down, mirrored", "معكوسة رأسيًا"),
    "transpose": ("mirrored and turned by 270°", "معكوسة ومُدارة بمقدار 270°"),
    "transverse": ("mirrored and turned by 90°", "معكوسة ومُدارة بمقدار 90°"),
    "trim": ("without its border", "من دون إطارها"),
    "trim-inner": ("without all its borders", "من دون أيٍّ من إطاراتها"),
}

_CROPS: Final[dict[str, tuple[str, str]]] = {
    "centre": ("cropped by {} % a side", "مقصوصة بنسبة {}٪ من كل جانب"),
    "top-left": ("cropped by {} %, top left kept", "مقصوصة بنسبة {}٪ مع إبقاء أعلى اليسار"),
    "top-right": ("cropped by {} %, top right kept", "مقصوصة بنسبة {}٪ مع إبقاء أعلى اليمين"),
    "bottom-left": ("cropped by {} %, bottom left kept", "مقصوصة بنسبة {}٪ مع إبقاء أسفل اليسار"),
    "bottom-right": (
        "cropped by {} %, bottom right kept",
        "مقصوصة بنسبة {}٪ مع إبقاء أسفل اليمين",
    ),
}


def variant_in_words(variant: str, language: Language = "en") -> str:
    """A variant for a person; names that are not known stay as they are.

    Args:
        variant: As in `Fingerprint.variant`.
        language: English or Arabic.
    """
    joined = " + " if language == "en" else " و"
    return joined.join(_part(part, language) for part in variant.split("+"))


def _part(part: str, language: Language) -> str:
    which = 0 if language == "en" else 1
    if part in _VARIANTS:
        return _VARIANTS[part][which]
    kind, _, rest = part.partition(":")
    where, _, percent = rest.partition(":")
    if kind == "crop" and where in _CROPS:
        return _CROPS[where][which].format(percent)
    return part
