# SPDX-License-Identifier: Apache-2.0
"""The menu shows what somebody may open, and no more."""

from nahmi.access.roles import ROLE_PERMISSIONS, Permission, Role
from nahmi.web.navigation import GROUPS, NEEDED, Section, menu


def sections(role: Role) -> set[Section]:
    groups = menu(ROLE_PERMISSIONS[role])
    return {item.section for items in groups.values() for item in items}


def test_an_admin_sees_every_section() -> None:
    assert sections(Role.ADMIN) == set(Section) - {Section.ACCOUNT} == set(NEEDED)


def test_a_viewer_sees_what_viewers_may_read() -> None:
    assert sections(Role.VIEWER) == {
        Section.DASHBOARD,
        Section.BANKS,
        Section.MATCHES,
        Section.JOBS,
    }


def test_nobody_without_permissions_sees_a_menu() -> None:
    assert menu(frozenset()) == {}


def test_groups_without_sections_are_left_out() -> None:
    assert list(menu({Permission.NODE_JOB_READ})) == ["operate"]
    assert set(menu(frozenset(Permission))) == set(GROUPS)
