"""Query DSL queries made of other queries.

https://www.elastic.co/guide/en/elasticsearch/reference/7.17/compound-queries.html; how many
optional clauses must match follows ``common/lucene/search/Queries.java`` of the server.
"""

from __future__ import annotations

import re

import numpy as np

from harness.ir import FALSE, TRUE, AtLeast, Nested, Not, Predicate, all_of, any_of
from harness.jsonsource import Json, JsonArray, JsonScalar, Member
from harness.languages._elastic import fields
from harness.languages._elastic.dsl_base import Dsl, items_of, scalar_text
from harness.source import Span

_FUNCTIONS = (
    "script_score",
    "random_score",
    "field_value_factor",
    "weight",
    "gauss",
    "linear",
    "exp",
)


def read_bool(dsl: Dsl, member: Member) -> Predicate:
    """Bool = '{' { ('must'|'filter'|'should'|'must_not') ':' query or list | setting } '}'."""
    body = dsl.object(member.value, "the bool query")
    allowed = (
        "must",
        "filter",
        "should",
        "must_not",
        "minimum_should_match",
        "adjust_pure_negative",
    )
    settings = dsl.settings(body, "bool", allowed)
    required = [
        *_clauses(dsl, settings.get("must"), filtering=False),
        *_clauses(dsl, settings.get("filter"), filtering=True),
    ]
    should = _clauses(dsl, settings.get("should"), filtering=False)
    excluded = _clauses(dsl, settings.get("must_not"), filtering=True)
    if not required and not should and not excluded:
        return TRUE
    if not required and not should and "adjust_pure_negative" in settings:
        adjusted = dsl.flag(settings["adjust_pure_negative"], "'adjust_pure_negative'")
        if not adjusted:
            return FALSE
    spec = settings.get("minimum_should_match")
    least = 0 if spec is None else minimum(dsl, spec, len(should))
    if not required and not should:
        least = 0  # a match_all takes the place of the clauses (ran on 7.10.2 and 8.19.21)
    if should and not least and (not required or _old_filter(dsl, spec)):
        least = 1
    optional = [enough(least, should)] if least else []
    parts = [*required, *optional, *(Not(item) for item in excluded)]
    return all_of(*parts) if parts else TRUE


_ONE_SHOULD_UNTIL = 7


def _old_filter(dsl: Dsl, spec: Json | None) -> bool:
    """Return whether 6.x asks for one optional clause: it does so when only filtering.

    https://www.elastic.co/guide/en/elasticsearch/reference/6.8/query-dsl-bool-query.html
    """
    return dsl.major < _ONE_SHOULD_UNTIL and dsl.filtering and spec is None


def _clauses(dsl: Dsl, node: Json | None, *, filtering: bool) -> list[Predicate]:
    if node is None or (isinstance(node, JsonScalar) and node.value is None):
        return []
    return [dsl.query(item, filtering=filtering) for item in items_of(node)]


def enough(least: int, items: list[Predicate]) -> Predicate:
    """Return the test that at least so many items hold; more than there are never do."""
    if least > len(items):
        return FALSE
    if least == 1:
        return any_of(*items)
    return all_of(*items) if least == len(items) else AtLeast(least, tuple(items))


def minimum(dsl: Dsl, node: Json, clauses: int) -> int:
    """Return how many of so many optional clauses must match under a specification."""
    if not isinstance(node, JsonScalar) or node.value is None:
        dsl.fail(node.span, f"minimum_should_match is a number or text, not {node.kind}")
    return calculate_minimum(dsl, scalar_text(node), clauses, node.span)


_SPEC = re.compile(r"[+-]?[0-9]{1,9}%?", re.ASCII)


def calculate_minimum(dsl: Dsl, text: str, clauses: int, span: Span) -> int:
    """Spec = number | percent | { number '<' ( number | percent ) }."""
    spec = re.sub(r"\s*<\s*", "<", text.strip())
    result = clauses
    for part in spec.split() if "<" in spec else (spec,):
        bound, less, rest = part.partition("<")
        simple = rest if less else bound
        if (
            not _SPEC.fullmatch(simple)
            or (less and not _SPEC.fullmatch(bound))
            or (bound[-1:] == "%" and less)
        ):
            hint = "write a number, a percentage such as 75%, or 2<75%"
            dsl.fail(span, f"{text[:40]!r} is no minimum_should_match", hint)
        if less and clauses <= int(bound):
            return result
        result = _simple(simple, clauses)
    return result


def _simple(spec: str, clauses: int) -> int:
    if spec.endswith("%"):
        # The server computes in 32-bit floats and cuts the fraction off.
        share = float(np.float32(clauses * int(spec[:-1])) * np.float32(1 / 100))
    else:
        share = int(spec)
    return max(0, clauses + int(share) if share < 0 else int(share))


