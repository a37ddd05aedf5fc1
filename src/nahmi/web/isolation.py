# SPDX-License-Identifier: Apache-2.0
"""Text that others wrote, shown so that it can change neither markup nor reading direction.

Names of files, notes and sources come from anybody. Escaping keeps them from being markup. An
isolate (`<bdi>`, or FSI … PDI inside a sentence) keeps their direction to themselves, but only
while they cannot close it: a lone PDI in the text would. So the characters that steer direction,
and all control characters, are written out as `[U+202E]`: a reader should see that they are there.
"""

import re
from typing import Final

from markupsafe import Markup, escape

# Embeddings and overrides, isolates, line and paragraph separators, interlinear and tag characters,
# and control characters other than tab and line feed. Marks such as LRM, RLM and ALM, and the
# joiners that Arabic and Persian need, stay: they move nothing outside of themselves.
_STEERING: Final = re.compile(
    "[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2060-\u2069\ufff9-\ufffb"
    "\U000e0000-\U000e007f\ud800-\udfff]"
)

_LONE_SURROGATE: Final = re.compile("[\ud800-\udfff]")
"""No browser sends one, and no page can hold one."""

_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?", re.ASCII)


def visible(text: str) -> str:
    """The text with every steering character written out; nothing else changes."""
    return _STEERING.sub(lambda found: f"[U+{ord(found.group()):04X}]", text)


def isolated(text: str) -> Markup:
    """The text for the flow of a page, escaped and in an isolate of its own."""
    return Markup("<bdi>{}</bdi>").format(visible(text))


def code(text: str) -> Markup:
    """A technical text, such as a number or an address, which always reads from left to right."""
    return Markup('<bdi dir="ltr" class="code">{}</bdi>').format(visible(text))


def arabic_code(text: str) -> Markup:
    """Groups of Arabic digits, the first of which stands at the right."""
    return Markup('<bdi dir="rtl" lang="ar" class="code">{}</bdi>').format(visible(text))


def in_attribute(text: str) -> Markup:
    """The text for an attribute that is shown to people, such as a label."""
    return escape(visible(text))


def as_typed(text: str) -> Markup:
    """The text for the value of a form field, as it was typed: sending the form changes nothing.

    A field is an isolate by itself, and its text never reaches the page around it.
    """
    return escape(_LONE_SURROGATE.sub("\ufffd", text))


def as_moment(text: str) -> Markup:
    """The text for a form field of a date and a time; nothing when it is none."""
    return escape(text) if _MOMENT.fullmatch(text) else Markup()
