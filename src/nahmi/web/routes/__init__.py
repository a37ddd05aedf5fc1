# SPDX-License-Identifier: Apache-2.0
"""The console's routes, one file a group of pages."""

from nahmi.web.routes import (
    access,
    banks,
    circle_banks,
    circle_invitations,
    circle_log,
    circle_members,
    circle_signals,
    circles,
    dashboard,
    exchange,
    exchanges,
    matches,
    operations,
    sign_in,
)

ALL = [
    *sign_in.ROUTES,
    *dashboard.ROUTES,
    *banks.ROUTES,
    *exchange.ROUTES,
    *exchanges.ROUTES,
    *matches.ROUTES,
    *circles.ROUTES,
    *circle_members.ROUTES,
    *circle_invitations.ROUTES,
    *circle_signals.ROUTES,
    *circle_log.ROUTES,
    *circle_banks.ROUTES,
    *operations.ROUTES,
    *access.ROUTES,
]
"""Every route below the console's address."""

__all__ = ["ALL"]
