# SPDX-License-Identifier: Apache-2.0
"""What keeps a store, and what its clock says."""

from datetime import datetime

import msgspec
from sqlalchemy import func, select

from nahmi.store.sql.database import Database


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What keeps a store.

    Attributes:
        software: Name and version.
        moment: What its own clock says, UTC; None where it has none.
    """

    software: str
    moment: datetime | None = None


def standing_of(database: Database) -> Standing:
    """Look at a store.

    Raises:
        StoreError: It cannot be read.
    """
    with database.reading() as connection:
        if database.dialect == "sqlite":
            version = connection.execute(select(func.sqlite_version())).scalar_one()
            return Standing(software=f"SQLite {version}")
        version = str(connection.exec_driver_sql("SHOW server_version").scalar_one())
        return Standing(
            software=f"PostgreSQL {version.split()[0]}",
            moment=connection.execute(select(func.clock_timestamp())).scalar_one(),
        )
