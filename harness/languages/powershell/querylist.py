"""Structured queries (``-FilterXml``): a QueryList of Select and Suppress elements.

The XML is read by expat with every document type declaration refused, so there are no entities,
external or nested.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.parsers import expat

from harness.ir import FALSE, Not, Predicate, all_of, any_of
from harness.languages.powershell.eventtests import log_named
from harness.languages.powershell.scope import Scope
from harness.languages.powershell.xpath import read_xpath
from harness.source import Span

MAX_QUERIES = 256
"""Queries of one list (the event log service takes no more)."""


@dataclass(slots=True)
class _Part:
    kind: str
    path: str
    text: str = ""


@dataclass(slots=True)
class _Query:
    path: str
    parts: list[_Part] = field(default_factory=list)


class _Reader:
    """Collects the queries of a QueryList."""

    def __init__(self, scope: Scope, span: Span) -> None:
        self.scope = scope
        self.span = span
        self.queries: list[_Query] = []
        self.open: list[str] = []

    def read(self, text: str) -> list[_Query]:
        parser = expat.ParserCreate()
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.StartDoctypeDeclHandler = self._doctype
        try:
            parser.Parse(text.lstrip().encode("utf-8", "replace"), True)
        except expat.ExpatError as error:
            self.scope.fail(self.span, f"the query is not well-formed XML: {error}")
        return self.queries

    def _doctype(self, *_: object) -> None:
        self.scope.unsupported(self.span, "a document type declaration", "a query list needs none")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        parent = self.open[-1] if self.open else ""
        allowed = {"": "QueryList", "QueryList": "Query", "Query": "Select Suppress"}
        if name not in allowed.get(parent, "").split():
            where = f"in {parent}" if parent else "at the top"
            self.scope.fail(self.span, f"the element {name} does not stand {where}")
        self.open.append(name)
        path = attributes.get("Path", "")
        if name == "Query":
            self.queries.append(_Query(path))
            if len(self.queries) > MAX_QUERIES:
                self.scope.fail(self.span, f"the list has more than {MAX_QUERIES} queries")
        elif name in {"Select", "Suppress"}:
            self.queries[-1].parts.append(_Part(name, path or self.queries[-1].path))

    def _end(self, _: str) -> None:
        self.open.pop()

    def _text(self, data: str) -> None:
        if self.open and self.open[-1] in {"Select", "Suppress"}:
            self.queries[-1].parts[-1].text += data


def read_query_list(text: str, scope: Scope, span: Span) -> Predicate:
    """Return a structured query: of each query, what is selected and not suppressed."""
    found = [_query(query, scope, span) for query in _Reader(scope, span).read(text)]
    if not found:
        scope.fail(span, "the query list holds no query", "add <Query><Select Path='...'>")
    return any_of(*found)


def _query(query: _Query, scope: Scope, span: Span) -> Predicate:
    selected: list[Predicate] = []
    suppressed: list[Predicate] = []
    for part in query.parts:
        inner = read_xpath(part.text, scope, span, verbatim=False)
        if not part.path:
            scope.fail(span, f"a {part.kind} names no log", "add a Path attribute")
        here = () if part.path.lower().startswith("file:") else (log_named(part.path, span),)
        (selected if part.kind == "Select" else suppressed).append(all_of(*here, inner))
    if not selected:
        return FALSE
    chosen = any_of(*selected)
    return all_of(chosen, Not(any_of(*suppressed))) if suppressed else chosen
