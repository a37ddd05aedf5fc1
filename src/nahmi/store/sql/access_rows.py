# SPDX-License-Identifier: Apache-2.0
"""Members, people and keys from their rows."""

from datetime import UTC, datetime, timedelta
from typing import Any

from nahmi.access.identity import ApiKey, Member, Person
from nahmi.access.roles import Permission, Role
from nahmi.store.sql.rows import from_us

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_time(moment_us: int) -> datetime:
    """The moment in UTC."""
    return _EPOCH + timedelta(microseconds=moment_us)


def to_member(row: Any) -> Member:  # noqa: ANN401 - a row mapping
    """A member."""
    return Member(
        member_id=row["member_id"],
        name=row["name"],
        is_enabled=bool(row["is_enabled"]),
        created_at=to_time(row["created_us"]),
    )


def to_person(row: Any) -> Person:  # noqa: ANN401 - a row mapping
    """A person, without password and second factor."""
    return Person(
        person_id=row["person_id"],
        member_id=row["member_id"],
        email=row["email"],
        name=row["name"],
        role=Role(row["role"]),
        language="ar" if row["language"] == "ar" else "en",
        is_enabled=bool(row["is_enabled"]),
        has_totp=bool(row["has_totp"]),
        totp_version=row["totp_version"],
        must_change_password=bool(row["must_change_password"]),
        created_at=to_time(row["created_us"]),
    )


def to_key(row: Any) -> ApiKey:  # noqa: ANN401 - a row mapping
    """A key; permissions that are no longer known are left out."""
    known = {permission.value: permission for permission in Permission}
    return ApiKey(
        key_id=row["key_id"],
        member_id=row["member_id"],
        label=row["label"],
        prefix=row["prefix"],
        permissions=tuple(known[name] for name in row["permissions"].split() if name in known),
        daily_budget=row["daily_budget"],
        created_by=row["created_by"],
        created_at=to_time(row["created_us"]),
        expires_at=to_time(row["expires_us"]),
        revoked_at=from_us(row["revoked_us"]),
        last_used_at=from_us(row["last_used_us"]),
    )
