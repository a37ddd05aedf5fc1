# SPDX-License-Identifier: Apache-2.0
"""Runs Alembic from code, without a configuration file."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection

if TYPE_CHECKING:
    from alembic.config import Config

_FOLDER = Path(__file__).parent
_NAME = "v[0-9][0-9][0-9][0-9]_*.py"


@cache
def newest_version() -> int:
    """The version that this nahmi works with, from the names of the files."""
    return max(int(path.name[1:5]) for path in (_FOLDER / "versions").glob(_NAME))


def upgrade(connection: Connection, *, to: int | None = None) -> None:
    """Bring the schema to a version, in the connection's transaction: all steps happen or none.

    Args:
        connection: A writing transaction.
        to: The newest version by default.
    """
    from alembic import command  # noqa: PLC0415 - slow, and needed only when the schema changes

    command.upgrade(_config(connection), _revision(to or newest_version()))


def stamp(connection: Connection, version: int) -> None:
    """Note that the schema has a version already, in the connection's transaction."""
    from alembic import command  # noqa: PLC0415 - as above

    command.stamp(_config(connection), _revision(version))


def _config(connection: Connection) -> "Config":
    from alembic.config import Config  # noqa: PLC0415 - as above

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _revision(version: int) -> str:
    return f"{version:04d}"
