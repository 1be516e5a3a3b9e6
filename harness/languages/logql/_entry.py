"""A log line on its way through a pipeline: its text, its labels, and its error."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from harness.ir import Event
from harness.ir.cells import text_line
from harness.languages.logql._json import written

EXTRACTED = "_extracted"
ERROR = "__error__"
ERROR_DETAILS = "__error_details__"
_ENTRY_KEYS = frozenset(("line", "labels", "metadata", "timestamp"))
_RAW_KEYS = ("_raw", "_raw_b64")
_OTHER = re.compile(r"[^a-zA-Z0-9_]")


class Entry:
    """One entry of a stream. ``labels`` is ``None`` where the event does not tell them.

    Labels are in three layers: those of the stream, structured metadata, and what the pipeline
    extracted, which wins. A deleted label of the stream still gives an extracted one of its
    name a new name, and what was extracted once is not extracted again. ``described`` is the
    metadata as it was sent.
    """

    def __init__(self, event: Event, labels: Mapping[str, str] | None) -> None:
        self.document: Event | None = None
        self._line: str | None = None
        self.error = ""
        given: Any = event.get("labels")
        metadata: Any = {}
        if "line" in event and _ENTRY_KEYS.issuperset(event):
            self._line, metadata = str(event["line"]), event.get("metadata") or {}
        elif any(key in event for key in _RAW_KEYS):
            raw = text_line(event)
            self._line = raw if isinstance(raw, str) else raw.decode("utf-8", "surrogateescape")
        else:
            self.document, given = event, None
        known = given if isinstance(given, Mapping) else labels
        self.unlabelled = known is None
        named = ((str(name), str(value)) for name, value in (known or {}).items())
        self.stream = {name: value for name, value in named if value}
        self.metadata: dict[str, str] = {}
        self.described = {str(name): str(value) for name, value in metadata.items()}
        self.parsed: dict[str, str] = {}
        self.deleted: set[str] = set()
        self.extracted: set[str] = set()
        for name, value in self.described.items():
            self._describe(name, value)

    def _describe(self, name: str, value: str) -> None:
        if name in self.stream:
            name += EXTRACTED
        if name == ERROR:
            self.error = value
        elif name != ERROR_DETAILS:
            self.metadata[name] = value

    @property
    def line(self) -> str:
        """The text of the line as it is now; that of a document is its JSON."""
        if self._line is None:
            self._line = written(self.document)
        return self._line

    @line.setter
    def line(self, text: str) -> None:
        self._line, self.document = text, None

    def get(self, name: str) -> str | None:
        """Return the value of a label."""
        for layer in (self.metadata, self.parsed):
            if name in layer:
                return layer[name]
        return None if name in self.deleted else self.stream.get(name)

    def put(self, name: str, value: str) -> None:
        """Set a label as the pipeline does."""
        self.metadata.pop(name, None)
        if name not in self.parsed:
            self.extracted.add(name)
        self.parsed[name] = value

    def extract(self, name: str, value: str) -> None:
        """Set a label that a parser found, unless one before it did."""
        name = self.free(name)
        if name not in self.extracted:
            self.put(name, value)

    def free(self, name: str) -> str:
        """Return the name that an extracted label gets."""
        return name + EXTRACTED if self.taken(name) else name

    def taken(self, name: str) -> bool:
        """Return whether the stream or the metadata has this label."""
        return name in self.stream or name in self.metadata

    def remove(self, name: str) -> None:
        """Delete a label."""
        self.metadata.pop(name, None)
        self.parsed.pop(name, None)
        self.deleted.add(name)

    def names(self) -> Iterable[str]:
        """Return the names of all labels."""
        left = [name for name in self.stream if name not in self.deleted]
        return dict.fromkeys((*left, *self.metadata, *self.parsed))


def sanitized(key: str) -> str:
    """Return a key as the name of a label: only ASCII letters, digits and underscores."""
    key = key.strip()
    if key[:1].isascii() and key[:1].isdigit():
        key = f"_{key}"
    return _OTHER.sub("_", key)
