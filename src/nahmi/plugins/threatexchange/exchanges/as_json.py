# SPDX-License-Identifier: Apache-2.0
"""What an exchange's class hands over, as JSON that it can be made from again.

Records are objects of a third party's classes. Pickles of them would be programs, and JSON alone
loses which class they were of, so the class is named beside the values. Reading imports nothing and
calls no constructor: only data classes and enumerations of modules that are loaded come back.
"""

import dataclasses
import json
import sys
from base64 import b64decode, b64encode
from collections.abc import Callable
from datetime import date, datetime
from enum import Enum
from typing import Any, Final

_KIND: Final = "$"
_PLAIN: Final = (bool, str, int, float, type(None))


def write(value: object) -> str:
    """A value as JSON.

    Raises:
        TypeError: It is of a kind that JSON cannot carry.
    """
    return json.dumps(_encode(value), separators=(",", ":"), allow_nan=False)


def read(text: str) -> Any:  # noqa: ANN401 - whatever was written
    """A value from what `write` made.

    Raises:
        TypeError: It is of a class that there is no more, or that has changed.
    """
    return _decode(json.loads(text))


def _encode(value: object) -> Any:  # noqa: ANN401 - JSON, one for each kind
    if type(value) in _PLAIN:
        return value
    if isinstance(value, Enum):
        return _marked("enum", value.name, _place(type(value)))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in dataclasses.fields(value)]
        held = {name: _encode(getattr(value, name)) for name in names}
        return _marked("data", held, _place(type(value)))
    if isinstance(value, dict):
        if all(type(key) is str for key in value) and _KIND not in value:
            return {key: _encode(one) for key, one in value.items()}
        return _marked("dict", [[_encode(key), _encode(one)] for key, one in value.items()])
    return _encode_built_in(value)


def _encode_built_in(value: object) -> Any:  # noqa: ANN401 - JSON
    match value:
        case list():
            return [_encode(one) for one in value]
        case set() | frozenset():
            # Sorted, so that the same set is the same text.
            return _marked(type(value).__name__, sorted(map(_encode, value), key=json.dumps))
        case tuple() if type(value) is tuple:
            return _marked("tuple", [_encode(one) for one in value])
        case bytes():
            return _marked("bytes", b64encode(value).decode())
        case datetime():
            return _marked("datetime", value.isoformat())
        case date():
            return _marked("date", value.isoformat())
        case _:
            raise TypeError(f"a value of the kind {type(value).__name__}")


def _marked(kind: str, value: object, place: str = "") -> dict[str, object]:
    return {_KIND: kind, "of": value} | ({"as": place} if place else {})


def _place(kind: type[Any]) -> str:
    place = f"{kind.__module__}:{kind.__qualname__}"
    if _found(place) is not kind:
        raise TypeError(f"the class {kind.__qualname__}, which has no place of its own")
    return place


def _found(place: str) -> Any:  # noqa: ANN401 - a class of a third party
    module, _, name = place.partition(":")
    found: Any = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    return found


_MADE: Final[dict[str, Callable[[Any], Any]]] = {
    "dict": lambda pairs: {_decode(key): _decode(one) for key, one in pairs},
    "tuple": lambda values: tuple(map(_decode, values)),
    "set": lambda values: set(map(_decode, values)),
    "frozenset": lambda values: frozenset(map(_decode, values)),
    "bytes": b64decode,
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
}


def _decode(value: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, list):
        return [_decode(one) for one in value]
    if not isinstance(value, dict):
        return value
    if _KIND not in value:
        return {key: _decode(one) for key, one in value.items()}
    kind, held = value[_KIND], value["of"]
    if kind == "enum":
        return _member(_found(value["as"]), held)
    if kind == "data":
        return _object(_found(value["as"]), held)
    return _MADE[kind](held)


def _member(kind: Any, name: str) -> Any:  # noqa: ANN401 - of a third party
    if isinstance(kind, type) and issubclass(kind, Enum) and name in kind.__members__:
        return kind[name]
    raise TypeError("an enumeration that has changed")


def _object(kind: Any, held: dict[str, Any]) -> Any:  # noqa: ANN401 - of a third party
    """An object with these fields; new fields of its class get their defaults."""
    if not (isinstance(kind, type) and dataclasses.is_dataclass(kind)):
        raise TypeError("a class that there is no more")
    made = object.__new__(kind)
    for field in dataclasses.fields(kind):
        if field.name in held:
            value = _decode(held[field.name])
        elif field.default is not dataclasses.MISSING:
            value = field.default
        elif field.default_factory is not dataclasses.MISSING:
            value = field.default_factory()
        else:
            raise TypeError("a class that has changed")
        object.__setattr__(made, field.name, value)
    return made
