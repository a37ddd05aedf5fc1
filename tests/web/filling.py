# SPDX-License-Identifier: Apache-2.0
"""Puts a text into every field of a view where people's texts stand."""

from enum import Enum
from typing import Any

import msgspec
from markupsafe import Markup

from nahmi.web.views.base import WordKey

OURS = {
    "errors",  # keys of our words
    "state",
    "origin",
    "language",
    "identifier",
    "title",  # of a chart: our words
    "description",
    "undo_path",
    "action_path",
    "back_path",
    "next_path",
    "key",
    "csrf",
}
"""Fields whose texts come from the console itself."""

NAMED_BY_US = {"series": "name"}


def filled(value: Any, text: str, field: str = "") -> Any:  # noqa: ANN401, PLR0911 - a value of any kind
    """The same value with the text in each of its fields; what is not text stays."""
    if field in OURS or isinstance(value, Enum | Markup | WordKey):
        return value
    match value:
        case str():
            return text
        case tuple():
            return tuple(filled(one, text, field) for one in value)
        case frozenset():
            return value
        case dict():
            return {key: filled(one, text, field) for key, one in value.items()}
        case msgspec.Struct():
            changes = {
                name: filled(getattr(value, name), text, name)
                for name in value.__struct_fields__
                if NAMED_BY_US.get(field) != name
            }
            return msgspec.structs.replace(value, **changes)
        case _:
            return value
