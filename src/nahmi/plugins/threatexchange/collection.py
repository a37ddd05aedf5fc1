# SPDX-License-Identifier: Apache-2.0
"""The banked signals of one type, searched by its own rule. Runs in the plug-ins' process.

A type may bring an index. It is believed as far as it agrees with the type's own comparison: each
hit is compared again, and an index that does not find signals which match themselves is left out
for a plain scan. Indexes are made here from the signals, never read from a file.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from nahmi.plugins.threatexchange.adapted import AdaptedType, failing

_PROBES = 8


class Collection:
    """Signals with the entries that hold them.

    Args:
        kind: Their type.
    """

    def __init__(self, kind: AdaptedType) -> None:
        self._kind = kind
        self._entries: dict[str, list[int]] = defaultdict(list)
        self._values: list[str] = []
        self._indexed = 0
        self._index: Any = None
        self.uses_own_index = kind.has_own_index

    def add(self, pairs: Sequence[tuple[int, str]]) -> None:
        """Add signals; one that several entries hold is compared once."""
        for entry_id, value in pairs:
            if value not in self._entries:
                self._values.append(value)
            self._entries[value].append(entry_id)

    def find(self, question: str) -> list[tuple[int, int]]:
        """The entries whose signal matches, each with its distance.

        Raises:
            PluginError: PLUGIN_FAILED.
        """
        found = []
        for value in self._candidates(question):
            compared = self._kind.compare(value, question)
            if compared.is_match:
                found += [(entry_id, compared.distance) for entry_id in self._entries[value]]
        return found

    def _candidates(self, question: str) -> Sequence[str]:
        if self.uses_own_index and self._indexed < len(self._values):
            self._bring_up()
        if not self.uses_own_index:
            return self._values
        return self._asked_index(question)

    def _asked_index(self, question: str) -> list[str]:
        if not self._values:
            return []
        with failing(self._kind.name):
            places = {int(hit.metadata) for hit in self._index.query(question)}
            return [self._values[place] for place in sorted(places)]

    def _bring_up(self) -> None:
        first, self._indexed = self._indexed, len(self._values)
        new = [(value, place) for place, value in enumerate(self._values) if place >= first]
        with failing(self._kind.name):
            if self._index is None:
                self._index = self._kind.index_class.build(new)
            else:
                self._grow(new)
        if not self._is_complete(self._values[first :: max(1, len(new) // _PROBES)][:_PROBES]):
            self.uses_own_index = False

    def _grow(self, new: Sequence[tuple[str, int]]) -> None:
        try:
            self._index.add_all(new)
        except NotImplementedError:  # one that cannot grow is made anew
            every = [(value, place) for place, value in enumerate(self._values)]
            self._index = self._kind.index_class.build(every)

    def _is_complete(self, probes: Sequence[str]) -> bool:
        """Whether the index finds among some signals all that comparing them finds."""
        return all(
            {value for value in probes if self._kind.compare(value, asked).is_match}
            <= set(self._asked_index(asked))
            for asked in probes
        )
