"""DuckDB: SELECT statements and WHERE expressions over a lake of events."""

from __future__ import annotations

from typing import Any

from harness.ir import TRUE, Context, Query, all_of
from harness.languages._base import Deviation, Language
from harness.languages._sql.cursor import SqlCursor
from harness.languages._sql.rows import bad_option
from harness.languages._sql.statement import Statement, Statements, is_position
from harness.languages.duckdb._binder import Binder, Scope
from harness.languages.duckdb._columns import table_of
from harness.languages.duckdb._grammar import GRAMMAR, read_tokens
from harness.languages.duckdb._semantics import OPTIONS, SEMANTICS
from harness.source import Source

__all__ = ["LANGUAGE", "read_statement"]

_BARE = frozenset({("logs",), ("main", "logs")})
"""How the table may be called in a condition without a statement."""


def read_statement(source: Source) -> Statement:
    """Return what a statement says, before its names are looked up."""
    return Statements(SqlCursor(source, read_tokens(source)), GRAMMAR, from_first=True).statement()


def _parse(source: Source, context: Context) -> Query:
    table = table_of(context)
    found = read_statement(source)
    scope = Scope(source, table, context.now, searches=_searches(context))
    scope.tables = _BARE if found.bare else found.tables
    scope.aliases = {one.alias.lower(): one.node for one in found.results if one.alias}
    binder = Binder(scope)
    conditions = [binder.condition(node) for node in found.conditions]
    for node in (*(one.node for one in found.results), *found.sorted_by):
        if not is_position(node):
            binder.bind(node)
    return Query(
        predicate=all_of(*conditions) if conditions else TRUE,
        stages=() if found.limit is None else (found.limit,),
        prepare=table.columns,
    )


def _searches(context: Context) -> bool:
    given: Any = context.options.get("version") or "2.0"
    major = str(given).lstrip("v").partition(".")[0]
    if not major.isdigit():
        message = f"there is no version {given!r}"
        raise bad_option(message, "give a number such as 2.0 or 1.4")
    return int(major) > 1


LANGUAGE = Language(
    name="duckdb",
    title="DuckDB",
    reference="https://duckdb.org/docs/stable/sql/expressions/overview",
    semantics=SEMANTICS,
    parse=_parse,
    extensions=(".duckdb",),
    options=OPTIONS,
    deviations=(
        Deviation(
            name="order of evaluation",
            reason="a part that fails ends the query where DuckDB gets there, and it does not"
            " say in which order it looks at the parts",
            covers=lambda _: True,
            when="it fails",
        ),
    ),
)
