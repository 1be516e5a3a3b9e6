"""Lucene query strings, as Elasticsearch's ``query_string`` evaluates them."""

from __future__ import annotations

from harness.ir import Context, Query, Semantics
from harness.ir.cells import Lookup
from harness.languages._base import Language, Option
from harness.languages._elastic.query_options import OPTIONS, settings
from harness.languages._elastic.query_string import OPERATORS, parse_query_string
from harness.source import Source

_OPTIONS = (
    Option(
        name="version",
        default="newest",
        summary="The Elasticsearch version, such as 7.17, 8 or 9.3.",
    ),
    *OPTIONS,
)

SEMANTICS = Semantics(
    lookup=Lookup.PATH,
    operators=OPERATORS,
    typed=True,
    notes=(
        (
            "AND, OR and NOT have no precedence: each clause of a group is required, optional or "
            "prohibited, and optional clauses count only where none is required."
        ),
        (
            "A group of prohibited clauses alone matches every other document, also one without "
            "the field."
        ),
        "One value of a list is enough; a negation needs all values to differ.",
        "Neighbouring bare words are one text: one exact value on a keyword field.",
        "A missing, null or unmapped field never matches, so its negation always does.",
    ),
)


def _parse(source: Source, context: Context) -> Query:
    chosen = settings(context.options, source)
    return Query(predicate=parse_query_string(source, context, chosen))


LANGUAGE = Language(
    name="lucene",
    title="Lucene query string (Elasticsearch)",
    reference="https://www.elastic.co/docs/reference/query-languages/query-dsl/query-dsl-query-string-query",
    semantics=SEMANTICS,
    parse=_parse,
    extensions=(".lucene",),
    options=_OPTIONS,
)
