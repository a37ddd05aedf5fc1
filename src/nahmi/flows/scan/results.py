# SPDX-License-Identifier: Apache-2.0
"""Results of a scan as JSON lines, CSV or Parquet."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from nahmi.errors import ErrorCode, InputError
from nahmi.flows.disk import replacing
from nahmi.flows.scan.record import MatchRecord, Outcome, Record

_ROWS_AT_ONCE = 10_000
_NUMBERS = frozenset(
    [
        "width",
        "height",
        "size_bytes",
        "entry_id",
        "distance",
        "limit_bits",
        "frame",
        "index_version",
    ]
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def check_format(path: Path) -> None:
    """See before a scan starts that its results can be written.

    Raises:
        InputError: INPUT_INVALID: no such format. EXTRA_MISSING: Parquet without the extra `lake`.
    """
    if _writer(path) is _write_parquet:
        _pyarrow()


def write_results(records: Iterable[Record], path: Path) -> None:
    """Write records; the file's ending decides on the format.

    Args:
        records: Of one scan.
        path: `.jsonl` (an object an item), `.csv` or `.parquet` (a row a match, and a row for
            each item without one).

    Raises:
        StoreError: STORAGE_FULL or STORAGE_DENIED; an older file is untouched.
        InputError: As `check_format`.
    """
    write = _writer(path)
    with replacing(path, "write the results") as stream:
        write(records, stream)


def rows_of(record: Record) -> Iterator[dict[str, Any]]:
    """The rows of one item in tables: one a match, or one without."""
    item = {
        "name": record.name,
        "outcome": record.outcome.value,
        "media_type": record.media_type,
        "width": record.width,
        "height": record.height,
        "size_bytes": record.size_bytes,
        "code": record.code,
        "reason": record.reason,
    }
    for match in record.matches or (None,):
        yield item | {field: getattr(match, field, None) for field in MatchRecord.__struct_fields__}


def _writer(path: Path) -> Callable[[Iterable[Record], BinaryIO], None]:
    writers = {
        ".jsonl": _write_jsonl,
        ".ndjson": _write_jsonl,
        ".csv": _write_csv,
        ".parquet": _write_parquet,
    }
    writer = writers.get(path.suffix.lower()) or (_write_jsonl if _is_device(path) else None)
    if writer is None:
        raise InputError(
            ErrorCode.INPUT_INVALID,
            f"Results cannot be written as {path.suffix or 'a file without ending'!r}.",
            hint="Use a name that ends in .jsonl, .csv or .parquet.",
        )
    return writer


def _is_device(path: Path) -> bool:
    return path.exists() and not path.is_file() and not path.is_dir()


def _write_jsonl(records: Iterable[Record], stream: BinaryIO) -> None:
    encoder = msgspec.json.Encoder()
    stream.writelines(encoder.encode(record) + b"\n" for record in records)


def _write_csv(records: Iterable[Record], stream: BinaryIO) -> None:
    text = io.TextIOWrapper(stream, encoding="utf-8", newline="", write_through=True)
    fields = list(next(rows_of(Record(name="", outcome=Outcome.NO_MATCH))))
    writer = csv.DictWriter(text, fields)
    writer.writeheader()
    for record in records:
        for row in rows_of(record):
            writer.writerow({field: _harmless(value) for field, value in row.items()})
    text.detach()


def _harmless(value: object) -> object:
    """Spreadsheets run cells that begin like a formula; a quotation mark makes them text."""
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value


def _write_parquet(records: Iterable[Record], stream: BinaryIO) -> None:
    arrow, parquet = _pyarrow()
    fields = next(rows_of(Record(name="", outcome=Outcome.NO_MATCH)))
    whole = arrow.int64()
    schema = arrow.schema(
        [(name, whole if name in _NUMBERS else arrow.string()) for name in fields]
    )
    rows = (row for record in records for row in rows_of(record))
    with parquet.ParquetWriter(stream, schema) as writer:
        while some := list(islice(rows, _ROWS_AT_ONCE)):
            writer.write_table(arrow.Table.from_pylist(some, schema=schema))


def _pyarrow() -> tuple[Any, Any]:
    try:
        import pyarrow as pa  # noqa: PLC0415 - an extra, slow to import
        from pyarrow import parquet  # noqa: PLC0415
    except ImportError as error:
        raise InputError(
            ErrorCode.EXTRA_MISSING,
            "Writing Parquet needs the extra 'lake', which is not installed.",
            hint="Install it: pip install 'nahmi[lake]', or write .csv or .jsonl.",
        ) from error
    return pa, parquet
