# SPDX-License-Identifier: Apache-2.0
"""Which signal types exist: nahmi's own and those of plug-ins, all found by entry points.

A class is imported when its type is first asked for. A broken plug-in is reported under its name
and never takes the other types down.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from threading import Lock
from typing import Final

from nahmi.errors import ErrorCode, InputError, NahmiError
from nahmi.protect.signal_type import IndexKind, SignalType

GROUP: Final = "nahmi.signal_types"
"""The entry-point group of signal types."""

_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")


class Registry:
    """Signal types by name. Safe to share between threads.

    Args:
        plugins: The entry points to offer; see `signal_types` for the installed ones.
    """

    def __init__(self, plugins: Iterable[EntryPoint] = ()) -> None:
        self._offers: dict[str, list[EntryPoint]] = defaultdict(list)
        for plugin in plugins:
            if plugin not in self._offers[plugin.name]:
                self._offers[plugin.name].append(plugin)
        self._loaded: dict[str, SignalType] = {}
        self._lock = Lock()

    def register(self, signal_type: SignalType) -> None:
        """Add a type that no entry point offers.

        Raises:
            InputError: PLUGIN_INVALID, when the name is taken or malformed.
        """
        name = signal_type.name
        with self._lock:
            if name in self.names():
                raise _invalid(name, "the name is taken")
            self._loaded[name] = _checked(name, signal_type)

    def withdraw(self, name: str) -> None:
        """Forget a type that `register` added, if it is there."""
        with self._lock:
            if name not in self._offers:
                self._loaded.pop(name, None)

    def names(self) -> Sequence[str]:
        """All names on offer, sorted, those of broken plug-ins included; nothing is imported."""
        return sorted({*self._offers, *self._loaded})

    def get(self, name: str) -> SignalType:
        """The type of this name.

        Raises:
            InputError: SIGNAL_TYPE_UNKNOWN, or PLUGIN_INVALID when its plug-in cannot be used.
        """
        found = self._loaded.get(name)
        if found is not None:
            return found
        offers = self._offers.get(name)
        if not offers:
            raise InputError(
                ErrorCode.SIGNAL_TYPE_UNKNOWN,
                "There is no signal type of that name.",
                hint=f"Known: {', '.join(self.names())}.",
            )
        loaded = _checked(name, _load(name, offers))
        with self._lock:
            return self._loaded.setdefault(name, loaded)

    def types(self) -> Sequence[SignalType]:
        """Every type that works, by name; `problems` has the others."""
        return [
            found for found in map(self._attempt, self.names()) if isinstance(found, SignalType)
        ]

    def problems(self) -> Sequence[NahmiError]:
        """Why each type that does not work cannot be used, by name."""
        return [
            found for found in map(self._attempt, self.names()) if isinstance(found, NahmiError)
        ]

    def index_kind(self, name: str) -> IndexKind:
        """Which search answers for a type.

        Raises:
            InputError: As `get`.
        """
        return self.get(name).index_kind

    def _attempt(self, name: str) -> SignalType | NahmiError:
        try:
            return self.get(name)
        except NahmiError as error:
            return error


@cache
def signal_types() -> Registry:
    """The registry of everything that is installed, made once a process."""
    return Registry(entry_points(group=GROUP))


def _load(name: str, offers: Sequence[EntryPoint]) -> object:
    # Two packages that claim one name could swap the meaning of banked signals, so nahmi's own
    # wins over any other, and without one of its own nobody wins.
    own = [offer for offer in offers if offer.value.startswith("nahmi.")]
    if len(own or offers) > 1:
        raise _invalid(name, "several packages claim the name")
    try:
        kind = (own or offers)[0].load()
        return kind()
    except (Exception, SystemExit) as error:  # a plug-in may fail in any way
        raise _invalid(name, f"{type(error).__name__} while it was loaded") from error


def _checked(name: str, candidate: object) -> SignalType:
    if not isinstance(candidate, SignalType):
        raise _invalid(name, "it is no SignalType")
    if not _NAME.match(name) or getattr(candidate, "name", None) != name:
        raise _invalid(name, "its name must match [a-z][a-z0-9_]* and its entry point")
    return candidate


def _invalid(name: str, reason: str) -> InputError:
    return InputError(
        ErrorCode.PLUGIN_INVALID,
        f"The signal type {name!r} cannot be used: {reason}.",
        hint="Correct or uninstall the package that provides it.",
    )
