# SPDX-License-Identifier: Apache-2.0
"""The sections of the console and who sees which."""

from collections.abc import Collection
from enum import StrEnum
from typing import Final

import msgspec

from nahmi.access.roles import Permission
from nahmi.web.paths import to


class Section(StrEnum):
    """A section of the console; the value is its place in the address."""

    DASHBOARD = "dashboard"
    BANKS = "banks"
    TRY = "try"
    MATCHES = "matches"
    CIRCLES = "circles"
    EXCHANGES = "exchanges"
    JOBS = "jobs"
    WEBHOOKS = "webhooks"
    SETTINGS = "settings"
    PEOPLE = "people"
    MEMBERS = "members"
    KEYS = "keys"
    AUDIT = "audit"
    ACCOUNT = "account"


GROUPS: Final[dict[str, tuple[Section, ...]]] = {
    "protect": (Section.DASHBOARD, Section.BANKS, Section.TRY, Section.MATCHES),
    "partner": (Section.CIRCLES, Section.EXCHANGES),
    "operate": (Section.JOBS, Section.WEBHOOKS, Section.SETTINGS),
    "access": (Section.PEOPLE, Section.MEMBERS, Section.KEYS, Section.AUDIT),
}
"""The sections in the order of the menu."""

NEEDED: Final[dict[Section, Permission]] = {
    Section.DASHBOARD: Permission.NODE_STATUS_READ,
    Section.BANKS: Permission.PROTECT_BANK_READ,
    Section.TRY: Permission.PROTECT_CONTENT_MATCH,
    Section.MATCHES: Permission.PROTECT_MATCH_READ,
    Section.CIRCLES: Permission.PARTNER_CIRCLE_READ,
    Section.EXCHANGES: Permission.PARTNER_EXCHANGE_READ,
    Section.JOBS: Permission.NODE_JOB_READ,
    Section.WEBHOOKS: Permission.NODE_WEBHOOK_READ,
    Section.SETTINGS: Permission.NODE_SETTING_READ,
    Section.PEOPLE: Permission.ACCESS_PERSON_READ,
    Section.MEMBERS: Permission.ACCESS_MEMBER_READ,
    Section.KEYS: Permission.ACCESS_KEY_READ,
    Section.AUDIT: Permission.ACCESS_AUDIT_READ,
}
"""What a section's first page asks for; a section that is not here is for everyone signed in."""


class MenuItem(msgspec.Struct, frozen=True):
    """A link of the menu.

    Attributes:
        section: Which.
        path: Its address.
    """

    section: Section
    path: str


def menu(permissions: Collection[Permission]) -> dict[str, tuple[MenuItem, ...]]:
    """The groups of the menu with the sections that somebody may open; no empty groups."""
    groups = {
        name: tuple(
            MenuItem(section, to() if section is Section.DASHBOARD else to(section))
            for section in sections
            if NEEDED[section] in permissions
        )
        for name, sections in GROUPS.items()
    }
    return {name: items for name, items in groups.items() if items}
