"""Whatever the text, reading it gives a predicate, a syntax error or Unsupported; nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

import harness
from harness.evaluate.verdicts import read
from tests.languages.robustness import damaged, judge, texts

EVENTS: list[dict[str, Any]] = [
    {"f": "bob", "n": 5, "t": "2024-05-01T10:00:00Z", "tags": ["a"], "o": {"x": 1}, "b": True},
    {"f": "", "n": "7.5", "t": None, "tags": [None]},
    {"f": None, "n": 2**70, "t": float("nan"), "d": -1.5e300},
    {"F2": -1.5e300, "tags": []},
]
TYPES = {"t": "date", "n": "long"}
OPTIONS = {"columns": {"tags": "VARCHAR[]"}}
QUERIES = [
    "SELECT * FROM logs WHERE f LIKE '%a\\_b%' ESCAPE '\\' AND (NOT COALESCE(n=5 OR b, TRUE))",
    "SELECT lower(f) AS x, o.x FROM logs AS l WHERE x IN ('a', NULL) AND l.n BETWEEN 1 AND 5",
    "f SIMILAR TO '(?i)b.b' OR f GLOB '[!a-c]*' OR n IS NOT DISTINCT FROM 5.0 -- end",
    "CASE f WHEN 'a' THEN 1 ELSE n END + 1 > TRY_CAST(f AS INTEGER) % 7 OR f::TEXT || 'x' ~ 'b'",
    "t - INTERVAL '1 day' > '2024-01-01' AND hour(t) // 2 = 5 AND if(b, f, 'a') <> \"f\"",
    "'a' = ANY(tags) OR len(list_filter(tags, lambda x: x ILIKE 'a%')) > 0 OR tags[1] = 'b'",
    "FROM logs WHERE regexp_matches(f, 'B', 'i') AND f ^@ 'b' AND list_has_any(tags, ['a'])",
]
WORDS = [
    *(
        " AND ",
        " OR ",
        " NOT ",
        " IN (",
        " LIKE ",
        " ESCAPE ",
        " BETWEEN ",
        " IS ",
        "::",
        "lambda x: ",
    ),
    *("CASE ", " WHEN ", " THEN ", " END", "CAST(", " AS ", "SELECT ", " FROM ", " WHERE ", "NULL"),
    *(
        "coalesce(",
        "list_filter(",
        "replace(",
        "x'",
        "0x",
        "1e",
        "->>",
        "||",
        "<<",
        "--",
        "/*",
        "*/",
    ),
    *(
        "ANY(",
        "lambda x: ",
        "INTERVAL ",
        "$$",
        "e'",
        "tags",
        "VARCHAR[]",
        "DECIMAL(3,1)",
        " SIMILAR TO ",
    ),
]
PIECES = [*"()'\"`[],;.=<>!+-*/%|&~ 19afnt^@:{}", *WORDS]


def _judge(text: str) -> None:
    judge(text, EVENTS, language="duckdb", types=TYPES, options=OPTIONS)


@settings(max_examples=50, deadline=None)
@given(texts(PIECES))
def test_any_text_is_read_or_refused(text: str) -> None:
    _judge(text)


@settings(max_examples=60, deadline=None)
@given(damaged(QUERIES, PIECES))
def test_damaged_queries_are_read_or_refused(text: str) -> None:
    _judge(text)


@pytest.mark.parametrize("text", QUERIES)
def test_the_queries_are_read(text: str) -> None:
    read(text, language="duckdb", events=EVENTS, types=TYPES, options=OPTIONS)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 5000,
        "NOT " * 5000 + "b",
        "- " * 5000 + "n",
        "f=" * 900 + "f",
        "n" + "+n" * 900 + " > 1",
        "f" + "||f" * 900 + " = 'a'",
        " OR ".join(["f='a'"] * 1001),
        "replace(" * 40 + "f" + ",'a','" + "a" * 500 + "')" * 40 + " = 'a'",
        "replace(" * 40 + "'a'" + ",'a','aaaaaaaa')" * 40 + " = 'a'",
        "f LIKE '" + "%a" * 3000 + "'",
        "f LIKE '" + "a" * 60_000 + "'",
        "f GLOB '" + "[a-" * 3000 + "'",
        "f SIMILAR TO '(x+x+)+y'",
        "regexp_matches(f, '" + "(a{1000}){1000}" + "')",
        "CASE " + "WHEN b THEN n " * 3000 + "END",
        "coalesce(" * 2000,
        "f IN (" + ",".join(["'1'"] * 4_000) + ")",
        "1" * 5000 + " < n",
        "1e" + "9" * 400 + " < n",
        "n > '" + "9" * 5000 + "'",
        "CAST('" + "9" * 5000 + "' AS INTEGER) = n",
        "CAST('1e999999999' AS INTEGER) = n",
        "CAST(f AS DECIMAL(99,1)) = 1",
        "repeat(f, 999999999) = 'a'",
        "t + INTERVAL 999999999 WEEK > '2024-01-01'",
        "f::VARCHAR" + "::VARCHAR" * 900 + " = 'a'",
        "tags" + "[1]" * 900 + " = 'a'",
        "SELECT * FROM logs LIMIT 99999999999999999999 OFFSET 99999999999999999999",
    ],
    ids=range(28),
)
def test_excessive_queries_are_bounded(text: str) -> None:
    _judge(text)


@pytest.mark.parametrize(
    "options",
    [{"columns": 5}, {"columns": {"f": "TEXTT"}}, {"columns": {"f": "MAP"}}, {"version": "new"}],
)
def test_options_are_checked(options: dict[str, Any]) -> None:
    with pytest.raises(harness.InvalidInput):
        harness.match("f = 'a'", language="duckdb", events=[{"f": "a"}], options=options)
