# SPDX-License-Identifier: Apache-2.0
"""Functions that SQLite and PostgreSQL call by different names."""

from typing import Any

from sqlalchemy import ColumnElement, Integer, Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement, GenericFunction


class position(GenericFunction[int]):  # noqa: N801 - named as in SQL
    """Where the second text begins in the first, counted from 1; 0 when it is not there."""

    type = Integer()
    inherit_cache = True


@compiles(position, "sqlite")
def _position_in_sqlite(element: Any, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 - SQLAlchemy's form
    return f"instr{compiler.function_argspec(element, **options)}"


@compiles(position, "postgresql")
def _position_in_postgres(element: Any, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 - the same
    return f"strpos{compiler.function_argspec(element, **options)}"


class ValueText(FunctionElement[str]):
    """A signal's value as lower-case text: hexadecimal digits where bytes are kept."""

    type = Text()
    inherit_cache = True

    def __init__(self, value: ColumnElement[Any]) -> None:
        super().__init__(value)


@compiles(ValueText, "sqlite")
def _value_in_sqlite(element: Any, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 - the same
    value = compiler.process(element.clauses, **options)
    return f"lower(CASE typeof({value}) WHEN 'blob' THEN hex({value}) ELSE {value} END)"


@compiles(ValueText, "postgresql")
def _value_in_postgres(element: Any, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 - the same
    value = compiler.process(element.clauses, **options)
    rest = f"substr({value}, 2)"  # the first byte says what follows: see `types.pack_value`
    # Its texts cannot hold a zero byte: a value that does is kept and matched, but not searched.
    return (
        f"CASE WHEN get_byte({value}, 0) = 0 THEN encode({rest}, 'hex') "
        f"WHEN position(decode('00', 'hex') in {rest}) > 0 THEN '' "
        f"""ELSE lower(convert_from({rest}, 'UTF8') COLLATE "C") END"""
    )
