# SPDX-License-Identifier: Apache-2.0
"""What keys say in circles, day by day, in SQL."""

from sqlalchemy import Connection, func, select

from nahmi.store.sql.circle_tables import quota
from nahmi.store.sql.upserts import insertion


class SqlQuotaStore:
    """`QuotaStore` on SQLite or PostgreSQL."""

    def made(self, number: int, kid: str, day: str, *, within: Connection) -> int:
        """See `QuotaStore.made`."""
        query = select(quota.c["count"]).where(
            quota.c.circle_no == number, quota.c.kid == kid, quota.c.day == day
        )
        return int(within.execute(query).scalar() or 0)

    def count(  # noqa: PLR0913 - each is a fact of its own
        self, number: int, kid: str, day: str, *, made: int, bad: int, within: Connection
    ) -> None:
        """See `QuotaStore.count`."""
        into = insertion(within, quota)
        within.execute(
            into.values(
                circle_no=number, kid=kid, day=day, count=made, bad=bad
            ).on_conflict_do_update(
                index_elements=["circle_no", "kid", "day"],
                set_={
                    "count": quota.c["count"] + into.excluded["count"],
                    "bad": quota.c.bad + into.excluded.bad,
                },
            )
        )

    def since(self, number: int, kid: str, day: str, *, within: Connection) -> tuple[int, int]:
        """See `QuotaStore.since`."""
        query = select(func.sum(quota.c["count"]), func.sum(quota.c.bad)).where(
            quota.c.circle_no == number, quota.c.kid == kid, quota.c.day >= day
        )
        made, bad = within.execute(query).one()
        return int(made or 0), int(bad or 0)
