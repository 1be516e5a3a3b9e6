"""Whatever the text, reading it gives a predicate, a syntax error or Unsupported; nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import harness
from harness.evaluate import oracle
from harness.evaluate.verdicts import outcomes, read
from harness.ir import Truth

EVENTS: list[dict[str, Any]] = [
    {"f": "bob", "n": 5, "t": "2024-05-01", "tags": ["a"], "o": {"x": 1}},
    {"f": "", "n": "7.5", "t": None},
    {"f": None, "n": 2**70, "t": float("nan"), "b": True},
    {"F2": -1.5e300},
]
QUERIES = [
    "SELECT * FROM logs WHERE f LIKE '%a\\_b%' ESCAPE '\\' AND (NOT COALESCE((n=5 OR t='x'), 0))",
    "SELECT lower(f) AS x, `o.x` FROM logs AS l WHERE x IN ('a', NULL) AND l.n BETWEEN 1 AND 5",
    "f REGEXP '(?i)b.b' OR f GLOB '[^a-c]*' OR n IS NOT DISTINCT FROM 5.0 -- end",
    "CASE f WHEN 'a' THEN 1 ELSE n END + 1 > CAST(t AS INTEGER) % 7 || 'x'",
    "CAST(strftime('%W', t) AS INTEGER)=17 AND iif(n > 5, f, t) <> \"f\"",
    "SELECT f, count(*) AS c FROM logs GROUP BY f HAVING c >= 1 AND count(DISTINCT n) < 9 LIMIT 5",
    "substr(f, -2, 1) = 'o' COLLATE NOCASE AND max(n, t, 5) IS NOT NULL AND tags ->> 0 = 'a'",
]
WORDS = [
    *(" AND ", " OR ", " NOT ", " IN (", " LIKE ", " ESCAPE ", " BETWEEN ", " IS ", " COLLATE "),
    *("CASE ", " WHEN ", " THEN ", " END", "CAST(", " AS ", "SELECT ", " FROM ", " WHERE ", "NULL"),
    *("coalesce(", "strftime(", "replace(", "x'", "0x", "1e", "->>", "||", "<<", "--", "/*", "*/"),
]
PIECES = [*"()'\"`[],;.=<>!+-*/%|&~ 19afn", *WORDS]


def _judge(text: str) -> None:
    try:
        query, semantics = read(text, language="sqlite", events=EVENTS)
    except (harness.QuerySyntaxError, harness.Unsupported):
        return
    fast = outcomes(query, EVENTS, semantics)
    rows = [query.prepare(event) for event in EVENTS]
    slow = [oracle.evaluate(query.predicate, row, semantics) for row in rows]
    unknown = semantics.unknown if query.unknown is None else query.unknown
    slow = [unknown if item is Truth.UNKNOWN else item for item in slow]
    for stage in query.stages:
        slow = stage.select(rows, slow)
    assert fast == slow


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=60) | st.lists(st.sampled_from(PIECES), max_size=25).map("".join))
def test_any_text_is_read_or_refused(text: str) -> None:
    _judge(text)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_damaged_queries_are_read_or_refused(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(QUERIES))
    for _ in range(data.draw(st.integers(0, 3))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 6)))
        text = text[:start] + data.draw(st.sampled_from(["", *PIECES])) + text[end:]
    _judge(text)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 5000,
        "NOT " * 5000 + "f",
        "-" * 2 + "\n" + "- " * 5000 + "n",
        "f=" * 900 + "f",
        "n" + "+n" * 900,
        "f" + "||f" * 900,
        "f" + " COLLATE NOCASE" * 5000,
        " OR ".join(["f='a'"] * 1001),
        "replace(" * 40 + "f" + ",'a','" + "a" * 500 + "')" * 40,
        "replace(" * 40 + "'a'" + ",'a','aaaaaaaa')" * 40,
        "f LIKE '" + "%a" * 3000 + "'",
        "f LIKE '" + "a" * 60_000 + "'",
        "f REGEXP '(x+x+)+y'",
        "CASE " + "WHEN f THEN n " * 3000 + "END",
        "coalesce(" * 2000,
        "f IN (" + ",".join(["1"] * 20_000) + ")",
        "1" * 5000 + " < n",
        "1e" + "9" * 400 + " < n",
        "n > '" + "9" * 5000 + "'",
        "CAST('" + "9" * 5000 + "' AS INTEGER) = n",
        "strftime('%Y', '0000-01-01') = '0'",
        "date(1e308, 'unixepoch') IS NULL",
        "date(t, '+1e308 days') IS NULL",
        "SELECT * FROM logs LIMIT 9e999",
        "SELECT * FROM logs LIMIT -1 OFFSET 99999999999999999999",
    ],
    ids=range(25),
)
def test_excessive_queries_are_bounded(text: str) -> None:
    _judge(text)


def test_a_long_list_of_values() -> None:
    listed = " OR ".join(f"h LIKE '%SHA256={number:064x}%' ESCAPE '\\'" for number in range(900))
    events = [{"h": f"SHA256={899:064X},MD5="}, {"h": "x"}]
    query = f"SELECT * FROM logs WHERE {listed}"  # noqa: S608 - text for our own parser
    assert harness.match(query, language="sqlite", events=events) == [True, False]


@pytest.mark.parametrize(
    "options", [{"columns": 5}, {"columns": {"f": "TEXT COLLATE X"}}, {"regexp": "perl"}]
)
def test_options_are_checked(options: dict[str, Any]) -> None:
    with pytest.raises(harness.InvalidInput):
        harness.match("f", language="sqlite", events=[{"f": 1}], options=options)


def test_a_quoted_name_that_is_no_column_is_warned_about() -> None:
    query, _ = read("\"Imagee\"='x'", language="sqlite", events=[{"Image": "x"}])
    assert [item.code for item in query.warnings] == ["quoted-text"]
