"""Whatever the text: ES|QL raises its two query errors, never anything else."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import harness

TYPES = {
    "f": "keyword",
    "t": "text",
    "n": "long",
    "d": "double",
    "b": "boolean",
    "ip": "ip",
    "v": "version",
    "@timestamp": "date",
}
EVENTS = [
    {"f": ["abc", "D"], "n": 7, "b": True, "ip": "10.0.0.1", "v": "1.2.3"},
    {"f": "abc", "t": "a b", "n": [1, 2], "d": 2.5, "@timestamp": "2024-05-01T00:00:00Z", "zz": 1},
    {},
]
QUERIES = (
    'FROM logs* METADATA _id | WHERE f LIKE ("a*", "b?") AND NOT n IN (1, 2.5, null) OR b',
    "FROM a | EVAL x = LENGTH(LEFT(f, 2)) + n * 2 / (n % 3) | WHERE x >= 4 | SORT n | LIMIT 1",
    'FROM a | WHERE CIDR_MATCH(ip, "10.0.0.0/8") OR f RLIKE "a.+|[b-d]" | KEEP f, n* | DROP n',
    'FROM a | WHERE CASE(f == "a", n, n > 1, 3, d) IS NOT NULL AND COALESCE(f, t) : "x"',
    'FROM a | WHERE @timestamp > NOW() - 1 hour AND v < "1.5.0" AND t : "a" | RENAME f AS g',
    "FROM a | STATS c = COUNT(*) WHERE n > 1 BY f, DATE_TRUNC(1 day, @timestamp) | WHERE c > 1",
    'FROM a | GROK f "%{WORD:w}" | DISSECT t "%{k} %{+k}" | MV_EXPAND f | WHERE w == "a"',
    'FROM a | WHERE REPLACE(f, "[a-c]", "$0") == TO_STRING(n::double) AND MV_CONTAINS(f, ["a"])',
    'SET unmapped_fields="nullify"; FROM a | WHERE zz::ip == "::1" OR MATCH(t, "x", {"a": 1})',
)
WORDS = [
    *("and", "or", "not", "in", "like", "rlike", "is", "null", "true", "FROM", "WHERE", "EVAL"),
    *("|", "STATS", "BY", "KEEP", "DROP", "RENAME", "AS", "SORT", "LIMIT", "GROK", "SET", ";"),
    *("(", ")", "[", "]", "{", "}", ",", ":", "::", "==", "!=", "<", ">=", "=", "?", ".", "*"),
    *("+", "-", "/", "%", "//", "/*", "*/", "`", '"', '"""', "\\", "1", "2.5", "1 day", "ip"),
    *("f", "n", "b", "d", "v", "zz", "@timestamp", "length(", "concat(", "mv_max(", "now()"),
    *('"a*"', '"("', '"2024"', "case(", "coalesce(", "to_ip(", "date_trunc(", '"a\\\\"'),
]


def _try(query: str) -> None:
    for options in ({}, {"unmapped": "missing"}):
        with suppress(harness.QuerySyntaxError, harness.Unsupported):
            harness.match(query, language="esql", events=EVENTS, types=TYPES, options=options)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60))
def test_any_text(text: str) -> None:
    _try(text)
    _try(f"FROM a | WHERE {text}")


@settings(max_examples=120, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=25))
def test_any_words(words: list[str]) -> None:
    _try(f"FROM a | WHERE {' '.join(words)}")


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(QUERIES),
    st.integers(0, 120),
    st.integers(0, 6),
    st.one_of(st.text(max_size=3), st.sampled_from(WORDS)),
)
def test_mutated_queries(query: str, at: int, length: int, put: str) -> None:
    at = min(at, len(query))
    _try(query[:at] + put + query[at + length :])


@pytest.mark.parametrize("query", QUERIES)
def test_the_queries_that_are_mutated_are_valid(query: str) -> None:
    with suppress(harness.Unsupported):
        harness.match(
            query.replace("COALESCE(f, t)", "f"), language="esql", events=EVENTS, types=TYPES
        )


@pytest.mark.parametrize("levels", [1, 30, 39, 40, 41, 1500])
@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("(", ")"),
        ("not (b and (", "))"),
        ("null == (true == (", "))"),
        ('concat("a", to_string(', "))"),
        ("(-n + 1) * (", ")"),
        ("case(b, ", ")"),
        ("true in (", ")"),
    ],
)
def test_deep_nesting(levels: int, start: str, end: str) -> None:
    _try(f"FROM a | WHERE {start * levels}b{end * levels}")
    _try(f"FROM a | WHERE {start * levels}n{end * levels} == 1")


@pytest.mark.parametrize(
    "query",
    [
        "FROM a | WHERE " + " or ".join(['f == "x"'] * 2000),
        "FROM a | WHERE " + " and not ".join(['f like "x*"'] * 2000),
        "FROM a | WHERE n in (" + ", ".join(map(str, range(5000))) + ")",
        "FROM a | WHERE n" + " + 1" * 3000 + " > 1",
        "FROM a | WHERE " + "-" * 3000 + "n > 1",
        "FROM a | WHERE n" + "::long" * 3000 + " > 1",
        "FROM a | WHERE " + "not " * 3001 + "b",
        "FROM a | WHERE n == " + "9" * 5000,
        "FROM a | WHERE f == " + "a." * 5000 + "b",
        'FROM a | WHERE f == "' + "a" * 100_000 + '"',
        "FROM a " + "/*" * 5000,
        'FROM a | WHERE f RLIKE "' + "(a*)*" * 30 + 'b"',
        "FROM a" + " | EVAL f = CONCAT(f, f)" * 400 + ' | WHERE f == "x"',
        "FROM a" + " | EVAL n = n + 1" * 400 + " | WHERE n == 1",
        "FROM a" + " | WHERE b" * 400,
        "FROM a" + " | WHERE b" * 4000,
        "FROM a" + " | LIMIT 5 | WHERE b" * 200,
        "FROM a | KEEP " + "*a" * 300 + "b, `" + "a" * 5000 + "`",
        "FROM a | FORK " + "(" * 5000,
        'FROM a | WHERE REPEAT(f, 100000000) == "x"',
        'FROM a | WHERE REPLACE(f, "(a+)+$", "") == "x"',
        "FROM a | WHERE POW(n, 1000) > ROUND(d, 999999999) OR 1e300 * d > 1",
        "FROM a | WHERE @timestamp + 999999999999999 days > NOW()",
        "FROM a | WHERE NOW() + 99999999 years > @timestamp",
        "FROM a | WHERE TO_DATETIME(n * 999999999999999) IS NULL",
        "FROM a | WHERE TO_STRING(TO_DATETIME(9223372036854775807)) == DAY_NAME(TO_DATETIME(n))",
    ],
    ids=range(26),
)
def test_long_queries(query: str) -> None:
    _try(query)
