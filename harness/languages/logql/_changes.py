"""The stages that make labels or change them, as functions on an entry."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from harness.ir import Check
from harness.ir.regexes import Finder
from harness.languages.logql._entry import EXTRACTED, Entry, sanitized
from harness.languages.logql._json import (
    MAX_DEPTH,
    Malformed,
    Value,
    clean,
    members,
    parts_of,
    unescaped,
    value_at,
)
from harness.languages.logql._logfmt import pairs

JSON_ERROR, LOGFMT_ERROR = "JSONParserErr", "LogfmtParserErr"
PACKED_LINE = "_entry"
_ANSI = re.compile(r"[\x1b\x9b][\[\]()#;?]*(?:[0-9]{1,4}(?:;[0-9]{0,4})*)?[0-9A-PR-TZcf-nqry=><~]")
_SCALARS = ("string", "text", "number", "boolean")

Change = Callable[[Entry], None]


def json_labels(entry: Entry) -> None:
    """Make a label of every scalar of the line's JSON object, nested names joined by ``_``."""
    top = members(entry.line) if entry.document is None else parts_of(entry.document)
    try:
        _members(entry, top, (), entry.document)
    except Malformed:
        entry.error = JSON_ERROR


def _members(
    entry: Entry,
    items: Iterator[tuple[str, Value]],
    above: tuple[str, ...],
    node: Mapping[str, object] | None,
) -> None:
    for key, value in items:
        if value.kind == "object" and len(above) < MAX_DEPTH:
            inner = node.get(key) if node is not None else None
            known = inner if isinstance(inner, Mapping) else None
            below = members(value.raw) if known is None else parts_of(known)
            _members(entry, below, (*above, key), known)
        elif value.kind in _SCALARS:
            name = _joined((*above, key)) if above else sanitized(key)
            if above and entry.taken(name):
                name = _joined((*above, key + EXTRACTED))
            if name or above:
                _extract(entry, name, value, nested=bool(above))


def _extract(entry: Entry, name: str, value: Value, *, nested: bool) -> None:
    if not nested:
        entry.extract(name, value.text)
    elif name not in entry.extracted:
        entry.put(name, value.text)


def _joined(keys: tuple[str, ...]) -> str:
    found = ""
    for key in keys:
        part = key.strip()
        if part:
            found = f"{found}_{sanitized(f'x{part}')[1:]}" if found else sanitized(part)
    return found


@dataclass(frozen=True, slots=True)
class JsonPaths:
    """``json name="path"``: a label for each path, empty where nothing is there."""

    paths: tuple[tuple[str, tuple[str | int, ...]], ...]

    def __call__(self, entry: Entry) -> None:
        line = entry.line
        if not line:
            return
        if line[0] not in '"{[':
            entry.error = JSON_ERROR
            return
        found = 0
        for name, path in self.paths:
            try:
                value = _at(line, path)
            except Malformed:
                entry.error, value = JSON_ERROR, None
            if value is not None:
                found += 1
                entry.put(entry.free(name), _written(value))
        if found < len(self.paths):
            for name, _ in self.paths:
                if entry.get(name) is None:
                    entry.put(name, "")


def _written(value: Value) -> str:
    if value.kind in ("null", "object"):
        return "" if value.kind == "null" else value.raw
    return clean(unescaped(value.raw) or "")


def _at(line: str, path: tuple[str | int, ...]) -> Value | None:
    """Return the value at a path; what stands behind it in the line need not be JSON.

    Raises ``Malformed`` where the member that the path ends at has no JSON for a value.
    """
    kind = "object" if line.lstrip(" \n\r\t").startswith("{") else "array"
    value: Value | None = Value(kind, line)
    for left, step in enumerate(path, start=1 - len(path)):
        try:
            value = None if value is None else _step(value, step)
        except Malformed as error:
            if left == 0 and error.key is not None and error.key == step:
                raise
            return None
    return value


