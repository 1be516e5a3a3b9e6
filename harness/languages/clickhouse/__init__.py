"""ClickHouse: SELECT statements and WHERE expressions over a store of logs."""

from __future__ import annotations

import re

from harness.ir import TRUE, Context, Query, all_of
from harness.languages._base import Deviation, Language
from harness.languages._sql.cursor import SqlCursor
from harness.languages._sql.statement import Statement, Statements, is_position
from harness.languages.clickhouse._binder import Binder, Scope
from harness.languages.clickhouse._columns import table_of
from harness.languages.clickhouse._grammar import GRAMMAR, read_tokens
from harness.languages.clickhouse._semantics import OPTIONS, SEMANTICS
from harness.source import Source

__all__ = ["LANGUAGE", "read_statement"]

_CHOICES = re.compile(r"\b(?:and|or|if|multiIf|coalesce|ifNull|case)\b|\?", re.IGNORECASE)
_BARE = frozenset({("logs",)})
"""How the table may be called in a condition without a statement."""


def read_statement(source: Source) -> Statement:
    """Return what a statement says, before its names are looked up."""
    return Statements(SqlCursor(source, read_tokens(source)), GRAMMAR, from_first=True).statement()


def _parse(source: Source, context: Context) -> Query:
    table = table_of(context)
    found = read_statement(source)
    scope = Scope(source, table, context.now)
    scope.tables = _BARE if found.bare else found.tables
    scope.aliases = {one.alias: one.node for one in found.results if one.alias}
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


LANGUAGE = Language(
    name="clickhouse",
    title="ClickHouse",
    reference="https://clickhouse.com/docs/sql-reference",
    semantics=SEMANTICS,
    parse=_parse,
    extensions=(".clickhouse",),
    options=OPTIONS,
    deviations=(
        Deviation(
            name="parts that a constant decides",
            reason="ClickHouse does not look at the types of a part where a constant beside it"
            " decides; we refuse the query as it would be without that constant",
            covers=lambda query: _CHOICES.search(query) is not None,
            when="we reject",
        ),
        Deviation(
            name="order of evaluation",
            reason="a part that fails ends the query where ClickHouse gets there, and it does not"
            " say in which order it looks at the parts",
            covers=lambda _: True,
            when="it fails",
        ),
    ),
)
