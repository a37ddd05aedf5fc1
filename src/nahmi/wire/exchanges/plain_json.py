# SPDX-License-Identifier: Apache-2.0
"""JSON of others, read leniently where more was added and strictly where something is missing."""

import re
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from typing import Any

import msgspec

from nahmi.operate.exchanges import Fetched
from nahmi.wire.exchanges.talk import malformed

_WORD = 200
_UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def read_object(data: bytes, *needed: str) -> dict[str, Any]:
    """A JSON object with these names in it.

    Raises:
        WireError: EXCHANGE_MALFORMED: it is none, was cut off, or lacks one of them.
    """
    try:
        found = msgspec.json.decode(data)
    except (msgspec.MsgspecError, ValueError, RecursionError):  # its text may quote the data
        raise malformed("JSON") from None
    if not isinstance(found, dict) or any(name not in found for name in needed):
        raise malformed("an answer of another form")
    return found


def list_in(found: Mapping[str, Any], name: str) -> list[Any]:
    """A list under a name.

    Raises:
        WireError: EXCHANGE_MALFORMED: something else is there.
    """
    value = found.get(name)
    if not isinstance(value, list):
        raise malformed("an answer of another form")
    return value


def word(value: object) -> str:
    """A name or tag on one line; empty for what is neither text nor number."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    text = "".join(char if char.isprintable() else " " for char in str(value)[:_WORD])
    return " ".join(text.split())


def words(value: object) -> Iterator[str]:
    """The words of a list; none where there is no list."""
    for one in value if isinstance(value, list) else ():
        if found := word(one):
            yield found


def number(value: object) -> float | None:
    """A finite number that is not negative; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value < 1e18 else None  # noqa: PLR2004 - not a moment any more


def is_uuid(value: object) -> bool:
    """Whether it is a UUID in lower case, which can stand in an address as it is."""
    return isinstance(value, str) and _UUID.fullmatch(value) is not None


def write(value: object) -> str:
    """JSON, the same for what is the same."""
    return msgspec.json.encode(value, order="sorted").decode()


def is_sendable(text: object) -> bool:
    """Whether it is a text that can be kept: not empty, and without halves of characters."""
    if not isinstance(text, str) or not text or "\0" in text:
        return False
    return text.isascii() or not any("\ud800" <= char <= "\udfff" for char in text)


def quarantined(value: object, what: str) -> Fetched:
    """What could not be read as a record, under a name made of all that it says.

    Args:
        value: What it is.
        what: A word for it, to be counted under.
    """
    body = write(value)
    name = blake2b(body.encode(), digest_size=16).hexdigest()
    return Fetched(
        key=write({"unreadable": name}), body=body, is_refused=True, also_unknown=(what,)
    )