def _step(value: Value, step: str | int) -> Value | None:
    if isinstance(step, str):
        if value.kind != "object":
            return None
        return next((inner for key, inner in members(value.raw) if key == step), None)
    if value.kind != "array":
        return None
    return next((inner for at, inner in enumerate(_items(value.raw)) if at == step), None)


def _items(raw: str) -> Iterator[Value]:
    at = raw.find("[") + 1
    while True:
        at += len(raw[at:]) - len(raw[at:].lstrip(" \n\r\t,"))
        if at >= len(raw) or raw[at] == "]":
            return
        value, at = value_at(raw, at)
        yield value


@dataclass(frozen=True, slots=True)
class Logfmt:
    """``logfmt``: a label for each pair of the line."""

    strict: bool
    keep_empty: bool

    def __call__(self, entry: Entry) -> None:
        for key, value in pairs(entry.line):
            if key is None:
                if self.strict:
                    entry.error = LOGFMT_ERROR
                    return
                continue
            name, text = sanitized(key), clean(value)
            if name and (text or self.keep_empty):
                entry.extract(name, text)


@dataclass(frozen=True, slots=True)
class LogfmtKeys:
    """``logfmt name="key"``: these labels, empty where the line has no such key."""

    keys: tuple[tuple[str, str], ...]
    strict: bool

    def __call__(self, entry: Entry) -> None:
        wanted = dict(self.keys)
        for name in wanted:
            if not entry.taken(name):
                entry.put(name, "")
        for found, value in pairs(entry.line):
            if found is None:
                if self.strict:
                    entry.error = LOGFMT_ERROR
                    return
                continue
            key = sanitized(found)
            if not key or (key not in wanted and key in entry.extracted):
                continue
            name = next((name for name, source in self.keys if source == key), key)
            if name not in wanted:
                continue
            free = entry.free(name)
            if free != name and free in entry.extracted:
                return  # Loki reads no further
            entry.put(free, "" if "\ufffd" in value else value)


@dataclass(frozen=True, slots=True)
class Captures:
    """``regexp``: a label for each named group of the first match."""

    finder: Finder

    def __call__(self, entry: Entry) -> None:
        found = next(self.finder.finds(entry.line), None)
        for name, value in (found.named if found else {}).items():
            entry.extract(sanitized(name), value or "")


@dataclass(frozen=True, slots=True)
class Pattern:
    """``pattern``: a label for each named gap; ``pieces`` are texts and gaps in turn."""

    pieces: tuple[tuple[str, bool], ...]

    def __call__(self, entry: Entry) -> None:
        for name, value in _gaps(self.pieces, entry.line):
            if name != "_":
                entry.extract(name, value)


def _gaps(pieces: tuple[tuple[str, bool], ...], line: str) -> Iterator[tuple[str, str]]:
    if not line:
        return
    if not pieces[0][1]:
        if not line.startswith(pieces[0][0]):
            return
        line, pieces = line[len(pieces[0][0]) :], pieces[1:]
    for gap, text in zip(pieces[::2], (*pieces[1::2], ("", False)), strict=False):
        end = line.find(text[0]) if text[0] else -1
        yield gap[0], line if end < 0 else line[:end]
        if end < 0:
            return
        line = line[end + len(text[0]) :]


def unpack(entry: Entry) -> None:
    """Restore a line that Promtail packed, and the labels that it packed with it."""
    if not entry.line:
        return
    try:
        found, packed = _unpacked(entry)
    except Malformed:
        entry.error = JSON_ERROR
        return
    if packed is not None:
        for name, text in found:
            entry.put(name, text)
        entry.line = packed


def _unpacked(entry: Entry) -> tuple[list[tuple[str, str]], str | None]:
    """Return the packed labels and the packed line."""
    if entry.line[0] != "{":
        raise Malformed
    found: list[tuple[str, str]] = []
    packed: str | None = None
    for key, value in members(entry.line):
        if value.kind != "string":
            continue
        if key == PACKED_LINE:
            packed = unescaped(value.raw)
            if packed is None:
                raise Malformed
        elif entry.free(key) not in entry.extracted:
            found.append((sanitized(entry.free(key)), value.text))
    return found, packed


