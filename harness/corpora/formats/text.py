"""Text: the events alone, as a log file would hold them, with their labels in a file beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from harness.corpora.formats._base import Format, NotWritten, Record, Written, as_line
from harness.documents.document import Document

_EMPTY = "the text of the event is empty"
_SEARCHED = "the mutation is in a field that is taken from the text of the event, which stays"
_NO_TEXT = "the event has no text: the field that holds it is no text after the mutation"
_HALVES = "the text holds half of a surrogate pair, which no file in UTF-8 can"


def write(documents: Sequence[Document]) -> Written:
    """Return the text of each event on a line of its own; without any, its JSON.

    A text of several lines stays one: the label says where it begins and how long it is.
    """
    plain = {one.sample.name: one.body.get("_raw") for one in documents if not one.mutation}
    kept, places, parts = [], [], []
    left_out: Counter[str] = Counter()
    line = 1
    for one in documents:
        reason = _unfit(one, plain)
        if reason:
            left_out[reason] += 1
            continue
        text = _text(one)
        count = text.count("\n") + 1
        kept.append(one)
        parts.append(f"{text}\n")
        places.append({"line": line, "lines": count})
        line += count
    data = "".join(parts).encode()
    return Written(data=data, kept=kept, left_out=left_out, places=places)


def _unfit(document: Document, plain: dict[str, Any]) -> str:
    """Return why a document cannot stand in a text file; empty where it can."""
    if document.sample.name in plain and plain[document.sample.name] is not None:
        held = document.body.get("_raw")
        if not isinstance(held, str):
            return _NO_TEXT
        if document.mutation and held == plain[document.sample.name]:
            return _SEARCHED
    text = _text(document)
    if not text:
        return _EMPTY
    return _HALVES if any("\ud800" <= char <= "\udfff" for char in text) else ""


def _text(document: Document) -> str:
    raw = document.body.get("_raw")
    return raw if isinstance(raw, str) else as_line(document.document)


def read(data: bytes) -> list[Record]:
    """Return the lines, each as an event: which of them belong together the labels say."""
    try:
        lines = data.decode().split("\n")
    except UnicodeDecodeError as error:
        message = f"it is no UTF-8: {error.reason} at byte {error.start}"
        raise NotWritten(message) from error
    return [{"document": {"_raw": line}} for line in lines[:-1]]


FORMAT = Format(
    name="text",
    title="Text lines",
    ending=".log",
    record="line",
    labels="in the file beside it, by the number of the first line and the count of lines",
    layout="the text of the event (`_raw`) as the data source holds it, also where it has several "
    "lines; an event that is no text is JSON on one line",
    write=write,
    read=read,
    sidecar=True,
)
