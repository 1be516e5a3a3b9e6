"""Our reading of SQLite against SQLite itself: same verdicts, or both refuse."""

from __future__ import annotations

import json
import re
import sqlite3
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import harness
from harness.engines import sqlite as real
from harness.engines._base import EngineTimeout

CASES = Path(__file__).parents[1] / "languages" / "cases" / "sqlite"
MANY = settings().max_examples
"""Examples of the profile in force; each asks many expressions."""
COLUMNS = ("a", "b", "t", "n", "i", "r", "u")
DECLARED = {
    "t": "TEXT COLLATE NOCASE",
    "n": "NUMERIC",
    "i": "INTEGER",
    "r": "REAL",
    "u": "TEXT",
}
TEXTS = [
    *("a", "A", "ab", "AB", "abc", "é", "É", "", " ", "a ", "%", "_", "a_b", "a%b", "\\", "a\\b"),
    *("1", "5", "05", " 5", "5 ", "5.0", "5abc", "0x10", "1e1", ".5", "-1", "+5", "4688", "abcd"),
    *("true", "2024-01-01", "2023-12-31T23:59:59.5Z", "12:30", '{"k":[1,"x"]}', "a]b", "a\nb"),
]
NUMBERS = [0, 1, -1, 2, 5, 10, 16, 4688, 2**31, 2**53 + 1, 2**63 - 1]
REALS = [0.0, 0.5, 1.0, 5.0, -1.5, 1e15, 1e20, 2.5, 9007199254740992.0]
scalars = st.sampled_from([*TEXTS, *NUMBERS, *REALS, None, True, False])
rows = st.lists(st.fixed_dictionaries(dict.fromkeys(COLUMNS, scalars)), min_size=1, max_size=6)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


literals = st.sampled_from(
    [*map(_quoted, TEXTS), *map(str, NUMBERS), *map(str, REALS), "NULL", "TRUE", "x'61'", "0x1F"]
)
columns = st.sampled_from([*COLUMNS, '"a"', "`t`", "[n]", "A", "logs.b", '"nosuch"'])
PATTERNS = [
    *("'a%'", "'%b'", "'_'", "'%'", "''", "'A_'", "'%\\%%'", "'a[b'", "'*'", "'a*'", "'?b'", "'['"),
    *("'[a-c]*'", "'[^a]*'", "'[]a]'", "'[a-]'", "'[^]]'", "'%é%'", "'5%'", "'a!_b'", "'%!'"),
    *("'a[*]b'", "'[c-a]'", "'a%_b'", "5", "NULL"),
]
patterns = st.sampled_from(PATTERNS)
UNARY = [
    "NOT {}",
    "-{}",
    "+{}",
    "~{}",
    "({})",
    "{} IS NULL",
    "{} NOTNULL",
    "{} NOT NULL",
    "{} ISNULL",
]
FUNCTIONS = [
    *("abs({})", "lower({})", "upper({})", "length({})", "hex({})", "trim({})", "ltrim({},'a')"),
    *("rtrim({})", "typeof({})", "coalesce({},0)", "ifnull({},'a')", "quote({}||'')", "sign({})"),
    *("substr({},2)", "substr({},-2,1)", "substr({},0,2)", "substr({},2,-1)", "unicode({})"),
    *("instr({},'b')", "replace({},'a','bc')", "round({})", "nullif({},'a')", "max({},5)"),
    *("min({},'a')", "iif({},1,'a')", "likely({})", "json_valid({}||'')", "date({})"),
    *("strftime('%W %d %H',{})", "datetime({},'+1 day')", "typeof(julianday({}))"),
    *("CAST({} AS TEXT)", "CAST({} AS INTEGER)", "CAST({} AS REAL)", "CAST({} AS NUMERIC)"),
    *("CAST({} AS BLOB)", "{} COLLATE NOCASE", "{} COLLATE RTRIM", "{} COLLATE BINARY"),
    "CASE {} WHEN 'a' THEN 1 WHEN 5 THEN 'x' ELSE 0 END",
]
BINARY = [
    *("=", "==", "<>", "!=", "<", "<=", ">", ">=", "IS", "IS NOT", "IS DISTINCT FROM", "+", "-"),
    *("IS NOT DISTINCT FROM", "*", "/", "%", "||", "&", "|", "<<", ">>", "AND", "OR"),
]
MATCHING = [
    *("{} LIKE {}", "{} NOT LIKE {}", "{} GLOB {}", "{} LIKE {} ESCAPE '!'", "{} REGEXP {}"),
    *("{} LIKE {} ESCAPE '\\'", "{} NOT GLOB {}", "like({1},{0})", "{} LIKE {} COLLATE BINARY"),
]


