"""JSON lines: one object a line that holds the label, where the event came from, and the event."""

from __future__ import annotations

from collections.abc import Sequence

from harness.corpora.formats._base import (
    Format,
    NotWritten,
    Record,
    Written,
    as_line,
    lineage,
    records_of,
)
from harness.documents.document import Document


def write(documents: Sequence[Document]) -> Written:
    """Return one line a document, keys in a fixed order: equal corpora are equal bytes."""
    lines = (as_line({**lineage(one), "document": one.document}) for one in documents)
    text = "".join(f"{line}\n" for line in lines)
    return Written(data=text.encode(), kept=documents, left_out={})


def read(data: bytes) -> list[Record]:
    """Return the records of the lines."""
    found = records_of(data)
    if not all(isinstance(one, dict) and isinstance(one.get("document"), dict) for one in found):
        message = "a line holds no labelled document"
        raise NotWritten(message)
    return found


FORMAT = Format(
    name="jsonl",
    title="JSON lines",
    ending=".jsonl",
    record="line",
    labels="in the line, beside the event",
    layout="`document` is the event as the data source records it; `activity` is what happened, "
    "told without any vendor, before a mutation",
    write=write,
    read=read,
)
