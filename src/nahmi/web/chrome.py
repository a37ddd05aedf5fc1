# SPDX-License-Identifier: Apache-2.0
"""What surrounds a page: who is signed in, in which language, and what was just done."""

from enum import StrEnum

import msgspec

from nahmi.access.roles import Permission, Role
from nahmi.web.words import Language


class Tone(StrEnum):
    """How a notice is meant."""

    DONE = "done"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """What was just done, said once on the next page.

    Attributes:
        tone: How it is meant.
        key: The sentence, a key of the words.
        values: What is put into the sentence.
        undo_path: Where a form undoes it; empty when it cannot be undone.
        undo_values: Fields of that form.
    """

    key: str
    tone: Tone = Tone.DONE
    values: dict[str, str | int] = {}
    undo_path: str = ""
    undo_values: dict[str, str] = {}


class Reader(msgspec.Struct, frozen=True, kw_only=True):
    """Who looks at the page.

    Attributes:
        name: As others see them.
        role: What they are trusted with.
        permissions: What they may do.
    """

    name: str
    role: Role
    permissions: frozenset[Permission]

    def __repr__(self) -> str:
        """Without personal data."""
        return f"Reader(role={self.role!r})"


class Chrome(msgspec.Struct, frozen=True, kw_only=True):
    """What surrounds a page.

    Attributes:
        language: Of the page.
        path: Address that shows this page, for the switch of languages.
        reader: Who looks at it; None before signing in.
        csrf: What the forms of this session carry; empty before signing in.
        notices: What was just done.
        request_id: By which the page is found in the node's log.
        version: Of nahmi.
    """

    language: Language
    path: str
    reader: Reader | None = None
    csrf: str = ""
    notices: tuple[Notice, ...] = ()
    request_id: str = ""
    version: str = ""

    def may(self, permission: str) -> bool:
        """Whether the reader may do something; nobody signed in may do nothing."""
        return self.reader is not None and Permission(permission) in self.reader.permissions
