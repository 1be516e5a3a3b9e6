"""The full-text functions, as the queries of the engine that they become.

https://github.com/opensearch-project/sql/blob/main/docs/user/ppl/functions/relevance.md
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from harness.errors import InvalidInput
from harness.ir import Context, Predicate
from harness.jsonsource import read_json
from harness.languages._elastic.dsl_reader import read_query
from harness.languages._elastic.dsl_strings import replaced
from harness.languages._elastic.query_options import settings
from harness.languages._elastic.query_string import parse_query_string
from harness.languages._lexing import syntax_error, unsupported
from harness.languages.ppl._compare import Tests
from harness.languages.ppl._values import Value
from harness.source import QuerySyntaxError, Source, Span, Unsupported

SINGLE = frozenset({"match", "match_phrase", "match_bool_prefix", "match_phrase_prefix"})
MULTIPLE = frozenset({"multi_match", "simple_query_string", "query_string"})
_ARGUMENTS_WORDS = """
allow_leading_wildcard analyze_wildcard analyzer auto_generate_synonyms_phrase_query boost
cutoff_frequency default_field default_operator enable_position_increments escape fields flags
fuzziness fuzzy_max_expansions fuzzy_prefix_length fuzzy_rewrite fuzzy_transpositions lenient
low_freq_operator max_determinized_states max_expansions minimum_should_match operator
phrase_slop prefix_length quote_analyzer quote_field_suffix rewrite slop tie_breaker time_zone
type zero_terms_query
"""
ARGUMENTS = frozenset(_ARGUMENTS_WORDS.split())
_QUERY_STRING_WORDS = """
allow_leading_wildcard analyze_wildcard boost default_operator fuzziness fuzzy_max_expansions
fuzzy_prefix_length fuzzy_transpositions lenient max_determinized_states phrase_slop
quote_field_suffix time_zone tie_breaker enable_position_increments
auto_generate_synonyms_phrase_query fuzzy_rewrite rewrite type
"""
_QUERY_STRING = frozenset(_QUERY_STRING_WORDS.split())


def on_field(
    tests: Tests, name: str, field: Value, text: str, given: Mapping[str, str], span: Span
) -> Predicate:
    """Return the test of a function with one field."""
    path = field.field
    if path is None:
        tests.cannot(span, f"{name} on a computed field", "the index does not hold it")

    def build(own: str, context: Context) -> Predicate:
        body = {name: {own: {"query": text, **_arguments(given)}}}
        return _query(tests, body, context, span)

    return tests.field(field, build, span)


def on_fields(
    tests: Tests,
    name: str,
    fields: Sequence[str],
    text: str,
    given: Mapping[str, str],
    span: Span,
) -> Predicate:
    """Return the test of a function with several fields, or with the default ones."""
    if name == "query_string":
        return query_string(tests, text, {**given, **({"fields": fields} if fields else {})}, span)
    body: dict[str, Any] = {"query": text, **_arguments(given)}
    if fields:
        body["fields"] = list(fields)
    return _query(tests, {name: body}, tests.context, span)


def query_string(tests: Tests, text: str, given: Mapping[str, Any], span: Span) -> Predicate:
    """Return the test of a ``query_string`` query."""
    for argument in given:
        if argument not in _QUERY_STRING | {"fields"}:
            reason = "what it changes is not modelled"
            tests.cannot(span, f"argument {argument!r} of query_string", reason)
    if str(given.get("type", "best_fields")) not in {"best_fields", "most_fields"}:
        tests.cannot(span, "argument 'type' of query_string", "only best_fields is modelled")
    options = dict(given)
    if "fields" not in options:
        options["default_field"] = tests.context.options.get("default_field")
    try:
        chosen = replace(settings(options, tests.source), is_opensearch=True)
    except InvalidInput as error:
        raise syntax_error(tests.source, span, error.diagnostics[0].message) from error
    return parse_query_string(tests.source, tests.context, chosen, text=text, span=span)


def _arguments(given: Mapping[str, str]) -> dict[str, Any]:
    """Return arguments as the query takes them: flags and numbers are written as text in PPL."""
    flags = {"true": True, "false": False}
    return {name: flags.get(value.lower(), value) for name, value in given.items()}


def _query(tests: Tests, body: Mapping[str, Any], context: Context, span: Span) -> Predicate:
    made = Source(json.dumps(body), "<query>")
    try:
        found = read_query(read_json(made), made, context)
    except QuerySyntaxError as error:
        raise syntax_error(tests.source, span, error.message, error.hint) from error
    except Unsupported as error:
        raise unsupported(tests.source, span, error.feature, error.reason) from error
    return replaced(found, lambda _: span)
