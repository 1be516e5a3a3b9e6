"""Parquet: one event a row. A null is a key that the event does not have."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from harness.telemetry.formats._base import Batch, Format, Piece, Unreadable

ROWS = 32_768
"""Rows that are worked on at once."""


def cut(path: Path) -> Iterator[Piece]:
    """Yield the row groups of a file, in parts where they are large."""
    file = _opened(str(path))
    size = path.stat().st_size
    first = 0
    for group in range(file.num_row_groups):
        rows = file.metadata.row_group(group).num_rows
        for start in range(0, rows, ROWS):
            end = min(rows, start + ROWS)
            share = size * (end - start) // max(1, file.metadata.num_rows)
            yield Piece(str(path), first + start, first + end, share=share)
        first += rows
    file.close()


def read(piece: Piece, wanted: frozenset[str] = frozenset()) -> Batch:
    """Return the events of some rows."""
    import pyarrow as pa  # noqa: PLC0415 (large, and an extra)

    file = _opened(piece.path)
    try:
        columns = _rows(file, piece.start, piece.end)
    except (pa.ArrowException, OSError, ValueError) as error:
        message = f"rows {piece.start + 1} to {piece.end} cannot be read: {_first_line(error)}"
        raise Unreadable(message) from error
    finally:
        file.close()
    events = [_event(row) for row in columns.to_pylist()]
    return Batch.of(events, wanted, range(len(events)), len(events))


def _rows(file: Any, start: int, end: int) -> Any:
    import pyarrow as pa  # noqa: PLC0415

    parts = []
    first = 0
    for group in range(file.num_row_groups):
        rows = file.metadata.row_group(group).num_rows
        low, high = max(start, first), min(end, first + rows)
        if low < high:
            table = file.read_row_group(group)
            parts.append(table.slice(low - first, high - low))
        first += rows
    return pa.concat_tables(parts)


def _opened(path: str) -> Any:
    try:
        import pyarrow as pa  # noqa: PLC0415
        import pyarrow.parquet as pq  # noqa: PLC0415
    except ImportError as error:
        message = "Parquet needs pyarrow: pip install 'detection-harness[telemetry]'"
        raise Unreadable(message) from error
    try:
        return pq.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        message = f"it is no Parquet file: {_first_line(error)}"
        raise Unreadable(message) from error


def _first_line(error: Exception) -> str:
    return str(error).split("\n")[0][:200]


def _event(row: dict[str, Any]) -> dict[str, Any]:
    return {
        key: value if type(value) is str or type(value) is int else _plain(value)
        for key, value in row.items()
        if value is not None
    }


def _plain(value: Any) -> Any:
    """Return a value as JSON would hold it."""
    match value:
        case dict():
            return _event(value)
        case list():
            pairs = value and all(type(one) is tuple and len(one) == len("kv") for one in value)
            if pairs:  # a map
                return {str(key): _plain(one) for key, one in value if one is not None}
            return [_plain(one) for one in value]
        case datetime() | date() | time():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case bytes():
            return value.decode("utf-8", "surrogateescape")
        case _:
            return value


FORMAT = Format(
    name="parquet",
    title="Apache Parquet",
    endings=(".parquet", ".pq"),
    record="row",
    cut=cut,
    stream=None,
    read=read,
)
