# SPDX-License-Identifier: Apache-2.0
"""Column types that mean the same in SQLite and PostgreSQL."""

from sqlalchemy import BigInteger, Integer, LargeBinary, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine, UserDefinedType

NUMBER = BigInteger().with_variant(Integer(), "sqlite")
"""A whole number of 64 bits; SQLite's strict tables call it INTEGER."""

WORDS = Text().with_variant(Text(collation="C"), "postgresql")
"""Text that is compared byte by byte, as SQLite does; only ASCII letters have a case."""


class _Any(UserDefinedType[object]):
    """SQLite's column that keeps the type of each value."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        return "ANY"


class SignalValue(TypeDecorator[str | bytes]):
    """A signal's value: the bytes of a type that the index holds, the text of every other.

    PostgreSQL has no column for both: there the first byte says which it is.
    """

    impl = LargeBinary
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[object]:
        """ANY in SQLite, BYTEA in PostgreSQL."""
        kind: TypeEngine[object] = _Any()
        return dialect.type_descriptor(kind if dialect.name == "sqlite" else self.impl_instance)

    def process_bind_param(self, value: str | bytes | None, dialect: Dialect) -> object:
        """To the database."""
        if value is None or dialect.name == "sqlite":
            return value
        return pack_value(value)

    def process_result_value(self, value: object, dialect: Dialect) -> str | bytes | None:
        """From the database."""
        if dialect.name == "sqlite" or not isinstance(value, bytes):
            return value if isinstance(value, str | bytes) else None
        return unpack_value(value)


_IS_BYTES, _IS_TEXT = 0, 1


def pack_value(value: str | bytes) -> bytes:
    """A signal's value as PostgreSQL keeps it."""
    if isinstance(value, bytes):
        return bytes([_IS_BYTES]) + value
    return bytes([_IS_TEXT]) + value.encode()


def unpack_value(kept: bytes) -> str | bytes:
    """A signal's value from what PostgreSQL keeps."""
    return kept[1:] if kept[0] == _IS_BYTES else kept[1:].decode()
