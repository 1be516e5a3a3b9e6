"""Our reading of ClickHouse against ClickHouse itself, and what its process runs."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

import harness
from harness import referee
from harness.engines import clickhouse as real
from harness.engines import local
from harness.engines._base import Declined, EngineTimeout
from harness.ir.query import field_types, infer_types
from harness.referee._local import Local

pytestmark = pytest.mark.skipif(not real.available(), reason="chdb is not installed")
CASES = Path(__file__).parents[1] / "languages" / "cases" / "clickhouse"
MANY = settings().max_examples


def _recorded() -> list[Any]:
    found = []
    for path in sorted(CASES.glob("*.toml")):
        for case in tomllib.loads(path.read_text("utf-8"))["case"]:
            in_memory = "PREWHERE" not in case["query"] and "FINAL" not in case["query"]
            if case["expected"] != "unsupported" and in_memory:
                found.append(pytest.param(case, id=f"{path.stem}/{case['id']}"))
    return found


@pytest.mark.parametrize("case", _recorded())
def test_case_files_say_what_clickhouse_says(case: dict[str, Any]) -> None:
    events = [json.loads(one) for one in case["events"]]
    types = {**infer_types(events), **field_types(case.get("types"))}
    try:
        found: Any = real.judge(case["query"], events, options=case.get("options"), types=types)
    except harness.QuerySyntaxError:
        found = "invalid"
    if case["expected"] == "invalid":  # some fail only where there is a row
        assert found in ("invalid", [None] * len(events))
    else:
        assert ["undefined" if one is None else one for one in found] == case["expected"]


def test_generated_queries_agree() -> None:
    grammar, engine = referee.get("clickhouse"), local("clickhouse")
    assert engine is not None
    report = referee.search(
        grammar, Local(engine), engine.title, examples=MANY, seconds=120, seed=0
    )
    assert report.disagreement is None, report.disagreement
    assert report.verdicts > MANY


@pytest.mark.parametrize(
    "query",
    [
        "f = file('/etc/hostname')",
        "SELECT sleepEachRow(1) FROM logs",
        "SELECT * FROM logs INTO OUTFILE '/tmp/x.csv'",
        "f = 'a' SETTINGS readonly = 0",
        "f IN (SELECT line FROM file('/etc/hostname', 'LineAsString'))",
        "SELECT * FROM (SELECT * FROM url('http://localhost:1/', 'LineAsString'))",
        "WITH (SELECT 1) AS x SELECT * FROM logs",
    ],
)
def test_what_is_not_read_is_not_run(query: str) -> None:
    with pytest.raises((Declined, harness.QuerySyntaxError)):
        real.judge(query, [{"f": "x"}])


@pytest.mark.parametrize(
    "query",
    ["DROP TABLE logs", "INSERT INTO logs VALUES (1)", "1) FROM logs; DROP TABLE logs; --"],
)
def test_other_statements_are_not_run(query: str) -> None:
    with pytest.raises((Declined, harness.QuerySyntaxError)):
        real.judge(query, [{"f": "x"}])
    assert real.judge("f = 'x'", [{"f": "x"}]) == [True]


def test_the_session_is_read_only() -> None:
    request = {
        "columns": [["`f`", "String"]],
        "rows": [{"f": "x"}],
        "every": "SELECT 1 FROM file('/etc/hostname', 'LineAsString')",
        "one": "SELECT 1 FROM file('/etc/hostname', 'LineAsString') AS t, {table}",
    }
    answer = real._WORKER.ask(request, timeout=10)
    assert "readonly" in answer["refused"]
    for query in ("DROP TABLE logs", "SET readonly = 0", "SELECT * FROM url('http://x/', 'CSV')"):
        answer = real._WORKER.ask({**request, "every": query, "one": query}, timeout=10)
        assert answer.get("refused") or answer["verdicts"] == [None]


def test_the_engine_ends_in_time_and_goes_on() -> None:
    endless = "SELECT count() FROM numbers(100000000000) WHERE sipHash64(number) = 1"
    request = {"columns": [["`f`", "String"]], "rows": [{}], "every": endless, "one": endless}
    real.judge("f = 'x'", [{"f": "x"}])  # the library takes time to load
    with pytest.raises(EngineTimeout):
        real._WORKER.ask(request, timeout=0.5)
    assert real.judge("f = 'x'", [{"f": "x"}]) == [True]
