# SPDX-License-Identifier: Apache-2.0
"""What somebody typed into a form, read field by field; each mistake is noted."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeVar

from litestar.datastructures import UploadFile

from nahmi.errors import NahmiError
from nahmi.web.views.base import Form, Mistake, WordKey
from nahmi.web.writing import whole_number

E = TypeVar("E", bound=StrEnum)
LONGEST_TEXT = 2000


class Typed:
    """A form that was sent.

    Args:
        values: By field, in the order in which they were sent.
        files: By field.
    """

    def __init__(
        self, values: Mapping[str, Sequence[str]], files: Mapping[str, UploadFile] | None = None
    ) -> None:
        self._values = values
        self.files = files or {}
        self.mistakes: dict[str, WordKey | Mistake] = {}

    def __repr__(self) -> str:
        """Without what was typed."""
        return f"Typed({sorted(self._values)})"

    @property
    def is_right(self) -> bool:
        """Whether no mistake was found so far."""
        return not self.mistakes

    def text(self, name: str, *, is_required: bool = False, longest: int = LONGEST_TEXT) -> str:
        """A text, without blanks around it."""
        value = self.secret(name).strip()
        if is_required and not value:
            self.mistakes[name] = Mistake.REQUIRED
        if len(value) > longest:
            self.mistakes[name] = Mistake.RANGE
        return value

    def secret(self, name: str) -> str:
        """A text exactly as it was typed, such as a password."""
        return next(iter(self._values.get(name, ())), "")

    def texts(self, name: str) -> tuple[str, ...]:
        """Texts that were separated by commas, of either script."""
        parts = self.text(name).replace("،", ",").split(",")
        return tuple(part.strip() for part in parts if part.strip())

    def number(self, name: str, *, least: int, most: int) -> int:
        """A whole number; `least` when there is a mistake."""
        value = whole_number(self.text(name))
        if value is None:
            self.mistakes[name] = Mistake.NUMBER
            return least
        if not least <= value <= most:
            self.mistakes[name] = Mistake.RANGE
            return least
        return value

    def is_checked(self, name: str) -> bool:
        """Whether a box was ticked."""
        return self.secret(name) == "yes"

    def choice(self, name: str, kind: type[E]) -> E:
        """One of the values of an enumeration; its first when there is a mistake."""
        found = next((one for one in kind if one.value == self.secret(name)), None)
        if found is None:
            self.mistakes[name] = Mistake.CHOICE
            return next(iter(kind))
        return found

    def choices(self, name: str, kind: type[E]) -> tuple[E, ...]:
        """Values of an enumeration, at least one."""
        given = set(self._values.get(name, ()))
        found = tuple(one for one in kind if one.value in given)
        if not found:
            self.mistakes[name] = Mistake.REQUIRED
        elif len(found) != len(given):
            self.mistakes[name] = Mistake.CHOICE
        return found

    def several(
        self, name: str, offered: Collection[str], *, is_required: bool = False
    ) -> tuple[str, ...]:
        """Some of the texts that were offered, in the order in which these are offered."""
        given = set(self._values.get(name, ()))
        found = tuple(one for one in offered if one in given)
        if is_required and not found:
            self.mistakes[name] = Mistake.REQUIRED
        elif len(found) != len(given):
            self.mistakes[name] = Mistake.CHOICE
        return found

    def one_of(self, name: str, offered: Collection[str]) -> str:
        """One of the texts that were offered; empty when there is a mistake."""
        value = self.secret(name)
        if value in offered:
            return value
        self.mistakes[name] = Mistake.CHOICE
        return ""

    def moment(self, name: str) -> datetime | None:
        """A moment, UTC; None when nothing was typed."""
        value = self.text(name)
        if not value:
            return None
        try:
            return datetime.fromisoformat(value).replace(tzinfo=UTC)
        except ValueError:
            self.mistakes[name] = Mistake.MOMENT
            return None

    def file(self, name: str) -> UploadFile | None:
        """A file; None when none was chosen."""
        found = self.files.get(name)
        if found is None or not found.filename:
            self.mistakes[name] = Mistake.REQUIRED
            return None
        return found

    def form(self, error: NahmiError | None = None, *, field: str = "") -> Form:
        """The form to show again, with what was typed and what was wrong.

        Args:
            error: Why what was typed could not be used, besides the mistakes.
            field: To which field the error belongs; empty for the form as a whole.
        """
        errors = dict(self.mistakes)
        if error is not None:
            errors[field] = WordKey(f"error-{error.code}")
        return Form(
            values={name: values[0] for name, values in self._values.items() if values},
            chosen={name: frozenset(values) for name, values in self._values.items()},
            errors=errors,
            detail="" if error is None else error.diagnostics(),
        )
