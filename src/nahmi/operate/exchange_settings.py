# SPDX-License-Identifier: Apache-2.0
"""What an operator sets of exchanges, those of plug-ins and those that nahmi itself speaks with."""

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any, Final, Literal

import msgspec

MEBIBYTE: Final = 1 << 20

_NAME: Final = re.compile(r"[a-z][a-z0-9_-]{0,63}")
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
_LONGEST_PAUSE: Final = 60 * 24 * 365


class ExchangeSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An exchange that signals are fetched from.

    Attributes:
        name: Of the node's own choice, `[a-z][a-z0-9_-]*`; the library calls it a collaboration.
        api: Its class as `package.module:Class`, or the name of one of a manifest or the library.
        bank: Name of the bank that it fills.
        config: The fields of the class's own configuration.
        credentials_file: A file with what it signs in with, and nothing else.
        every_minutes: How often a serving node fetches; 0 for only when asked to.
        whole: Each fetch begins from nothing, and what it does not bring is withdrawn. For
            exchanges that never say what was taken back.
        contested: Whether entries match that some agree and others disagree with.
        files: Files and folders that it may read beside its own packages.
        seconds: How long it may take for one part; then it is stopped.
        memory_bytes: What its process may take beyond its own start.
    """

    name: str
    api: str
    bank: str
    config: dict[str, Any] = {}
    credentials_file: str = ""
    every_minutes: int = 0
    whole: bool = False
    contested: Literal["match", "disable"] = "match"
    files: tuple[str, ...] = ()
    seconds: int = 300
    memory_bytes: int = 1024 * MEBIBYTE

    @property
    def via(self) -> str:
        """How it is spoken with."""
        return self.api

    @property
    def decides(self) -> tuple[object, ...]:
        """All settings that decide on what is fetched and what becomes of it."""
        return self.api, self.config, self.contested


class DirectExchangeSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An exchange that nahmi itself speaks with.

    Attributes:
        name: Of the node's own choice, `[a-z][a-z0-9_-]*`.
        kind: Which program it is, such as `ncmec`; docs/how-to/connect-exchanges.md lists them.
        bank: Name of the bank that it fills.
        credentials_file: A file with what the node signs in with, and nothing else.
        credentials_env: The environment variable that holds it instead.
        every_minutes: How often a serving node fetches; 0 for only when asked to.
        contested: Whether entries match that some agree and others disagree with.
        base_url: Where the program is; empty for where its kind is known to be.
        internal: The host may be on this machine or in a private network, and may speak http.
        seconds: How long one call may take.
        options: What else its kind wants to know.
    """

    name: str
    kind: str
    bank: str
    credentials_file: str = ""
    credentials_env: str = ""
    every_minutes: int = 0
    contested: Literal["match", "disable"] = "disable"
    base_url: str = ""
    internal: bool = False
    seconds: int = 60
    options: dict[str, Any] = {}

    @property
    def via(self) -> str:
        """How it is spoken with."""
        return self.kind

    @property
    def whole(self) -> bool:
        """Never: kinds know themselves when to begin from nothing."""
        return False

    @property
    def decides(self) -> tuple[object, ...]:
        """All settings that decide on what is fetched and what becomes of it."""
        return self.kind, self.base_url, self.options, self.contested


AnyExchangeSettings = ExchangeSettings | DirectExchangeSettings
"""An exchange, however it is spoken with."""


def wrong_with(
    plugged: Iterable[ExchangeSettings], direct: Iterable[DirectExchangeSettings]
) -> str:
    """Why exchanges cannot be set like this; empty when they can.

    Args:
        plugged: Those of plug-ins.
        direct: Those that nahmi itself speaks with.
    """
    faults = [
        *_names([*plugged, *direct]),
        *(fault for one in plugged for fault in _plugged(one)),
        *(fault for one in direct for fault in _direct(one)),
    ]
    return next(iter(faults), "")


def _names(exchanges: Iterable[AnyExchangeSettings]) -> Iterable[str]:
    for name, count in Counter(one.name for one in exchanges).items():
        if not _NAME.fullmatch(name):
            yield "The name of an exchange must match [a-z][a-z0-9_-]*"
        if count > 1:
            yield f"Two exchanges have the name {name}"


def _plugged(one: ExchangeSettings) -> Iterable[str]:
    path = f"threatexchange.exchange {one.name}:"
    yield from _range(f"{path} every_minutes", one.every_minutes, 0, _LONGEST_PAUSE)
    yield from _range(f"{path} seconds", one.seconds, 1, 3600)
    yield from _range(f"{path} memory_bytes", one.memory_bytes, MEBIBYTE, 1 << 40)


def _direct(one: DirectExchangeSettings) -> Iterable[str]:
    path = f"exchange {one.name}:"
    yield from _range(f"{path} every_minutes", one.every_minutes, 0, _LONGEST_PAUSE)
    yield from _range(f"{path} seconds", one.seconds, 1, 600)
    if one.credentials_file and one.credentials_env:
        yield f"{path} credentials_file and credentials_env exclude each other"
    if one.credentials_env and not _VARIABLE.fullmatch(one.credentials_env):
        yield f"{path} credentials_env must be the name of an environment variable"
    schemes = ("http://", "https://") if one.internal else ("https://",)
    if one.base_url and not one.base_url.startswith(schemes):
        yield f"{path} base_url must begin with https://, or http:// with internal = true"


def _range(name: str, value: int, least: int, most: int) -> Iterable[str]:
    if not least <= value <= most:
        yield f"{name} must lie between {least} and {most}"
