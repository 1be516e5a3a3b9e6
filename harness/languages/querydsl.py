"""Elasticsearch Query DSL: a query as a JSON object."""

from __future__ import annotations

import re

from harness.ir import Context, Lookup, Query, Semantics, Truth
from harness.jsonsource import Json, JsonObject, read_json
from harness.languages._base import Deviation, Language, Option
from harness.languages._elastic.dsl_operators import OPERATORS
from harness.languages._elastic.dsl_reader import read_query
from harness.source import QuerySyntaxError, Source, Unsupported

_SEARCH_BODY = frozenset(
    [
        "query",
        "size",
        "from",
        "sort",
        "_source",
        "fields",
        "stored_fields",
        "docvalue_fields",
        "script_fields",
        "aggs",
        "aggregations",
        "track_total_hits",
        "track_scores",
        "timeout",
        "terminate_after",
        "highlight",
        "version",
        "seq_no_primary_term",
        "explain",
        "profile",
        "stats",
        "search_after",
        "collapse",
        "runtime_mappings",
        "post_filter",
        "min_score",
        "rescore",
        "suggest",
        "indices_boost",
        "pit",
        "slice",
        "ext",
        "knn",
    ]
)
"""The keys of a search body; one with a ``query`` is taken for that query."""
_CHANGES_HITS = {
    "post_filter": "it filters the hits a second time",
    "min_score": "which documents it drops depends on their scores",
    "runtime_mappings": "fields computed at search time are not modelled",
    "collapse": "it keeps one hit a value",
    "knn": "which documents it finds depends on vectors",
    "slice": "it splits the hits",
    "terminate_after": "it stops early on each shard",
}

SEMANTICS = Semantics(
    lookup=Lookup.PATH,
    typed=True,
    unknown=Truth.FALSE,
    operators=OPERATORS,
    notes=(
        "Any value of a list may match; each clause may be met by a different value.",
        "Objects in lists are flattened unless they are mapped as nested.",
        "An unmapped field matches nothing and is no error.",
    ),
)


def parse(source: Source, context: Context) -> Query:
    """Text = query | '{' 'query' ':' query { ',' search setting } '}'."""
    return Query(predicate=read_query(_query_of(read_json(source), source), source, context))


def _query_of(node: Json, source: Source) -> Json:
    """Return the query in a search body, or the value itself."""
    if not isinstance(node, JsonObject) or node.get("query") is None:
        return node
    for member in node:
        if member.key not in _SEARCH_BODY:
            hint = "give a query object, or a search body with its query"
            message = f"a search body has no {member.key!r}"
            raise QuerySyntaxError(message, source, member.key_span, hint)
        if member.key in _CHANGES_HITS:
            feature = f"{member.key!r} of a search body"
            raise Unsupported(feature, source, member.key_span, _CHANGES_HITS[member.key])
    query = node.get("query")
    assert query is not None
    return query


_COMPOUND = re.compile(r'"(bool|boosting|dis_max|constant_score|nested)"')

LANGUAGE = Language(
    name="querydsl",
    title="Elasticsearch Query DSL",
    reference="https://www.elastic.co/guide/en/elasticsearch/reference/8.13/query-dsl.html",
    semantics=SEMANTICS,
    parse=parse,
    extensions=(".json", ".dsl"),
    deviations=(
        Deviation(
            name="unread clauses",
            reason="a compound query may be answered before all of its clauses are read: one that "
            "can never match, such as a term of an unmapped field, makes Elasticsearch drop the "
            "others unread, broken ones too",
            covers=lambda query: _COMPOUND.search(query) is not None,
            when="we reject",
        ),
    ),
    options=(
        Option(name="version", default="9", summary="The Elasticsearch version, such as 7.17."),
        Option(
            name="default_field",
            default="*",
            summary="index.query.default_field: what multi_match and the string queries search.",
        ),
        Option(
            name="lenient",
            default="unset",
            summary="index.query_string.lenient: type errors in query_string are no match.",
        ),
    ),
)
