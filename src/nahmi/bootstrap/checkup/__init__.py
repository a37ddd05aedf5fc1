# SPDX-License-Identifier: Apache-2.0
"""Whether everything that a node needs is there and works; nothing is changed by looking."""

from nahmi.bootstrap.checkup.check import Check, State
from nahmi.bootstrap.checkup.machine import machine_checks
from nahmi.bootstrap.checkup.node import node_checks
from nahmi.bootstrap.checkup.serving import serving_checks
from nahmi.bootstrap.place import NodePlace

__all__ = ["Check", "State", "check_up"]


def check_up(place: NodePlace) -> list[Check]:
    """Everything that can be looked at, the machine first.

    Args:
        place: Where the node is, or would be.
    """
    return [*machine_checks(place.folder), *node_checks(place), *serving_checks(place)]
