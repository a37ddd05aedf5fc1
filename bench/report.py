# SPDX-License-Identifier: Apache-2.0
"""Readable tables on the terminal, the same figures as JSON under bench/out."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from bench.timing import Spread

OUT = Path(__file__).parent / "out"

Cell = str | float | int | bool | None | Spread


class Table(msgspec.Struct, kw_only=True):
    """One table of figures.

    Attributes:
        title: What was measured, on how much.
        columns: Headings.
        rows: As many cells as there are headings.
        notes: What a reader must know to judge the figures.
    """

    title: str
    columns: Sequence[str]
    rows: list[list[Cell]] = []
    notes: list[str] = []


def show(table: Table) -> None:
    """Print one table in Markdown, so that it can be quoted as it is."""
    cells = [[_text(cell) for cell in row] for row in table.rows]
    widths = [
        max(len(line[column]) for line in [list(table.columns), *cells])
        for column in range(len(table.columns))
    ]
    print(f"\n{table.title}\n")
    _line(table.columns, widths)
    print("|" + "|".join("-" * (width + 2) for width in widths) + "|")
    for row in cells:
        _line(row, widths)
    for note in table.notes:
        print(f"\n{note}")
    print(flush=True)


def save(section: str, machine: dict[str, str], options: str, tables: Sequence[Table]) -> Path:
    OUT.mkdir(exist_ok=True)
    path = OUT / f"{section}.json"
    document = {
        "machine": machine,
        "options": options,
        "tables": [msgspec.to_builtins(table) for table in tables],
    }
    path.write_bytes(msgspec.json.format(msgspec.json.encode(document)))
    return path


def verdict(*, met: bool) -> str:
    return "met" if met else "not met"


def _line(cells: Sequence[str], widths: Sequence[int]) -> None:
    print(
        "| "
        + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
        + " |"
    )


def _text(cell: Cell) -> str:
    match cell:
        case None:
            return "-"
        case bool():
            return verdict(met=cell)
        case Spread(median, low, high):
            return f"{_number(median)} ({_number(low)}..{_number(high)})"
        case float():
            return _number(cell)
        case int():
            return f"{cell:,}"
        case _:
            return cell


def _number(figure: float) -> str:
    if figure == 0 or abs(figure) >= 100:
        return f"{figure:,.0f}"
    return f"{figure:.1f}" if abs(figure) >= 10 else f"{figure:.3g}"
