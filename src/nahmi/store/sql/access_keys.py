# SPDX-License-Identifier: Apache-2.0
"""API keys and their budgets in SQL."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import Connection, insert, select, update

from nahmi.access.api_keys import KeyText, verify_key
from nahmi.access.budgets import grant
from nahmi.access.identity import ApiKey
from nahmi.access.roles import Permission
from nahmi.errors import AccessError, ErrorCode
from nahmi.operate.changes import Topic
from nahmi.store.sql.access_rows import to_key
from nahmi.store.sql.access_tables import api_key, key_budget, member
from nahmi.store.sql.database import Database
from nahmi.store.sql.revisions import note_change
from nahmi.store.sql.rows import to_us


class SqlKeyStore:
    """Keeps keys and shares out their budgets.

    Args:
        database: An opened store.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def add_key(  # noqa: PLR0913 - each is a fact of its own
        self,
        text: KeyText,
        *,
        member_id: int,
        label: str,
        permissions: Sequence[Permission],
        daily_budget: int,
        created_by: str,
        now: datetime,
        expires_at: datetime,
        within: Connection | None = None,
    ) -> ApiKey:
        """Keep a new key; of its secret only the digest.

        Raises:
            AccessError: ACCESS_MISSING: there is no such member.
        """
        values = {
            "member_id": member_id,
            "label": label,
            "prefix": text.prefix,
            "digest": text.digest(),
            "permissions": " ".join(sorted(permissions)),
            "daily_budget": daily_budget,
            "created_by": created_by,
            "created_us": to_us(now),
            "expires_us": to_us(expires_at),
        }
        is_there = select(member.c.member_id).where(member.c.member_id == member_id)
        with self._database.joining(within) as connection:
            if connection.execute(is_there).first() is None:
                raise _missing("member")
            made = insert(api_key).values(values).returning(*api_key.c)
            new = to_key(connection.execute(made).mappings().one())
            note_change(connection, Topic.ACCESS)
        return new

    def keys(self, member_id: int) -> Sequence[ApiKey]:
        """The keys of a member, oldest first, with those that are revoked or expired."""
        query = select(api_key).where(api_key.c.member_id == member_id).order_by(api_key.c.key_id)
        with self._database.reading() as connection:
            return [to_key(row) for row in connection.execute(query).mappings()]

    def authenticate(self, text: KeyText, *, now: datetime) -> ApiKey | None:
        """The key that this is; None when it is unknown, over, or its member disabled."""
        query = (
            select(api_key)
            .join(member, member.c.member_id == api_key.c.member_id)
            .where(api_key.c.prefix == text.prefix, member.c.is_enabled == 1)
        )
        with self._database.reading() as connection:
            row = connection.execute(query).mappings().first()
        if row is None or not verify_key(text, row["digest"]):
            return None
        key = to_key(row)
        return key if key.is_valid(now) else None

    def revoke_key(
        self, key_id: int, *, member_id: int, at: datetime, within: Connection | None = None
    ) -> ApiKey:
        """Refuse a key from a moment on; a later moment lets a rotation overlap.

        An earlier revocation is kept: a key never comes back.

        Raises:
            AccessError: ACCESS_MISSING: the member has no such key.
        """
        mine = (api_key.c.key_id == key_id, api_key.c.member_id == member_id)
        with self._database.joining(within) as connection:
            row = connection.execute(select(api_key).where(*mine)).mappings().first()
            if row is None:
                raise _missing("key")
            known = to_key(row).revoked_at
            moment = at if known is None else min(known, at)
            ended = update(api_key).where(*mine).values(revoked_us=to_us(moment))
            changed = to_key(connection.execute(ended.returning(*api_key.c)).mappings().one())
            note_change(connection, Topic.ACCESS)
        return changed

    def note_use(self, key_id: int, *, at: datetime) -> None:
        """Remember when a key was last used, to the minute."""
        minute = at.replace(second=0, microsecond=0)
        used = update(api_key).where(api_key.c.key_id == key_id)
        with self._database.writing() as connection:
            connection.execute(used.values(last_used_us=to_us(minute)))

    def take_budget(self, key_id: int, day: date, want: int) -> int:
        """Lease queries of a day's budget for this process.

        Args:
            key_id: Whose budget.
            day: From `nahmi.access.budgets.budget_day`.
            want: Queries asked for.

        Returns:
            Queries granted, 0 when the budget is spent or the key unknown.
        """
        with self._database.writing() as connection:
            locked = select(api_key.c.daily_budget).where(api_key.c.key_id == key_id)
            budget = connection.execute(locked.with_for_update()).scalar()
            if budget is None:
                return 0
            row = (key_budget.c.key_id == key_id, key_budget.c.day == day.isoformat())
            used = connection.execute(select(key_budget.c.used).where(*row)).scalar()
            granted = grant(budget, used or 0, want)
            if used is None:
                new = {"key_id": key_id, "day": day.isoformat(), "used": granted}
                connection.execute(insert(key_budget).values(new))
            else:
                connection.execute(update(key_budget).where(*row).values(used=used + granted))
            return granted


def _missing(kind: str) -> AccessError:
    return AccessError(
        ErrorCode.ACCESS_MISSING, f"There is no such {kind}.", hint="List those that there are."
    )
