"""OpenSearch query strings: Elasticsearch's ``query_string`` as its fork evaluates it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from harness.errors import Diagnostic, InvalidInput
from harness.ir import Context, Query, Semantics
from harness.ir.cells import Lookup
from harness.languages._base import Deviation, Language, Option
from harness.languages._elastic.mapping import all_names, expand
from harness.languages._elastic.opensearch import INDEXED, STAND_INS, engine_context, release
from harness.languages._elastic.query_options import OPTIONS as QUERY_OPTIONS
from harness.languages._elastic.query_options import settings
from harness.languages._elastic.query_string import OPERATORS, parse_query_string
from harness.languages._elastic.query_syntax import Group, Kind, Leaf, parse_syntax
from harness.languages._lexing import syntax_error, unsupported
from harness.source import Source, Span

_LENGTH_IS_LIMITED = (3, 4)
_LONGEST = 32_000
"""``search.query.max_query_string_length`` by default
(https://docs.opensearch.org/latest/install-and-configure/configuring-opensearch/search-settings/)."""
_PIECES = "OpenSearch matches it against the three-character pieces that the index holds"
_KEYS = "which keys of a flat_object it meets differs from the values that the events show"

OPTIONS = (
    Option(
        name="version",
        default="newest",
        summary="The OpenSearch version, such as 1.3, 2.19 or 3.1.",
    ),
    Option(
        name="dynamic",
        default="false",
        summary=(
            "Whether strings are mapped as without a template: text, with a sub-field keyword of"
            " at most 256 characters."
        ),
    ),
    Option(
        name="max_query_string_length",
        default=f"{_LONGEST} since 3.4, else none",
        summary="The cluster's search.query.max_query_string_length.",
    ),
    *QUERY_OPTIONS,
)

SEMANTICS = Semantics(
    lookup=Lookup.PATH,
    operators={
        **OPERATORS,
        "field:/regex/": replace(
            OPERATORS["field:/regex/"],
            summary=(
                "A regular expression over the whole keyword value, or over one token of text; "
                "on text it is lower-cased first."
            ),
        ),
    },
    typed=True,
    notes=(
        (
            "AND, OR and NOT have no precedence: each clause of a group is required, optional or "
            "prohibited, and optional clauses count only where none is required."
        ),
        "Neighbouring bare words are one text: one exact value on a keyword field.",
        "A missing, null or unmapped field never matches, so its negation always does.",
        "A regular expression on a number, date, address or boolean matches nothing up to 2.x.",
    ),
)


def _parse(source: Source, context: Context) -> Query:
    _check_length(source, context)
    chosen = replace(settings(context.options, source), is_opensearch=True)
    engine = engine_context(context)
    if any(kind.name in STAND_INS for kind in context.types.values()):
        defaults = chosen.fields or (chosen.default_field or "*",)
        if source.text.strip():
            for leaf in _leaves(parse_syntax(source)):
                _check_leaf(leaf, defaults, context, source)
    return Query(predicate=parse_query_string(source, engine, chosen))


def _check_length(source: Source, context: Context) -> None:
    given = str(context.options.get("max_query_string_length") or "")
    if given and not given.isdecimal():
        message = f"option 'max_query_string_length' does not take {given!r}"
        raise InvalidInput([Diagnostic(code="bad-option", message=message, hint="give a number")])
    limited = release(context.options) >= _LENGTH_IS_LIMITED
    longest = int(given[:9]) if given else _LONGEST if limited else len(source.text)
    if len(source.text) > longest:
        message = f"the query is longer than {longest} characters"
        hint = "raise search.query.max_query_string_length, or split the query"
        raise syntax_error(source, Span(longest, longest + 1), message, hint)


def _leaves(group: Group) -> Iterator[Leaf]:
    stack: list[Group] = [group]
    while stack:
        for item in stack.pop().items:
            if isinstance(item.node, Group):
                stack.append(item.node)
            else:
                yield item.node


def _check_leaf(leaf: Leaf, defaults: tuple[str, ...], context: Context, source: Source) -> None:
    """Refuse what meets other terms than the values: OpenSearch 2.19.1 was run for both types."""
    for pattern in defaults if leaf.field is None else (leaf.field,):
        for name in _names(pattern, context):
            kind = context.types.get(name)
            if _is_plain(leaf):
                continue
            if kind is not None and kind.name == "wildcard" and leaf.text != "*":
                raise unsupported(source, leaf.span, f"{leaf.kind.value} on {name!r}", _PIECES)
            if _is_key(name, context):
                raise unsupported(source, leaf.span, f"{leaf.kind.value} on {name!r}", _KEYS)
    if leaf.field == "_exists_" and _is_key(leaf.text, context):
        raise unsupported(source, leaf.span, f"existence of {leaf.text!r}", _KEYS)


def _is_plain(leaf: Leaf) -> bool:
    """Return whether a leaf is a word, a phrase or a prefix."""
    if leaf.kind is Kind.TEXT:
        return not leaf.text.startswith(("<", ">"))
    return leaf.kind in {Kind.QUOTED, Kind.PREFIX}


def _names(pattern: str, context: Context) -> list[str]:
    if pattern == "*":
        return list(all_names(context))
    return expand(pattern, context) if "*" in pattern else [pattern]


def _is_key(name: str, context: Context) -> bool:
    """Return whether a name is a flat_object or lies in one."""
    parts = name.split(".")
    roots = (".".join(parts[:count]) for count in range(1, len(parts) + 1))
    kinds = (context.types.get(root) for root in roots)
    return any(kind is not None and kind.name == "flat_object" for kind in kinds)


_MANY_DIGITS = re.compile(r"-\d{9}")

LANGUAGE = Language(
    name="opensearch",
    title="Lucene query string (OpenSearch)",
    reference="https://docs.opensearch.org/latest/query-dsl/full-text/query-string/",
    semantics=SEMANTICS,
    parse=_parse,
    extensions=(".opensearch",),
    options=OPTIONS,
    indexed=INDEXED,
    deviations=(
        Deviation(
            name="years of nine digits",
            reason="OpenSearch reads a negative number of nine or ten digits on a date as a year, "
            "and its bound overflows (ran on 3.6.0): "
            "https://github.com/opensearch-project/OpenSearch/issues/16979",
            covers=lambda query: _MANY_DIGITS.search(query) is not None,
            when="verdicts",
        ),
    ),
)
