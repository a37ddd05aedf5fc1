# SPDX-License-Identifier: Apache-2.0
"""Canonical JSON (RFC 8785): one value, one spelling, so that a signature can be checked for ever.

Our documents hold null, true and false, integers that every JSON parser reads alike, texts, lists
and objects. Fractions are refused: their spelling is where implementations of the RFC differ.
"""

import re
from typing import Final, NoReturn, TypeAlias

import msgspec

from nahmi.errors import ErrorCode, InputError

Json: TypeAlias = "bool | int | str | list[Json] | dict[str, Json] | None"
"""What a document may hold."""

LARGEST_INTEGER: Final = 2**53 - 1
"""Beyond it parsers that hold numbers as doubles lose digits (RFC 7493, section 2.2)."""

_LONG_NUMBER: Final = re.compile(rb"[0-9]{16}")
"""Whatever has no such run of digits has no integer beyond the largest: most documents."""

_ASTRAL: Final = re.compile(rb"[\xf0-\xf4]")
"""First bytes of what UTF-16 spells with two units; without any, both orders of keys agree."""


def _refuse_fraction(_text: str) -> NoReturn:
    raise ValueError("fraction")


_DECODER: Final = msgspec.json.Decoder(float_hook=_refuse_fraction)
_FAILURES: Final = (msgspec.MsgspecError, RecursionError, TypeError, ValueError)


def write(value: object) -> bytes:
    """A value as canonical JSON.

    Args:
        value: null, booleans, integers within ±(2^53 - 1), texts, lists and dicts of these; the
            keys of dicts are texts.

    Raises:
        InputError: DOCUMENT_INVALID: it holds anything else, or nests too deeply.
    """
    try:
        data = _encode(value)
        # What came back different was no JSON value to begin with: a tuple, bytes, a time.
        is_json = _DECODER.decode(data) == value
    except _FAILURES as error:
        raise _invalid("A value has no canonical form.") from error
    if not is_json or not _has_safe_integers(data, value):
        raise _invalid("A value has no canonical form.")
    return data


def write_struct(value: msgspec.Struct) -> bytes:
    """A struct as canonical JSON.

    Args:
        value: Of texts, integers, booleans, null, tuples and further structs.

    Raises:
        InputError: DOCUMENT_INVALID: it holds anything else.
    """
    try:
        plain = msgspec.json.decode(msgspec.json.encode(value))
    except _FAILURES as error:
        raise _invalid("A value has no canonical form.") from error
    return write(plain)


def read(data: bytes) -> Json:
    """The value that canonical JSON holds.

    Args:
        data: The whole document, as it was received.

    Raises:
        InputError: DOCUMENT_INVALID: it is no JSON, holds what `write` refuses, or is spelled
            otherwise: blanks, another order of keys, a key twice, another escape.
    """
    try:
        value: Json = _DECODER.decode(data)
        is_canonical = _encode(value) == data
    except _FAILURES as error:
        raise _invalid("A document is no canonical JSON.") from error
    if not is_canonical or not _has_safe_integers(data, value):
        raise _invalid("A document is no canonical JSON.")
    return value


def _encode(value: object) -> bytes:
    data = msgspec.json.encode(value, order="sorted")
    if data.isascii() or not _ASTRAL.search(data):
        return data
    return msgspec.json.encode(_sorted(value))


def _sorted(value: object) -> object:
    """The same value with keys in the order of their UTF-16 units (RFC 8785, section 3.2.3)."""
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
        return {key: _sorted(value[key]) for key in keys}
    return [_sorted(item) for item in value] if isinstance(value, list) else value


def _has_safe_integers(data: bytes, value: object) -> bool:
    return not _LONG_NUMBER.search(data) or _is_safe(value)


def _is_safe(value: object) -> bool:
    if isinstance(value, dict):
        return all(map(_is_safe, value.values()))
    if isinstance(value, list):
        return all(map(_is_safe, value))
    return not isinstance(value, int) or abs(value) <= LARGEST_INTEGER


def _invalid(detail: str) -> InputError:
    return InputError(
        ErrorCode.DOCUMENT_INVALID,
        detail,
        hint="Only null, booleans, integers up to 2^53 - 1, texts, lists and objects have one"
        " spelling; see RFC 8785.",
    )
