# SPDX-License-Identifier: Apache-2.0
"""The plug-ins that an operator named in node.toml, loaded for as long as a node is open.

Signal types are known to a whole process, so nodes with the same settings share one host.
"""

from collections.abc import Callable
from contextlib import ExitStack
from threading import Lock
from typing import Self

import msgspec

from nahmi.operate.settings import ThreatExchangeSettings
from nahmi.plugins.threatexchange.fingerprinter import PluginFingerprinter, hashes_files
from nahmi.plugins.threatexchange.host import PluginHost
from nahmi.plugins.threatexchange.search import PluginSearch, SignalReader
from nahmi.plugins.threatexchange.signal_type import signal_type_of
from nahmi.protect.ports import Fingerprinter
from nahmi.protect.signals.registry import signal_types

_LOCK = Lock()
_SHARED: dict[ThreatExchangeSettings, "_Shared"] = {}


class _Shared:
    """A host, how many use it, and what is to be undone after the last."""

    def __init__(self, settings: ThreatExchangeSettings) -> None:
        self.users = 0
        self.undo = ExitStack()
        with ExitStack() as undo:
            self.host = PluginHost(settings)
            undo.callback(self.host.close)
            for description in self.host.types:
                signal_types().register(signal_type_of(self.host, description))
                undo.callback(signal_types().withdraw, description.name)
            self.undo = undo.pop_all()


class Plugins:
    """What a node's settings name, loaded.

    Args:
        settings: Which plug-ins.

    Raises:
        InputError: EXTRA_MISSING or PLUGIN_INVALID: one cannot be loaded, or has the name of a
            signal type that is there already.
        PluginError: PLUGIN_FAILED: their process cannot be started.
    """

    def __init__(self, settings: ThreatExchangeSettings) -> None:
        # Exchanges have processes of their own; nodes that differ in them alone share this one.
        self._settings = settings = msgspec.structs.replace(settings, exchange=())
        self._closing = ExitStack()
        self._host: PluginHost | None = None
        if not (settings.manifests or settings.signal_types):
            return
        with _LOCK:
            shared = _SHARED.get(settings) or _Shared(settings)
            _SHARED[settings] = shared
            shared.users += 1
            self._host = shared.host
        self._closing.callback(self._leave)

    @property
    def names(self) -> list[str]:
        """The signal types that they bring."""
        return [] if self._host is None else [one.name for one in self._host.types]

    def search(
        self, reader: SignalReader, revision: Callable[[], int] | None = None
    ) -> PluginSearch | None:
        """Searches a store by the rules of the plug-ins; None where there are none.

        Args:
            reader: The store.
            revision: As for `PluginSearch`.
        """
        if self._host is None:
            return None
        return self._closing.enter_context(PluginSearch(self._host, reader, revision))

    def beside(self, fingerprinter: Fingerprinter) -> Fingerprinter:
        """A fingerprinter that asks the plug-ins as well, where any of them hashes files."""
        if self._host is None or not hashes_files(self._host):
            return fingerprinter
        return PluginFingerprinter(fingerprinter, self._host)

    def close(self) -> None:
        """Let go of the plug-ins; the last one ends their process."""
        self._closing.close()

    def _leave(self) -> None:
        with _LOCK:
            shared = _SHARED[self._settings]
            shared.users -= 1
            if not shared.users:
                del _SHARED[self._settings]
                shared.undo.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
