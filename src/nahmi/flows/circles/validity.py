# SPDX-License-Identifier: Apache-2.0
"""Whether what others call a signal is one."""

from collections.abc import Sequence

from nahmi.core.signal import Signal
from nahmi.errors import NahmiError
from nahmi.protect.signals.registry import signal_types


def are_valid(signals: Sequence[Signal]) -> list[bool]:
    """Whether each is a signal of its type, in the type's one spelling.

    Of a type that this node does not have nothing can be told: it is let pass, and matches nothing.
    """
    by_type: dict[str, list[int]] = {}
    for place, signal in enumerate(signals):
        by_type.setdefault(signal.signal_type, []).append(place)
    found = [True] * len(signals)
    for name, places in by_type.items():
        try:
            kind = signal_types().get(name)
        except NahmiError:
            continue
        values = [signals[place].value for place in places]
        for place, value, valid in zip(places, values, kind.validate_all(values), strict=True):
            found[place] = valid == value
    return found
