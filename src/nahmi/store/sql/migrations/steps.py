# SPDX-License-Identifier: Apache-2.0
"""The words in which a version changes the schema, for SQLite and PostgreSQL alike."""

from alembic import op
from sqlalchemy import Column, Constraint, ForeignKey, Identity, LargeBinary, column, text
from sqlalchemy import insert as into
from sqlalchemy import table as lightweight

from nahmi.store.sql.types import NUMBER, WORDS, SignalValue


def table(name: str, *parts: Column[object] | Constraint, has_identity: bool = True) -> None:
    """Make a table; SQLite checks the types of its values.

    Args:
        name: Singular.
        parts: Columns and constraints.
        has_identity: Whether its first column is an `identity`, whose numbers are never reused.
    """
    op.create_table(name, *parts, sqlite_strict=True, sqlite_autoincrement=has_identity)


def identity(name: str) -> Column[object]:
    """The row's number, given out by the database."""
    return Column(name, NUMBER, Identity(), primary_key=True)


def number(name: str, *, is_key: bool = False, default: int | None = None) -> Column[object]:
    """A whole number; a key that we give out ourselves."""
    given = None if default is None else text(str(default))
    return Column(
        name,
        NUMBER,
        primary_key=is_key,
        autoincrement=False,
        nullable=False,
        server_default=given,
    )


def maybe_number(name: str) -> Column[object]:
    """A whole number or nothing."""
    return Column(name, NUMBER)


def words(
    name: str, *, is_key: bool = False, is_unique: bool = False, default: str | None = None
) -> Column[object]:
    """Text."""
    given = None if default is None else text(f"'{default}'")
    return Column(
        name, WORDS, primary_key=is_key, nullable=False, unique=is_unique, server_default=given
    )


def maybe_words(name: str) -> Column[object]:
    """Text or nothing."""
    return Column(name, WORDS)


def octets(name: str, *, is_key: bool = False) -> Column[object]:
    """Bytes."""
    return Column(name, LargeBinary, primary_key=is_key, nullable=False)


def maybe_octets(name: str) -> Column[object]:
    """Bytes or nothing."""
    return Column(name, LargeBinary)


def signal_value(name: str) -> Column[object]:
    """The value of a signal: bytes or text."""
    return Column(name, SignalValue, nullable=False)


def refers(name: str, to: str) -> Column[object]:
    """A number of another table's row, written `table.column`."""
    return Column(name, NUMBER, ForeignKey(to), nullable=False)


def index(name: str, table_name: str, *columns: str, where: str = "", unique: bool = False) -> None:
    """An index, of the rows for which a condition holds."""
    condition = text(where) if where else None
    op.create_index(
        name,
        table_name,
        list(columns),
        unique=unique,
        sqlite_where=condition,
        postgresql_where=condition,
    )


def add(table_name: str, new: Column[object]) -> None:
    """Add a column to a table that is there."""
    op.add_column(table_name, new)


def drop(table_name: str, column_name: str) -> None:
    """Take a column away, with what it holds."""
    op.drop_column(table_name, column_name)


def drop_index(name: str, table_name: str) -> None:
    """Take an index away."""
    op.drop_index(name, table_name)


def insert(table_name: str, **values: object) -> None:
    """Add a row."""
    target = lightweight(table_name, *(column(name) for name in values))
    op.get_bind().execute(into(target).values(values))


def is_sqlite() -> bool:
    """Whether this is SQLite, where the two databases must be spoken to differently."""
    return op.get_bind().dialect.name == "sqlite"


def run(statement: str) -> None:
    """Run a statement as it stands."""
    op.get_bind().exec_driver_sql(statement)


def forbid_changes(name: str) -> None:
    """Let rows be added to a table, never changed or deleted."""
    if is_sqlite():
        for verb, done in (("update", "changed"), ("delete", "deleted")):
            run(
                f"CREATE TRIGGER {name}_no_{verb} BEFORE {verb.upper()} ON {name} "
                f"BEGIN SELECT RAISE(ABORT, '{name} records are never {done}'); END"
            )
        return
    run(
        f"CREATE FUNCTION {name}_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{name} records are never changed or deleted'; END $$"
    )
    run(
        f"CREATE TRIGGER {name}_no_change BEFORE UPDATE OR DELETE OR TRUNCATE "
        f"ON {name} FOR EACH STATEMENT EXECUTE FUNCTION {name}_refuse()"
    )
