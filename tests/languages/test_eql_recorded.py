"""Event queries against the results that Elasticsearch itself recorded, where they are present.

The queries and the data are those of Elasticsearch's own EQL suite; they are read beside the
checkout and are no part of it.
"""

from __future__ import annotations

import json
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

import harness
from harness.evaluate.verdicts import outcomes, read
from harness.ir import Truth

DATA = Path(__file__).parents[3] / "shared" / "data"
RECORDED = DATA / "es-eql"
RULES = DATA / "elastic-rules"
SETS = {
    "test_queries": ("endgame-140", "serial_event_id"),
    "test_missing_events": ("missing-events", "sequence"),
    "test_sample": ("sample1", "id"),
}
KEYWORD = "[runtime_random_keyword_type]"


@lru_cache
def _events(name: str) -> list[dict[str, Any]]:
    names = ["sample1", "sample2", "sample3"] if name == "sample1" else [name]
    events: list[dict[str, Any]] = []
    for one in names:
        lines = RECORDED / "data" / f"{one}.derived.jsonl"
        if lines.is_file():
            events += [json.loads(line) for line in lines.read_text("utf-8").splitlines()]
        else:
            events += json.loads((RECORDED / "data" / f"{one}.data").read_text("utf-8"))
    return events


@lru_cache
def _types(name: str) -> dict[str, Any]:
    text = (RECORDED / "data" / f"{name}.mapping").read_text("utf-8")
    return dict(_leaves(json.loads(text.replace(KEYWORD, "keyword"))["properties"], ""))


def _leaves(properties: dict[str, Any], prefix: str) -> Any:
    for name, field in properties.items():
        if "properties" in field:
            yield from _leaves(field["properties"], f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", field


def _cases() -> list[Any]:
    if not RECORDED.is_dir():
        reason = "the recorded results are not beside this checkout"
        return [pytest.param(None, marks=pytest.mark.skip(reason=reason), id="absent")]
    params: list[Any] = []
    for name, (data, key) in SETS.items():
        table = tomllib.loads((RECORDED / f"{name}.toml").read_text("utf-8"))
        params.extend(
            pytest.param({**case, "data": data, "key": key}, id=case["name"])
            for case in table["queries"]
        )
    return params


@pytest.mark.parametrize("case", _cases())
def test_recorded(case: dict[str, Any]) -> None:
    events = _events(case["data"])
    related = case["query"].strip().startswith(("sequence", "sample"))
    given: dict[str, Any] = {
        "language": "eql",
        "events": events,
        "types": _types(case["data"]),
        "options": {"tiebreaker_field": "event.sequence"},
    }
    if related:
        with pytest.raises(harness.Unsupported, match=r"sequence|sample"):
            read(case["query"], **given)
        return
    query, semantics = read(case["query"], **given)
    found = zip(events, outcomes(query, events, semantics), strict=True)
    hits = [event for event, outcome in found if outcome is Truth.TRUE]
    hits.sort(key=lambda event: event[case["key"]])
    assert [event[case["key"]] for event in hits] == case["expected_event_ids"]


def _rules() -> list[Any]:
    if not RULES.is_dir():
        reason = "the Elastic rules are not beside this checkout"
        return [pytest.param(None, marks=pytest.mark.skip(reason=reason), id="absent")]
    return sorted(RULES.rglob("*.toml"))


@pytest.mark.long
def test_every_elastic_rule_is_read() -> None:
    paths = _rules()
    if not isinstance(paths[0], Path):
        pytest.skip("the Elastic rules are not beside this checkout")
    read_as: dict[str, int] = {}
    for path in paths:
        rule = tomllib.loads(path.read_text("utf-8"))["rule"]
        if rule.get("language") != "eql":
            continue
        try:
            query, _ = read(rule["query"], language="eql", options={"unmapped": "missing"})
        except harness.Unsupported as error:
            kind = error.feature
        else:
            kind = "event"
            assert query.warnings == ()
        read_as[kind] = read_as.get(kind, 0) + 1
    assert set(read_as) <= {"event", "sequence", "sample"}
    assert read_as["event"] > read_as["sequence"]
