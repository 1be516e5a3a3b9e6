"""Kusto Query Language, as Microsoft Sentinel and Defender XDR advanced hunting run it.

``LANGUAGE`` is what the registry reads. A query goes through ``_tokens``, ``_expressions``,
``_reader`` and ``_statements`` (text to syntax), then ``_pipeline`` and ``_bind`` (names, types,
predicate).
"""

from __future__ import annotations

from dataclasses import replace

from harness.ir import Context, Lookup, Query, Semantics
from harness.languages._base import Language, Option
from harness.languages.kusto._columns import of_table
from harness.languages.kusto._environment import Environment
from harness.languages.kusto._operators import OPERATORS
from harness.languages.kusto._pipeline import filtered, is_table, table
from harness.languages.kusto._state import State
from harness.languages.kusto._statements import script
from harness.languages.kusto._values import row
from harness.source import Source

__all__ = ["LANGUAGE"]


def parse(source: Source, context: Context) -> Query:
    """Read a query, or the predicate of one."""
    read = script(source)
    env = Environment(source=source, context=context)
    for let in read.lets:
        env = env.define(let)
    if is_table(read.result, env):
        state = table(read.result, env)
    else:
        state = filtered(State(of_table(context)), read.result, env)
    return prepared(state.query())


def prepared(query: Query) -> Query:
    """Return a query that sees events as rows of a table."""
    upstream = None if query.upstream is None else prepared(query.upstream)
    return replace(query, prepare=row, upstream=upstream)


_NOTES = (
    "Types given are the columns of the table: another name is an error, as in the service.",
    "Without types any column may be there, and its values tell its type.",
    "A missing string is the empty string, a missing value of another type is null.",
    "null == value is false and null != value is true; '<' and its kind give null.",
    "A null condition drops the row, under not() too.",
    "Where editions of the vendor's pages differ on letters beyond ASCII, there is no outcome.",
    "A predicate without a table is read as the condition of 'where'.",
    "A text in quotes is never a column: 'a.b' == \"x\" compares two texts.",
)

LANGUAGE = Language(
    name="kusto",
    title="Kusto Query Language (Microsoft Sentinel, Defender XDR)",
    reference="https://learn.microsoft.com/en-us/kusto/query/",
    semantics=Semantics(
        lookup=Lookup.FLAT,
        operators=OPERATORS,
        notes=_NOTES,
    ),
    parse=parse,
    extensions=(".kql", ".csl"),
    options=(
        Option(
            name="table",
            default="every table of the query",
            summary="The table that the events are rows of; the rows of other tables in a query "
            "are none of them.",
        ),
        Option(
            name="unmapped",
            default="error",
            summary="What a column outside the given types is: 'error', as in the service, or "
            "'missing', one of unknown type.",
        ),
    ),
)
