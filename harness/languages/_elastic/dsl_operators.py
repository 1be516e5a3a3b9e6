"""What each query of the Query DSL does, as its readers and the documentation have it."""

from __future__ import annotations

from collections.abc import Mapping

from harness.ir import Case, Operator, Truth

OPERATORS: Mapping[str, Operator] = {
    "term": Operator(summary="One indexed term, compared as it stands, without analysis."),
    "terms": Operator(summary="Any of several terms; an empty list matches nothing."),
    "wildcard": Operator(
        summary="The whole keyword value, or one token of text; not lower-cased on text.",
        wildcards="*?",
    ),
    "prefix": Operator(summary="The beginning of the value or of one token; no wildcards."),
    "regexp": Operator(
        summary="The whole value or one token matches; optional operators are on.",
        dialect="lucene",
    ),
    "fuzzy": Operator(summary="Within 0 to 2 edits, by length where AUTO."),
    "case_insensitive": Operator(
        summary="On term, prefix, wildcard and regexp: ASCII letters of either case match.",
        case=Case.ASCII,
    ),
    "match": Operator(
        summary="Text is analysed and any token matches; on keyword the whole text is one term."
    ),
    "match_phrase": Operator(summary="The tokens in order and adjacent, within one value."),
    "multi_match": Operator(summary="A match over several fields; any field is enough."),
    "range": Operator(summary="Between two bounds, in the order of the field's type."),
    "exists": Operator(summary="The field has an indexed value; the empty text is one."),
    "ids": Operator(summary="The document's _id is one of these."),
    "must_not": Operator(
        summary="None of the queries matches; documents without the field pass.",
        missing=Truth.TRUE,
    ),
}
