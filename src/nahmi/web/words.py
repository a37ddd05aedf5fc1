# SPDX-License-Identifier: Apache-2.0
"""The words of the pages, in English and Arabic.

They stand in `locale/<language>/*.ftl` (Fluent). What is put into a sentence is isolated, so that a
name in one script cannot reorder a sentence in the other. A word that is missing is an error and
never a word of another language.
"""

from functools import cache
from importlib.resources import files
from typing import Final, Literal, get_args

from fluent.runtime import FluentBundle, FluentResource
from markupsafe import Markup, escape

from nahmi.web.isolation import visible

Language = Literal["en", "ar"]
"""The languages of the pages."""

LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)

LANGUAGE_NAMES: Final[dict[Language, str]] = {"en": "English", "ar": "العربية"}
"""What each language calls itself."""


_LONGEST_VALUE = 200
"""Characters of a text that is put into a sentence; what is longer is cut."""


class Words:
    """The words of one language.

    Args:
        language: Which.
    """

    def __init__(self, language: Language) -> None:
        self.language: Language = language
        self.direction: Literal["ltr", "rtl"] = "rtl" if language == "ar" else "ltr"
        self._bundle = FluentBundle([language])
        for text in sources(language).values():
            self._bundle.add_resource(FluentResource(text))

    def __call__(self, key: str, **values: str | int) -> Markup:
        """A word or sentence, escaped, for a page.

        Args:
            key: Its name in the files.
            values: What is put into it; texts are isolated and cannot steer the direction.

        Raises:
            KeyError: There is no such key, or a value is missing.
        """
        return escape(self.text(key, **values))

    def text(self, key: str, **values: str | int) -> str:
        """The same as plain text, not escaped.

        Raises:
            KeyError: There is no such key, or a value is missing.
        """
        if not self._bundle.has_message(key):
            raise KeyError(f"No word for {key!r} in {self.language}.")
        pattern = self._bundle.get_message(key).value
        if pattern is None:
            raise KeyError(f"{key!r} has no text in {self.language}.")
        given = {
            name: _brief(visible(value)) if isinstance(value, str) else value
            for name, value in values.items()
        }
        text, errors = self._bundle.format_pattern(pattern, given)
        if errors:
            raise KeyError(f"{key!r} in {self.language}: {errors[0]}")
        return str(text)


def _brief(text: str) -> str:
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"


def sources(language: Language) -> dict[str, str]:
    """The text of each file of words, by file name."""
    folder = files("nahmi.web").joinpath("locale", language)
    return {
        file.name: file.read_text(encoding="utf-8")
        for file in sorted(folder.iterdir(), key=lambda file: file.name)
        if file.name.endswith(".ftl")
    }


@cache
def words_of(language: Language) -> Words:
    """The words of a language, read once."""
    return Words(language)
