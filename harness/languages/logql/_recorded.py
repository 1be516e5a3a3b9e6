"""How an event stands in Loki: its line, the labels of its stream, its structured metadata."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from harness.ir import Event
from harness.languages._raw import text_of
from harness.languages.logql._entry import Entry
from harness.languages.logql._logfmt import written
from harness.languages.logql._stages import Change, LogQuery

Writer = Callable[[Event], str]
WRITERS: Mapping[str, Writer | None] = {"json": None, "logfmt": written, "values": text_of}
"""What writes a document as a line; ``None`` is its JSON."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """One entry as it is sent to Loki; ``labels`` is ``None`` where the event does not tell."""

    line: str
    labels: Mapping[str, str] | None
    metadata: Mapping[str, str]


def kind_of(query: LogQuery | None, line: str) -> str:
    """Return how documents that are no lines are recorded for a query, by the option ``line``.

    ``parsed`` is what the first stage that reads a whole line reads, and plain values where
    none does.
    """
    if line != "parsed":
        return line
    kinds = (stage.kind for stage in (query.stages if query else ()) if isinstance(stage, Change))
    return next((kind for kind in kinds if kind in {"json", "logfmt"}), "values")


def writer_of(query: LogQuery, line: str) -> Writer | None:
    """Return what writes documents that are no lines, for a query."""
    return WRITERS[kind_of(query, line)]


def recorded(event: Event, kind: str, labels: Mapping[str, str] | None) -> Recorded:
    """Return an event as it is recorded; ``labels`` are those of events that carry none."""
    entry = Entry(event, labels)
    writer = WRITERS[kind]
    if writer is not None and entry.document is not None:
        entry.line = writer(entry.document)
    return Recorded(entry.line, None if entry.unlabelled else entry.stream, entry.described)