def read_constant_score(dsl: Dsl, member: Member) -> Predicate:
    """constant_score = '{' 'filter' ':' query '}'."""
    body = dsl.object(member.value, "the constant_score query")
    settings = dsl.settings(body, "constant_score", ("filter",))
    if "filter" not in settings:
        dsl.fail(member.value.span, "constant_score needs a 'filter'")
    return dsl.query(settings["filter"], filtering=True)


def read_function_score(dsl: Dsl, member: Member) -> Predicate:
    """function_score = '{' [ 'query' ':' query ] { function or setting } '}'."""
    body = dsl.object(member.value, "the function_score query")
    allowed = ("query", "functions", "score_mode", "boost_mode", "max_boost", "min_score")
    settings = dsl.settings(body, "function_score", (*allowed, *_FUNCTIONS))
    if "min_score" in settings:
        reason = "which documents it drops depends on their scores"
        dsl.cannot(settings["min_score"].span, "'min_score'", reason)
    functions = settings.get("functions")
    if functions is not None:
        _check_functions(dsl, functions)
    return dsl.query(settings["query"]) if "query" in settings else TRUE


def _check_functions(dsl: Dsl, node: Json) -> None:
    if not isinstance(node, JsonArray):
        dsl.fail(node.span, f"'functions' is an array, not {node.kind}")
    for item in node.items:
        entry = dsl.object(item, "a function")
        settings = dsl.settings(entry, "function_score", ("filter", *_FUNCTIONS))
        if "filter" in settings:
            dsl.query(settings["filter"], filtering=True)


def read_dis_max(dsl: Dsl, member: Member) -> Predicate:
    """dis_max = '{' 'queries' ':' list [ 'tie_breaker' ':' number ] '}'."""
    body = dsl.object(member.value, "the dis_max query")
    settings = dsl.settings(body, "dis_max", ("queries", "tie_breaker"))
    queries = items_of(settings["queries"]) if "queries" in settings else ()
    if not queries:
        dsl.fail(member.value.span, "dis_max needs 'queries' with at least one query")
    return any_of(*(dsl.query(item) for item in queries))


def read_boosting(dsl: Dsl, member: Member) -> Predicate:
    """Boosting = '{' 'positive' ':' query 'negative' ':' query 'negative_boost' ':' number '}'."""
    body = dsl.object(member.value, "the boosting query")
    settings = dsl.settings(body, "boosting", ("positive", "negative", "negative_boost"))
    for name in ("positive", "negative", "negative_boost"):
        if name not in settings:
            dsl.fail(member.value.span, f"boosting needs {name!r}")
    dsl.query(settings["negative"])
    return dsl.query(settings["positive"])


def read_nested(dsl: Dsl, member: Member) -> Predicate:
    """Nested = '{' 'path' ':' text 'query' ':' query { setting } '}'."""
    body = dsl.object(member.value, "the nested query")
    allowed = ("path", "query", "score_mode", "ignore_unmapped", "inner_hits")
    settings = dsl.settings(body, "nested", allowed)
    for name in ("path", "query"):
        if name not in settings:
            dsl.fail(member.value.span, f"nested needs {name!r}")
    path = dsl.text(settings["path"], "'path'")
    if not _is_nested(dsl, path):
        if "ignore_unmapped" in settings and dsl.flag(
            settings["ignore_unmapped"], "'ignore_unmapped'"
        ):
            return FALSE
        hint = "map it with type nested, or query its fields directly"
        dsl.fail(settings["path"].span, f"there is no nested object at {path!r}", hint)
    inner = dsl.within(fields.in_nested(path, dsl.context)).query(settings["query"])
    found: Predicate = Nested(path, inner)
    for above in _parents(path):
        if _is_nested(dsl, above):
            found = Nested(above, found)
    return found


def _is_nested(dsl: Dsl, path: str) -> bool:
    kind = dsl.context.types.get(path)
    return kind is not None and kind.name == "nested"


def _parents(path: str) -> list[str]:
    parts = path.split(".")
    return [".".join(parts[:end]) for end in range(len(parts) - 1, 0, -1)]


def read_match_all(dsl: Dsl, member: Member) -> Predicate:
    """match_all = '{' '}'."""
    dsl.settings(dsl.object(member.value, "the match_all query"), "match_all", ())
    return TRUE


def read_match_none(dsl: Dsl, member: Member) -> Predicate:
    """match_none = '{' '}'."""
    dsl.settings(dsl.object(member.value, "the match_none query"), "match_none", ())
    return FALSE
