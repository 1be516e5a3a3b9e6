"""EQL text of any kind gives a query or one of the two query errors, never anything else."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import harness

TYPES = {
    "event.category": "keyword",
    "f": "keyword",
    "n": "long",
    "b": "boolean",
    "ip": "ip",
    "@timestamp": "date",
}
EVENTS = [{"event": {"category": "process"}, "f": ["abc", "D"], "n": 7, "b": True}, {}]
QUERIES = (
    'process where f : ("a*", "b?") and not n in (1, 2.5) or b',
    "any where length(substring(f, 1, -1)) + n * 2 / (n % 3) >= 4 and ?zz != null",
    'any where cidrMatch(ip, "10.0.0.0/8") or f regex~ "a.+|[b-d]" | head 3 | tail 1',
    'any where between~(f, "a", """c""", true) like "*\\u{41}*" and string(n) in~ ("7")',
    "sequence by f with maxspan=5m [any where true] ![any where b] [any where n > 1]",
    "sequence by f [any where true] [any where b] with runs=2 until [any where false]",
    "sample by f [any where b] [any where n == 1 /* c */]",
    'any where concat(f, n, b) == "x" and @timestamp >= "2024-01-01" and indexOf(f, "b") == null',
)
WORDS = [
    *("and", "or", "not", "in", "in~", "like", "like~", "regex", "regex~", "any", "where"),
    *("null", "true", "false", "by", "with", "sequence", "maxspan=1s", "until", "head"),
    *("(", ")", "[", "]", "![", ",", "|", ":", "==", "!=", "<", ">=", "=", "!", "?", "."),
    *("+", "-", "*", "/", "%", "//", "/*", "*/", "`", '"', '"""', "\\", "1", "2.5"),
    *("f", "n", "b", "ip", "?zz", "f.g", "length(", "concat(", '"a*"', '"("'),
]


def _try(query: str) -> None:
    with suppress(harness.QuerySyntaxError, harness.Unsupported):
        harness.match(query, language="eql", events=EVENTS, types=TYPES)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60))
def test_any_text(text: str) -> None:
    _try(text)
    _try(f"any where {text}")


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=25))
def test_any_words(words: list[str]) -> None:
    _try(f"any where {' '.join(words)}")


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(QUERIES),
    st.integers(0, 200),
    st.integers(0, 6),
    st.one_of(st.text(max_size=3), st.sampled_from(WORDS)),
)
def test_mutated_queries(query: str, at: int, length: int, put: str) -> None:
    at = min(at, len(query))
    _try(query[:at] + put + query[at + length :])


@pytest.mark.parametrize("query", QUERIES)
def test_the_queries_that_are_mutated_are_valid(query: str) -> None:
    with suppress(harness.Unsupported):
        harness.match(query, language="eql", events=EVENTS, types=TYPES)


@pytest.mark.parametrize("levels", [1, 10, 25, 32, 33, 34, 100, 5000])
@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("(", ")"),
        ("not (b and (", "))"),
        ("null == (true == (", "))"),
        ('concat("a", string(', "))"),
        ("(-n + 1) * (", ")"),
        ("true in (", ")"),
    ],
)
def test_deep_nesting(levels: int, start: str, end: str) -> None:
    _try(f"any where {start * levels}b{end * levels}")
    _try(f"any where {start * levels}n{end * levels} == 1")


@pytest.mark.parametrize(
    "query",
    [
        "any where " + " or ".join(['f == "x"'] * 3000),
        "any where " + " and not ".join(['f : "x*"'] * 3000),
        "any where n in (" + ", ".join(map(str, range(9000))) + ")",
        "any where n" + " + 1" * 3000 + " > 1",
        "any where " + "-" * 3000 + "n > 1",
        "any where " + "not " * 3000 + "b",
        "any where n == " + "9" * 5000,
        'any where f == "' + "a" * 100_000 + '"',
        "any where " + "/*" * 5000,
        'any where f regex "' + "(a*)*" * 30 + 'b"',
    ],
    ids=range(10),
)
def test_long_queries(query: str) -> None:
    _try(query)
