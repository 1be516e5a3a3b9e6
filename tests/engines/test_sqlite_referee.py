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
from harness.referee.sqlite import DECLARED, STATEMENT, expressions, rows, soup

CASES = Path(__file__).parents[1] / "languages" / "cases" / "sqlite"
MANY = settings().max_examples
"""Examples of the profile in force; each asks many expressions."""


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


@settings(max_examples=MANY * 3, deadline=None, suppress_health_check=list(HealthCheck))
@given(soup)
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
