"""Apache Parquet: one row an event, its label in columns beside the event."""

from __future__ import annotations

import json
from collections.abc import Sequence
from io import BytesIO
from typing import Any

from harness.corpora.formats._base import (
    Format,
    NotWritten,
    Record,
    Written,
    as_line,
    lineage,
)
from harness.documents.document import Document
from harness.errors import Diagnostic, InvalidInput

_NESTED, _TEXT = "document", "document_json"


def write(documents: Sequence[Document]) -> Written:
    """Return one table; the event is a structure where every document has the same types.

    Otherwise, or where something would be lost, such as a null, it is JSON in a text column.
    """
    pa, pq = _arrow()
    rows = [lineage(one) for one in documents]
    names = ("name", "label", "because", "mutation", "detail", "effect")
    columns = {name: pa.array([row[name] for row in rows], pa.string()) for name in names}
    columns["activity"] = pa.array([as_line(row["activity"]) for row in rows], pa.string())
    nested = _nested(pa, [one.document for one in documents])
    if nested is not None:
        try:
            data = _file(pa, pq, {**columns, _NESTED: nested})
            return Written(data=data, kept=documents, left_out={})
        except pa.ArrowException:  # it has no place for a structure without any field
            pass
    text = pa.array([as_line(one.document) for one in documents], pa.string())
    return Written(data=_file(pa, pq, {**columns, _TEXT: text}), kept=documents, left_out={})


def _file(pa: Any, pq: Any, columns: dict[str, Any]) -> bytes:
    buffer = BytesIO()
    pq.write_table(pa.table(columns), buffer, compression="zstd", store_schema=False)
    return buffer.getvalue()


def _nested(pa: Any, documents: Sequence[dict[str, Any]]) -> Any:
    """Return documents as structures; ``None`` where they would not be read again the same."""
    try:
        column = pa.array([_sorted(one) for one in documents])
    except (pa.ArrowException, ValueError, TypeError, OverflowError):
        return None
    same = pa.types.is_struct(column.type) and all(
        as_line(_present(held)) == as_line(one)
        for held, one in zip(column.to_pylist(), documents, strict=True)
    )
    return column if same else None


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(one) for one in value] if isinstance(value, list) else value


def _present(value: Any) -> Any:
    """Return what a row holds: a null is a key that the event does not have."""
    if isinstance(value, dict):
        return {key: _present(one) for key, one in value.items() if one is not None}
    return [_present(one) for one in value] if isinstance(value, list) else value


def _arrow() -> tuple[Any, Any]:
    try:
        import pyarrow as pa  # noqa: PLC0415 (large, and an extra)
        import pyarrow.parquet as pq  # noqa: PLC0415
    except ImportError as error:
        message = "Parquet needs the package pyarrow"
        hint = "pip install 'detection-harness[telemetry]'"
        problem = Diagnostic(code="missing-package", message=message, hint=hint)
        raise InvalidInput([problem]) from error
    return pa, pq


def read(data: bytes) -> list[Record]:
    """Return the records of the rows."""
    pa, pq = _arrow()
    try:
        rows = pq.read_table(BytesIO(data)).to_pylist()
    except (pa.ArrowException, OSError, ValueError) as error:
        first = str(error).split("\n")[0][:200]
        message = f"it is no Parquet file: {first}"
        raise NotWritten(message) from error
    return [_record(row, number) for number, row in enumerate(rows, 1)]


def _record(row: dict[str, Any], number: int) -> Record:
    try:
        text, nested = row.pop(_TEXT, None), row.pop(_NESTED, None)
        document = _present(nested) if text is None else json.loads(text)
        return {**row, "activity": json.loads(row["activity"]), "document": document}
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        message = f"row {number} holds no labelled document"
        raise NotWritten(message) from error


FORMAT = Format(
    name="parquet",
    title="Apache Parquet",
    ending=".parquet",
    record="row",
    labels="in the columns beside the event",
    layout=f"`{_NESTED}` is the event as a structure, in which a null is a field that the event "
    f"does not have; where the events do not agree on types it is `{_TEXT}` instead, the event "
    "as JSON. `activity`, as JSON, is what happened, told without any vendor, before a mutation",
    write=write,
    read=read,
    binary=True,
    exact=False,
)
