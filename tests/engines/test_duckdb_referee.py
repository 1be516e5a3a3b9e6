"""Our reading of DuckDB against DuckDB itself, and what its process lets a query do."""

from __future__ import annotations

import json
import os
import tomllib
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

import harness
from harness import referee
from harness.engines import duckdb as real
from harness.engines import local
from harness.engines._base import EngineFailure, EngineTimeout
from harness.ir.query import field_types, infer_types
from harness.languages.duckdb._functions import lower, upper
from harness.referee._local import Local

pytestmark = pytest.mark.skipif(not real.available(), reason="DuckDB is not installed")
CASES = Path(__file__).parents[1] / "languages" / "cases" / "duckdb"
MANY = settings().max_examples
every = pytest.mark.skipif(
    os.environ.get("HARNESS_HYPOTHESIS", "default") == "default", reason="seconds: tox -e referee"
)


def _recorded() -> list[Any]:
    found = []
    for path in sorted(CASES.glob("*.toml")):
        for case in tomllib.loads(path.read_text("utf-8"))["case"]:
            options = case.get("options", {})
            kept = case["expected"] != "unsupported" and "version" not in options
            if kept and "LIMIT" not in case["query"]:
                found.append(pytest.param(case, id=f"{path.stem}/{case['id']}"))
    return found


@every
@pytest.mark.skipif(
    not (real.available() or "").startswith("2."), reason="the cases are those of version 2"
)
@pytest.mark.parametrize("case", _recorded())
def test_case_files_say_what_duckdb_says(case: dict[str, Any]) -> None:
    events = [json.loads(one) for one in case["events"]]
    types = {**infer_types(events), **field_types(case.get("types"))}
    try:
        found: Any = real.judge(case["query"], events, options=case.get("options"), types=types)
    except harness.QuerySyntaxError:
        found = "invalid"
    if found == "invalid":
        assert case["expected"] == "invalid"
    else:
        assert ["undefined" if one is None else one for one in found] == case["expected"]


@every
def test_generated_queries_agree() -> None:
    grammar, engine = referee.get("duckdb"), local("duckdb")
    assert engine is not None
    report = referee.search(
        grammar, Local(engine), engine.title, examples=MANY, seconds=120, seed=0
    )
    assert report.disagreement is None, report.disagreement
    assert report.verdicts > MANY


@every
def test_letters_fold_as_duckdb_folds_them() -> None:
    letters = [chr(code) for code in range(1, 0x30000) if not 0xD800 <= code < 0xE000]
    letters = [one for one in letters if one.lower() != one or one.upper() != one]
    events = [{"f": one, "low": lower(one), "up": upper(one)} for one in letters]
    assert all(real.judge("lower(f) = low", events, timeout=60))
    assert all(real.judge("upper(f) = up", events, timeout=60))


@pytest.mark.parametrize(
    "query",
    [
        "ATTACH 'x.db' AS x",
        "SELECT * FROM logs; DROP TABLE logs",
        "1) FROM logs; DROP TABLE logs; --",
        "SELECT (SELECT content FROM read_text('/etc/hostname')) FROM logs",
        "f = (SELECT content FROM read_text('/etc/hostname'))",
        "SELECT * FROM logs WHERE f IN (SELECT * FROM '/etc/hostname')",
        "SET enable_external_access = true",
        "SELECT getenv('HOME') FROM logs",
        "INSTALL httpfs",
        "COPY logs TO '/tmp/x.csv'",
        "PRAGMA database_list",
    ],
)
def test_the_engine_only_reads_its_table(query: str) -> None:
    with pytest.raises(harness.QuerySyntaxError):
        real.judge(query, [{"f": "x"}])


def test_the_engine_ends_in_time_and_goes_on() -> None:
    endless = "SELECT count(*) FROM range(10000000) a, range(10000000) b, logs"
    with pytest.raises(EngineTimeout):
        real.judge(endless, [{"f": 1}], timeout=0.5)
    assert real.judge("f = 1", [{"f": 1}]) == [True]


@every
def test_the_engine_has_a_limit_of_memory() -> None:
    greedy = "SELECT length(repeat('x', 2000000000) || f) FROM logs, range(100)"
    with suppress(EngineFailure):  # the process may be ended; the next query starts another
        assert real.judge(greedy, [{"f": "x"}], timeout=5) == [None]
    assert real.judge("f = 'x'", [{"f": "x"}]) == [True]


def test_the_version_is_that_of_the_package() -> None:
    assert real.available() == version("duckdb")
