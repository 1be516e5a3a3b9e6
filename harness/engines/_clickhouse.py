"""What is sent to a ClickHouse, in this process's own or on a server: rows, and checked queries."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.ir import Context, Event, FieldType
from harness.languages._sql import tree
from harness.languages._sql.parser import parts_of
from harness.languages._sql.statement import Statement
from harness.languages.clickhouse import read_statement
from harness.languages.clickhouse._calls import is_evaluated
from harness.languages.clickhouse._columns import Columns, table_of
from harness.languages.clickhouse._names import AGGREGATES, OTHERS
from harness.source import QuerySyntaxError, Source, Span, Unsupported

NUMBER = "harness_row"
"""The column that tells the rows apart."""
TABLE = "logs"
"""How the table is called in a condition without a statement."""
ENDING = re.compile(r"(?:;(?:\s|--[^\n]*|/\*.*?\*/)*)+\Z", re.DOTALL)
_COMMENTS = re.compile(r"\s|--[^\n]*|/\*.*?\*/", re.DOTALL)


def refusal(query: str, message: str) -> QuerySyntaxError:
    """Return the error of a query that ClickHouse refuses, in its words."""
    return QuerySyntaxError(message[:2000], Source(query, "<clickhouse>"), Span(0, len(query)))


def literal(text: str) -> str:
    """Return a text in quotes."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _is_statement(query: str) -> bool:
    text = _COMMENTS.sub(" ", query).strip().upper()
    return text.startswith(("SELECT ", "FROM ", "WITH "))


def is_no_syntax(query: str) -> str:
    """Return the statement that says whether a query is no SQL; it is parsed, not run."""
    whole = query if _is_statement(query) else f"SELECT 1 FROM {TABLE} WHERE {query}\n"  # noqa: S608 - only parsed
    return f"SELECT isNull(formatQuerySingleLineOrNull({literal(whole)}))"


@dataclass(frozen=True, slots=True)
class Rows:
    """A table's columns with their types, and its rows as JSON objects."""

    columns: list[tuple[str, str]]
    values: list[dict[str, Any]]

    @classmethod
    def of(
        cls, events: Sequence[Event], options: Mapping[str, Any], types: Mapping[str, FieldType]
    ) -> Rows:
        """Return the rows that events are stored as."""
        table = table_of(Context(types=types, options=dict(options)))
        columns = table.columns
        rows = [dict(columns(event)) for event in events]
        objects = {name.rpartition(".")[0] for row in rows for name in row if "." in name}
        names = dict.fromkeys(
            [*(name for name in columns.declared if name != "*"), *(k for row in rows for k in row)]
        )
        names |= dict.fromkeys(name for name in types if name not in objects)
        kept = [name for name in names if not columns.map_of(name)]
        declared = [(quoted(name), str(columns.kind(name))) for name in kept]
        return cls(declared, [_row(columns, row) for row in rows])


def _row(columns: Columns, row: Event) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in row.items():
        owner = columns.map_of(name)
        if owner:
            found.setdefault(owner, {})[name[len(owner) + 1 :]] = value
        elif value is not None:
            found[name] = value[:10] if columns.kind(name).name == "Date" else value
    return found


def quoted(name: str) -> str:
    """Return a name in quotes."""
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"


@dataclass(frozen=True, slots=True)
class Question:
    """A statement that returns the numbers of rows first, with a place for its table."""

    before: str
    after: str
    name: str

    def text(self, table: str) -> str:
        """Return the statement over a table."""
        return f"{self.before}{table}{self.name}{self.after}"


def question_of(query: str) -> Question:
    """Return what is run for a query.

    Raises ``QuerySyntaxError`` or ``Unsupported`` where our grammar does not read it, or where it
    names a function that we do not evaluate.
    """
    source = Source(query, "<clickhouse>")
    found = read_statement(source)
    _check(found, source)
    if found.bare:
        condition = ENDING.sub("", query)
        return Question(f"SELECT {NUMBER} FROM ", f" WHERE ({condition}\n)", f" AS {TABLE}")  # noqa: S608 - the user\'s own, checked
    assert found.table is not None
    start, end = found.table.start, found.table.end
    after = ENDING.sub("", query[end:])
    if found.first is None or found.first > start:
        message = "a statement that begins with FROM"
        raise Unsupported(message, source, found.table, "SELECT comes first where it is run")
    before = f"{query[: found.first]}{NUMBER}, {query[found.first : start]}"
    name = "" if found.aliased else f" AS {query[start:end].rpartition('.')[2]}"
    if not found.aliased and query[end - 1] == ")":
        name = ""
    return Question(before, after, name)


def _check(found: Statement, source: Source) -> None:
    """Refuse to run functions that we do not evaluate: some read files, or wait."""
    waiting: list[tree.Node] = [
        *found.conditions,
        *(one.node for one in found.results),
        *found.sorted_by,
    ]
    while waiting:
        node = waiting.pop()
        waiting.extend(parts_of(node))
        if not isinstance(node, tree.Invocation) or is_evaluated(node.name):
            continue
        if node.name in OTHERS | AGGREGATES or node.name.lower() in OTHERS | AGGREGATES:
            reason = "only functions that are evaluated are run"
            feature = f"the function {node.name}()"
            raise Unsupported(feature, source, node.place, reason)
