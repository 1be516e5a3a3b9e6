"""Reading Elasticsearch's Query DSL: one query object into a predicate.

https://www.elastic.co/guide/en/elasticsearch/reference/7.17/query-dsl.html
"""

from __future__ import annotations

from dataclasses import replace

from harness.ir import Context, Predicate
from harness.jsonsource import Json
from harness.languages._elastic import dsl_compound, dsl_fulltext, dsl_strings, dsl_terms
from harness.languages._elastic.dsl_base import METADATA, Clause, Dsl, QueryReader
from harness.source import Source

READERS: dict[str, QueryReader] = {
    "bool": dsl_compound.read_bool,
    "boosting": dsl_compound.read_boosting,
    "constant_score": dsl_compound.read_constant_score,
    "dis_max": dsl_compound.read_dis_max,
    "exists": dsl_terms.read_exists,
    "function_score": dsl_compound.read_function_score,
    "fuzzy": dsl_terms.read_fuzzy,
    "ids": dsl_terms.read_ids,
    "match": dsl_fulltext.read_match,
    "match_all": dsl_compound.read_match_all,
    "match_bool_prefix": dsl_fulltext.read_match_bool_prefix,
    "match_none": dsl_compound.read_match_none,
    "match_phrase": dsl_fulltext.read_match_phrase,
    "match_phrase_prefix": dsl_fulltext.read_match_phrase_prefix,
    "multi_match": dsl_fulltext.read_multi_match,
    "nested": dsl_compound.read_nested,
    "prefix": dsl_terms.read_prefix,
    "query_string": dsl_strings.read_query_string,
    "range": dsl_terms.read_range,
    "regexp": dsl_terms.read_regexp,
    "simple_query_string": dsl_strings.read_simple_query_string,
    "term": dsl_terms.read_term,
    "terms": dsl_terms.read_terms,
    "wildcard": dsl_terms.read_wildcard,
}
"""The queries that are evaluated, by name."""

_JOIN = "documents joined to others are not modelled"
_SCRIPT = "scripts on documents are not evaluated"
_SHAPE = "shapes and places are not modelled"
_SCORE = "which documents it finds depends on scores or vectors"
_SPAN = "the positions of tokens are only modelled for phrases"
_STORED = "it depends on what is stored in the cluster"

UNSUPPORTED: dict[str, str] = {
    "combined_fields": _SCORE,
    "distance_feature": _SCORE,
    "geo_bounding_box": _SHAPE,
    "geo_distance": _SHAPE,
    "geo_grid": _SHAPE,
    "geo_polygon": _SHAPE,
    "geo_shape": _SHAPE,
    "has_child": _JOIN,
    "has_parent": _JOIN,
    "intervals": _SPAN,
    "knn": _SCORE,
    "more_like_this": _SCORE,
    "parent_id": _JOIN,
    "percolate": _STORED,
    "pinned": _STORED,
    "rank_feature": _SCORE,
    "rule": _STORED,
    "rule_query": _STORED,
    "script": _SCRIPT,
    "script_score": _SCRIPT,
    "semantic": _SCORE,
    "shape": _SHAPE,
    "span_containing": _SPAN,
    "span_field_masking": _SPAN,
    "span_first": _SPAN,
    "span_gap": _SPAN,
    "span_multi": _SPAN,
    "span_near": _SPAN,
    "span_not": _SPAN,
    "span_or": _SPAN,
    "span_term": _SPAN,
    "span_within": _SPAN,
    "sparse_vector": _SCORE,
    "terms_set": _SCRIPT,
    "text_expansion": _SCORE,
    "weighted_tokens": _SCORE,
    "wrapper": "its query is encoded",
}
"""The queries that exist and are not evaluated, with the reason."""

_BOOL = "join queries with bool: must, should, must_not"
REMOVED: dict[str, str] = {
    "and": _BOOL,
    "or": _BOOL,
    "not": _BOOL,
    "filtered": "use bool with must and filter",
    "missing": "use exists inside must_not",
    "limit": "use the search's terminate_after",
    "indices": "search each index with its own query",
    "query": "name the query, such as bool or term",
    "geohash_cell": "use geo_grid",
    "fuzzy_like_this": "use more_like_this",
    "type": "there is one type an index since 7.0",
    "common": "use match; common was removed in 8.0",
}
"""Queries of older versions, and what replaced them."""


def read_query(
    node: Json, source: Source, context: Context, *, filtering: bool = False
) -> Predicate:
    """Return the predicate of a query object."""
    return read_clauses(node, source, context, filtering=filtering)[0]


def read_clauses(
    node: Json, source: Source, context: Context, *, filtering: bool = False
) -> tuple[Predicate, tuple[Clause, ...]]:
    """Return the predicate of a query object, and its queries on single fields."""
    types = {path: kind for path, kind in context.types.items() if path not in METADATA}
    dsl = Dsl(
        source=source,
        context=replace(context, types=types),
        readers=READERS,
        removed=REMOVED,
        unsupported=UNSUPPORTED,
    )
    predicate = dsl.query(node, filtering=filtering)
    return predicate, tuple(dsl.clauses)
