# SPDX-License-Identifier: Apache-2.0
"""What all views share: their template, their section, paging and forms."""

from enum import StrEnum
from typing import ClassVar, Final

import msgspec

from nahmi.web.navigation import Section


class WordKey(str):
    """A key of the words, to tell it from text that people wrote."""

    __slots__ = ()


class Mistake(StrEnum):
    """What can be wrong with what was typed; also the key of its sentence."""

    REQUIRED = "mistake-required"
    NUMBER = "mistake-number"
    RANGE = "mistake-range"
    CHOICE = "mistake-choice"
    MOMENT = "mistake-moment"
    DIFFERENT = "mistake-different"
    CREDENTIALS = "mistake-credentials"
    WAIT = "mistake-wait"
    CODE = "mistake-code"
    PASSWORD = "mistake-password"  # noqa: S105 - a key of the words


class View(msgspec.Struct, frozen=True, kw_only=True):
    """What a page shows.

    A view class names its `template`, a file in `templates/`, and the `section` of the menu that it
    belongs to.
    """

    template: ClassVar[str]
    section: ClassVar[Section | None] = None


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """What was typed into a form, and what was wrong with it.

    Attributes:
        values: By field, as typed.
        chosen: Of fields with several choices, those that were chosen.
        errors: By field, the sentence; the field `""` is the form as a whole.
        detail: More about what was wrong, in English; empty when there is no more to say.
    """

    values: dict[str, str] = {}
    chosen: dict[str, frozenset[str]] = {}
    errors: dict[str, WordKey | Mistake] = {}
    detail: str = ""

    def __repr__(self) -> str:
        """Without what was typed."""
        return f"Form(errors={self.errors!r})"


class Paging(msgspec.Struct, frozen=True, kw_only=True):
    """Where in a long list a page is.

    Attributes:
        following: Cursor of the next page; empty on the last.
        is_first: Whether this is the first page.
    """

    following: str = ""
    is_first: bool = True


EMPTY_FORM: Final = Form()
WHOLE_LIST: Final = Paging()