def decolorize(entry: Entry) -> None:
    """Take colour codes out of the line."""
    if "\x1b" in entry.line or "\x9b" in entry.line:
        entry.line = _ANSI.sub("", entry.line)


@dataclass(frozen=True, slots=True)
class Drop:
    """``drop``: labels by name, or by name where the value passes a test."""

    names: tuple[tuple[str, Check | None, bool], ...]

    def __call__(self, entry: Entry) -> None:
        for name, check, negated in self.names:
            if name == "__error__":
                if check is None or check.accepts(entry.error) is not negated:
                    entry.error = ""
            elif check is None:
                if entry.get(name) is not None:
                    entry.remove(name)
            elif check.accepts(entry.get(name) or "") is not negated:
                entry.remove(name)


@dataclass(frozen=True, slots=True)
class Keep:
    """``keep``: only these labels, by name, or by name where the value passes a test."""

    names: tuple[tuple[str, Check | None, bool], ...]

    def __call__(self, entry: Entry) -> None:
        for name in tuple(entry.names()):
            if not any(self._keeps(entry, name, one) for one in self.names):
                entry.remove(name)

    def _keeps(self, entry: Entry, name: str, one: tuple[str, Check | None, bool]) -> bool:
        wanted, check, negated = one
        if wanted != name:
            return False
        return check is None or check.accepts(entry.get(name) or "") is not negated


Read = Callable[[Mapping[str, str], str], str]
"""What one piece of a template makes of the labels and the line."""


@dataclass(frozen=True, slots=True)
class Branch:
    """``{{ if function .left .right }}then{{ else }}otherwise{{ end }}``."""

    function: str
    left: str
    right: str
    then: str
    otherwise: str

    def __call__(self, labels: Mapping[str, str], _: str) -> str:
        values = labels.get(self.left, ""), labels.get(self.right, "")
        return self.then if COMPARISONS[self.function](*values) else self.otherwise


COMPARISONS: dict[str, Callable[[str, str], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
    "contains": lambda part, text: part in text,
    "hasPrefix": lambda part, text: text.startswith(part),
    "hasSuffix": lambda part, text: text.endswith(part),
}
"""The functions of templates that compare two texts."""


@dataclass(frozen=True, slots=True)
class Template:
    """A template of texts, labels, the line, and choices by comparing two labels."""

    pieces: tuple[Read, ...]

    def fill(self, entry: Entry, labels: Mapping[str, str]) -> str:
        """Return the text for an entry."""
        return "".join(piece(labels, entry.line) for piece in self.pieces)


@dataclass(frozen=True, slots=True)
class LineFormat:
    """``line_format``: a new line.

    ``label`` is the name where the template is this label alone: Loki looks it up itself, and
    does not find the error there.
    """

    template: Template
    label: str = ""

    def __call__(self, entry: Entry) -> None:
        if self.label:
            entry.line = entry.get(self.label) or ""
            return
        entry.line = self.template.fill(entry, labels_of(entry))


@dataclass(frozen=True, slots=True)
class LabelFormat:
    """``label_format``: labels renamed, or set from templates, which see the labels before."""

    items: tuple[tuple[str, str | Template | None], ...]

    def __call__(self, entry: Entry) -> None:
        before: Mapping[str, str] | None = None
        for name, given in self.items:
            if isinstance(given, str):
                value = entry.get(given)
                if value is not None:
                    entry.put(name, value)
                    entry.remove(given)
            elif given is not None:
                before = before or labels_of(entry)
                entry.put(name, given.fill(entry, before))


def labels_of(entry: Entry) -> dict[str, str]:
    """Return all labels of an entry, its error among them."""
    found = {name: entry.get(name) or "" for name in entry.names()}
    return {**found, "__error__": entry.error} if entry.error else found
