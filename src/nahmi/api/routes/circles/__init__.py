# SPDX-License-Identifier: Apache-2.0
"""Circles, for people and machines of the own organisation."""

from typing import Final

from nahmi.api.routes.circles import changes, circles, invitations, log, members, signals, speaking

__all__ = ["ROUTES"]

ROUTES: Final = (
    circles.routes,
    members.routes,
    invitations.routes,
    signals.routes,
    changes.routes,
    speaking.routes,
    log.routes,
)
"""In the order of the reference."""
