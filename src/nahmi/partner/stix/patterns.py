# SPDX-License-Identifier: Apache-2.0
"""Signals as patterns of indicators, and back.

What is known by being equal is a STIX pattern that every engine can run. A perceptual fingerprint
is known by being near; STIX has no word for that, so it has a pattern type of its own, named like
the signal's type, and its pattern is the fingerprint: no engine then looks for equal ones only.
"""

import re
from typing import Final

import msgspec

from nahmi.core.signal import Signal

STIX: Final = "stix"

_PATHS: Final = {
    "md5": "file:hashes.MD5",
    "sha1": "file:hashes.'SHA-1'",
    "sha256": "file:hashes.'SHA-256'",
    "url": "url:value",
    "url_host": "domain-name:value",
}
"""Types that are known by being equal."""

_HASHES: Final = {
    "md5": "md5",
    "sha1": "sha1",
    "sha256": "sha256",
    "pdq": "pdq",
    "xpdq": "pdq",
}
"""How others write the names of hashes, without hyphens, underscores and case."""

_TEST: Final = re.compile(
    r"""\[\s*
    (?P<path>[a-z0-9-]+:[a-z_]+(?:\.(?:'[^'\\]{1,64}'|"[^"\\]{1,64}"|[A-Za-z0-9_-]{1,64}))?)
    \s*=\s*'(?P<value>(?:[^'\\]|\\['\\])*)'\s*\]""",
    re.VERBOSE,
)
_BETWEEN: Final = re.compile(r"\s*OR\s*")

_LONGEST: Final = 65_536


class Pattern(msgspec.Struct, frozen=True):
    """What an indicator looks for.

    Attributes:
        text: The pattern.
        kind: Its language.
    """

    text: str
    kind: str

    def __repr__(self) -> str:
        return f"Pattern(kind={self.kind!r})"


def pattern_of(signal: Signal) -> Pattern:
    """What looks for a signal."""
    path = _PATHS.get(signal.signal_type)
    if path is None:
        return Pattern(signal.value, signal.signal_type)
    value = signal.value.replace("\\", "\\\\").replace("'", "\\'")
    return Pattern(f"[{path} = '{value}']", STIX)


def signals_in(pattern: Pattern) -> list[Signal] | None:
    """The signals any of which makes a pattern of others true.

    Args:
        pattern: As it came.

    Returns:
        Signals whose values were not looked at; None where the pattern says anything else than
        that one of them is there, such as two at once, or something that is no signal here.
    """
    if pattern.kind != STIX:
        named = _HASHES.get(_plain(pattern.kind))
        return [Signal(named, pattern.text.strip())] if named == "pdq" else None
    if len(pattern.text) > _LONGEST:
        return None
    found: list[Signal] = []
    place = 0
    text = pattern.text.strip()
    while test := _TEST.match(text, place):
        signal = _signal(test["path"], test["value"])
        if signal is None:
            return None
        found.append(signal)
        between = _BETWEEN.match(text, test.end())
        if between is None:
            return found if test.end() == len(text) else None
        place = between.end()
    return None


def type_of_hash(name: str) -> str | None:
    """The signal type of a hash as objects of others name it, such as `SHA-256` or `x_pdq`."""
    return _HASHES.get(_plain(name))


def _signal(path: str, value: str) -> Signal | None:
    plain = re.sub(r"\\(.)", r"\1", value)
    owner, _, name = path.partition(":")
    if owner in {"file", "artifact"} and name.startswith("hashes."):
        kind = type_of_hash(name.removeprefix("hashes.").strip("'\""))
        return None if kind is None else Signal(kind, plain)
    kinds = {"url:value": "url", "domain-name:value": "url_host"}
    kind = kinds.get(path)
    return None if kind is None else Signal(kind, plain)


def _plain(name: str) -> str:
    return name.lower().replace("-", "").replace("_", "")
