# SPDX-License-Identifier: Apache-2.0
"""What may stand in a log line: named fields of known shape, and nothing else.

A log is read by more people, and kept in more places, than anything else of a node. So it is not
searched for what must not be in it; it lets through what is on this list. A name that is not on it
is left out and counted, a value that has not its field's shape is withheld. No shape has room for
a fingerprint, a web address, an IP address, an e-mail address or a sentence.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final

LogValue = str | int | float | bool | list[str] | None

WITHHELD: Final = "<withheld>"

_MOST_PLACES: Final = 12
_LARGEST: Final = 1 << 53  # JSON readers keep whole numbers up to here

_WORD = re.compile(r"[A-Za-z][A-Za-z_]*(?:[0-9]{1,3}[A-Za-z_]*)*(?::[A-Za-z0-9_]{1,24})?\Z")
_HEX_RUN = re.compile(r"[0-9A-Fa-f]{12}")
_LONGEST_WORD: Final = 32
_PRINCIPAL = re.compile(r"(?:person|key|local|system|public)(?::[0-9]{1,18})?\Z")
_STEP = r"(?:[a-z][a-z0-9_-]{0,23}(?:\.[a-z]{1,5})?|\{[a-z_]{1,32}\})"
_ROUTE = re.compile(rf"/(?:{_STEP}(?:/{_STEP})*/?)?\Z")
_REQUEST = re.compile(r"[0-9a-f]{16}\Z")
_PLACE = re.compile(r"[A-Za-z_]\w{0,31}(?:/[A-Za-z_]\w{0,31}){0,9}:[0-9]{1,6}\Z", re.ASCII)
_CLASS = re.compile(r"[A-Za-z_]{1,64}\Z")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z\Z", re.ASCII)
_VERSION = re.compile(r"[0-9]{1,4}(?:\.[0-9]{1,4}){1,2}(?:[a-z][a-z0-9.]{0,12})?\Z")


def _is_number(value: object) -> bool:
    if isinstance(value, bool):
        return False
    return isinstance(value, int | float) and abs(value) <= _LARGEST


def _is_flag(value: object) -> bool:
    return isinstance(value, bool)


def _is_word(value: object) -> bool:
    return (
        isinstance(value, str)
        and len(value) <= _LONGEST_WORD
        and _WORD.match(value) is not None
        and _HEX_RUN.search(value) is None
    )


def _is_class(value: object) -> bool:
    return (
        isinstance(value, str)
        and _CLASS.match(value) is not None
        and _HEX_RUN.search(value) is None
    )


def _is_like(pattern: re.Pattern[str]) -> Callable[[object], bool]:
    return lambda value: isinstance(value, str) and pattern.match(value) is not None


def _are_places(value: object) -> bool:
    return (
        isinstance(value, list)
        and len(value) <= _MOST_PLACES
        and all(_is_like(_PLACE)(place) for place in value)
    )


FIELDS: Final[Mapping[str, Callable[[object], bool]]] = {
    # Always there.
    "at": _is_like(_MOMENT),
    "level": _is_word,
    "event": _is_word,
    # A request, and who asks.
    "request_id": _is_like(_REQUEST),
    "method": _is_word,
    "route": _is_like(_ROUTE),
    "status": _is_number,
    "duration_ms": _is_number,
    "principal": _is_like(_PRINCIPAL),
    "member_id": _is_number,
    # What it is about, by number.
    "bank_id": _is_number,
    "entry_id": _is_number,
    "job_id": _is_number,
    "webhook_id": _is_number,
    "message_id": _is_number,
    "circle_no": _is_number,
    # What it is, by word.
    "signal_type": _is_word,
    "verdict": _is_word,
    "action": _is_word,
    "kind": _is_word,
    "outcome": _is_word,
    "state": _is_word,
    # How much.
    "attempts": _is_number,
    "bytes": _is_number,
    "count": _is_number,
    "depth": _is_number,
    "lag_s": _is_number,
    "wait_s": _is_number,
    "index_version": _is_number,
    "revision": _is_number,
    # The process.
    "pid": _is_number,
    "port": _is_number,
    "workers": _is_number,
    "version": _is_like(_VERSION),
    "is_ready": _is_flag,
    # What went wrong: a code of ours, the class of the error and where, never its text.
    "code": _is_word,
    "error": _is_class,
    "places": _are_places,
    "logger": _is_word,
}
"""Each field and the shape of its values."""


def allowed(fields: Mapping[str, object]) -> dict[str, LogValue]:
    """The fields of a line that may be written, in the order of `FIELDS`.

    Args:
        fields: As they were given.

    Returns:
        What is on the list. A value of another shape is `<withheld>`; `dropped` says how many
        names were not on the list.
    """
    line: dict[str, LogValue] = {}
    for name, fits in FIELDS.items():
        if name in fields:
            value = fields[name]
            line[name] = value if value is None or fits(value) else WITHHELD  # type: ignore[assignment]
    dropped = len(fields) - len(line)
    return {**line, "dropped": dropped} if dropped else line