def _expressions(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    unary = st.builds(lambda form, x: form.format(x), st.sampled_from(UNARY + FUNCTIONS), inner)
    binary = st.builds(lambda x, op, y: f"{x} {op} {y}", inner, st.sampled_from(BINARY), inner)
    match = st.builds(lambda f, x, y: f.format(x, y), st.sampled_from(MATCHING), inner, patterns)
    listed = st.builds(
        lambda x, negative, items: f"{x} {negative}IN ({', '.join(items)})",
        inner,
        st.sampled_from(["", "NOT "]),
        st.lists(inner, max_size=3),
    )
    between = st.builds(lambda x, y, z: f"{x} BETWEEN {y} AND {z}", inner, inner, inner)
    return unary | binary | match | listed | between


expressions = st.recursive(columns | columns | literals, _expressions, max_leaves=6)


def _ours(query: str, events: list[dict[str, Any]], declared: dict[str, str]) -> Any:
    try:
        return harness.match(query, language="sqlite", events=events, options={"columns": declared})
    except harness.QuerySyntaxError:
        return "refused"


def _real(query: str, events: list[dict[str, Any]], declared: dict[str, str]) -> Any:
    try:
        return real.judge(query, events, options={"columns": declared})
    except harness.QuerySyntaxError:
        return "refused"


def _agree(query: str, events: list[dict[str, Any]], declared: dict[str, str]) -> None:
    try:
        ours = _ours(query, events, declared)
    except harness.Unsupported:
        return
    theirs = _real(query, events, declared)
    if ours == "refused" and isinstance(theirs, list):
        # what fails on constants is refused before it runs, even where SQLite never reaches it
        assert None in theirs or _fails_on_constants(query, events, declared), query
        return
    if isinstance(ours, list) and isinstance(theirs, list):
        ours = [
            right if left is None and _may_be_undefined(query) else left
            for left, right in zip(ours, theirs, strict=True)
        ]
    assert ours == theirs, (query, events)


FAILURES = re.compile("malformed JSON|integer overflow|JSON path|regular expression")


def _fails_on_constants(query: str, events: list[dict[str, Any]], declared: dict[str, str]) -> bool:
    with pytest.raises(harness.QuerySyntaxError) as caught:
        harness.match(query, language="sqlite", events=events, options={"columns": declared})
    return FAILURES.search(caught.value.message) is not None


def _may_be_undefined(query: str) -> bool:
    """Return whether a query uses what the language's page declares undefined."""
    text = query.lower()
    blobs = ("x'61'", "blob", "quote")
    versions = ("substr", "date", "strftime", "julianday", "json_valid")
    return any(word in text for word in (*blobs, *versions))


@settings(max_examples=MANY * 3, deadline=None, suppress_health_check=list(HealthCheck))
@given(expressions, rows, st.sampled_from([{}, DECLARED]))
def test_verdicts_are_those_of_sqlite(
    query: str, events: list[dict[str, Any]], declared: dict[str, str]
) -> None:
    _agree(query, events, declared)


@settings(max_examples=MANY, deadline=None, suppress_health_check=list(HealthCheck))
@given(expressions, rows, st.sampled_from([{}, DECLARED]))
def test_statements_return_the_rows_of_sqlite(
    query: str, events: list[dict[str, Any]], declared: dict[str, str]
) -> None:
    _agree(STATEMENT.format(query), events, declared)


STATEMENT = "SELECT a, lower(t) AS x FROM logs WHERE {}"
WORDS = [
    *("a", "t", "5", "'a'", "(", ")", ",", "=", "<", "AND", "OR", "NOT", "IN", "LIKE", "BETWEEN"),
    *("IS", "NULL", "ESCAPE", "COLLATE", "NOCASE", "CASE", "WHEN", "THEN", "END", "||", "-", "~"),
    *("DISTINCT", "FROM", "lower(", "coalesce(", "count(", "nosuch", '"x"', "REGEXP", "GLOB"),
    *("CAST(", "AS", "TEXT", "ISNULL", "+", "*", ".", ";", "--", "x'6'", "1e", "EXISTS", "key"),
]


@settings(max_examples=MANY * 3, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=9).map(" ".join))
def test_what_sqlite_refuses_is_refused(query: str) -> None:
    _agree(query, [{"a": "x", "t": 1}], {})


def _recorded() -> list[Any]:
    found = []
    for path in sorted(CASES.glob("*.toml")):
        for case in tomllib.loads(path.read_text("utf-8"))["case"]:
            events = case.get("events", [])
            listed = [
                json.loads(item) if isinstance(item, str) else item
                for item in (events if isinstance(events, list) else [events])
            ]
            options = case.get("options", {})
            mapped = isinstance(options.get("columns", {}), dict)
            if case["expected"] != "unsupported" and mapped and case.get("alone", True):
                found.append(pytest.param(case, listed, options, id=case["id"]))
    return found


@pytest.mark.skipif(
    not (3, 39) <= sqlite3.sqlite_version_info[:2] < (3, 46), reason="the cases are those of 3.40"
)
@pytest.mark.parametrize(("case", "events", "options"), _recorded())
def test_case_files_say_what_sqlite_says(
    case: dict[str, Any], events: list[dict[str, Any]], options: dict[str, Any]
) -> None:
    try:
        found: Any = real.judge(case["query"], events or [{"f": "x"}], options=options)
    except harness.QuerySyntaxError:
        found = "invalid"
    if case["expected"] == "invalid":
        assert found in ("invalid", [None] * len(events or [{}]))
        return
    assert ["undefined" if item is None else item for item in found] == case["expected"]


@pytest.mark.parametrize(
    "query",
    [
        "ATTACH 'x.db' AS x",
        "SELECT load_extension('x') FROM logs",
        "PRAGMA database_list",
        "DELETE FROM logs",
        "SELECT * FROM sqlite_master",
        "1) FROM logs; DROP TABLE logs; --",
    ],
)
def test_the_engine_only_reads(query: str) -> None:
    with pytest.raises(harness.QuerySyntaxError):
        real.judge(query, [{"f": "x"}])


def test_the_engine_ends_in_time() -> None:
    endless = (
        "SELECT 1 FROM logs WHERE (WITH RECURSIVE c(x) AS (SELECT f UNION ALL SELECT x+1 FROM c)"
        " SELECT count(*) FROM c) > 1"
    )
    with pytest.raises(EngineTimeout):
        real.judge(endless, [{"f": 1}], timeout=0.3)


def test_the_engine_reads_lines_of_json() -> None:
    assert real.run("f LIKE 'A%'", ['{"f": "abc"}', '{"f": null}', b"plain"]) == [True, None, None]
    assert real.run("SELECT * FROM logs WHERE _raw = 'plain'", ["plain", "x"]) == [True, False]
