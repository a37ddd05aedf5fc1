# SPDX-License-Identifier: Apache-2.0
"""The page of permissions says what the code allows."""

from pages import DOCS, text

from nahmi.access.roles import ROLE_PERMISSIONS, Permission, Role


def test_the_table_is_the_one_in_the_code() -> None:
    head = " | ".join(role.value.replace("_", " ") for role in Role)
    rows = [f"| permission | {head} |", "|---|" + "---|" * len(Role)]
    for permission in Permission:
        ticks = ("✓" if permission in ROLE_PERMISSIONS[role] else "-" for role in Role)
        rows.append(f"| `{permission}` | {' | '.join(ticks)} |")
    assert "\n".join(rows) in text(DOCS / "reference" / "permissions.md")
