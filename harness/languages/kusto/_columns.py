"""The columns that are there at one point of a pipeline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches

from harness.ir import Context
from harness.languages._scope import matches_any
from harness.languages.kusto._literals import TYPES
from harness.languages.kusto._typed import Typed, column
from harness.source import Span

_INDEX_TYPES = {
    "keyword": "string",
    "text": "string",
    "wildcard": "string",
    "constant_keyword": "string",
    "match_only_text": "string",
    "ip": "string",
    "version": "string",
    "integer": "int",
    "short": "int",
    "byte": "int",
    "unsigned_long": "long",
    "float": "real",
    "half_float": "real",
    "scaled_float": "real",
    "date_nanos": "datetime",
    "object": "dynamic",
    "nested": "dynamic",
    "flattened": "dynamic",
}
"""Types of other stores, so that one list of types may serve several languages."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Columns by name. An open table may have others, whose types are not known."""

    known: Mapping[str, Typed] = field(default_factory=dict)
    open: bool = True
    gone: frozenset[str] = frozenset()
    unnamed: bool = False
    """Columns were made whose names the service chooses."""

    def find(self, name: str, span: Span) -> Typed | None:
        """Return a column, if it is there."""
        if name in self.known:
            return self.known[name].at(span)
        if self.open and name not in self.gone:
            return column(name, "", span)
        return None

    def near(self, name: str) -> str:
        """Return the nearest name that is there."""
        return next(iter(get_close_matches(name, self.known, n=1, cutoff=0.5)), "")

    def assign(self, values: Mapping[str, Typed]) -> Columns:
        """Set columns."""
        return replace(self, known={**self.known, **values}, gone=self.gone - values.keys())

    def only(self, values: Mapping[str, Typed]) -> Columns:
        """Drop every other column."""
        return Columns(dict(values), open=False, unnamed=self.unnamed)

    def drop(self, patterns: tuple[str, ...]) -> Columns:
        """Drop columns by name or pattern."""
        left = {name: item for name, item in self.known.items() if not matches_any(patterns, name)}
        return replace(self, known=left, gone=self.gone | frozenset(patterns))

    def matching(self, patterns: tuple[str, ...]) -> dict[str, Typed]:
        """Return the columns of some names or patterns."""
        return {name: item for name, item in self.known.items() if matches_any(patterns, name)}


def kusto_type(name: str) -> str:
    """Return Kusto's name of a type; empty for one that is not known."""
    lower = name.lower()
    return TYPES.get(lower) or _INDEX_TYPES.get(lower, "")


def of_table(context: Context) -> Columns:
    """Return the columns that the types of a context declare; an open table without them."""
    start = Span(0, 0)
    known = {
        name: column(name, kusto_type(given.name), start) for name, given in context.types.items()
    }
    lenient = context.options.get("unmapped", "error") == "missing"
    return Columns(known, open=not known or lenient)
