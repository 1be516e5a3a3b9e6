"""Elastic's own rules, and the results that Elasticsearch recorded for its EQL suite."""

from __future__ import annotations

import json
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from harness import schemas
from harness.errors import HarnessError
from harness.evaluate.verdicts import outcomes, read
from harness.events.kinds import CLOCK
from harness.ir import Context, Truth
from harness.ruleset.load import load
from harness.ruleset.mapping import AS_WRITTEN, index_types
from harness.ruleset.model import Rule
from harness.run.queries import parse_query
from harness.source import QuerySyntaxError, Unsupported
from measures.tables import kind_of_message, section, share, table

_SETS = {
    "test_queries": ("endgame-140", "serial_event_id"),
    "test_missing_events": ("missing-events", "sequence"),
    "test_sample": ("sample1", "id"),
}
"""The files of cases, the data of each, and the field that identifies an event."""
_READ = "read"


def show(rules: Path, recorded: Path) -> None:
    """Print the section."""
    section(
        "4. Elastic's rules",
        "Loaded as `harness test` loads them, each query on its first schema; where no schema has",
        "its fields, the types are those of ECS, or of the field's use in EQL and ES|QL.",
    )
    if rules.is_dir():
        _rules(rules)
    else:
        print(f"Elastic's rules: not there ({rules.name})\n")
    if recorded.is_dir():
        _recorded(recorded)
    else:
        print(f"Elasticsearch's recorded EQL results: not there ({recorded.name})\n")


def _rules(folder: Path) -> None:
    loaded = load([folder])
    counts: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    reasons: Counter[tuple[str, str]] = Counter()
    for rule in loaded.rules:
        raw = tomllib.loads((rule.folder / f"{rule.name}.toml").read_text("utf-8"))["rule"]
        what, why = _outcome(rule)
        counts[raw.get("language", "-"), raw["type"]][what] += 1
        if why:
            reasons[what, why] += 1
    table(
        ("language", "rule type", "rules", "read", "Unsupported", "invalid", "read %"),
        [
            (*key, total, one[_READ], one["Unsupported"], one["invalid"], share(one[_READ], total))
            for key, one in sorted(counts.items())
            for total in (one.total(),)
        ],
    )
    for problem in loaded.problems:
        reasons["not loaded", kind_of_message(problem.message)] += 1
    if reasons:
        table(("what", "class", "rules"), [(*key, count) for key, count in reasons.most_common()])
    invalid = sum(one["invalid"] for one in counts.values())
    print(f"invalid: {invalid}; not loaded: {len(loaded.problems)} (both must be 0)\n")


def _outcome(rule: Rule) -> tuple[str, str]:
    if rule.unsupported is not None:
        return "Unsupported", kind_of_message(rule.unsupported.feature)
    query = rule.translations[0]
    name = query.schemas[0]
    schema = schemas.get(name)
    recorded = schema.types(rule.kind) if rule.kind in schema.kinds else {}
    types = index_types(query, name, recorded) if name == AS_WRITTEN else recorded
    try:
        parse_query(query, Context(types=types, now=CLOCK, options=dict(query.options)))
    except Unsupported as error:
        return "Unsupported", kind_of_message(error.feature)
    except QuerySyntaxError as error:
        return "invalid", kind_of_message(error.message)
    return _READ, ""


def _recorded(folder: Path) -> None:
    rows = []
    for name, (data, key) in _SETS.items():
        path = folder / f"{name}.toml"
        cases = tomllib.loads(path.read_text("utf-8"))["queries"] if path.is_file() else []
        found = Counter(_case(folder, data, key, case) for case in cases)
        events = found["agrees"] + found["differs"]
        rows.append((name, len(cases), events, found["agrees"], found["differs"], found["related"]))
    total = [sum(row[at] for row in rows) for at in range(1, 6)]
    heads = ("recorded EQL cases", "all", "event queries", "agree", "differ", "Unsupported")
    table(heads, [*rows, ("together", *total)])


def _case(folder: Path, data: str, key: str, case: Mapping[str, Any]) -> str:
    events = _events(folder, data)
    given: dict[str, Any] = {
        "language": "eql",
        "events": events,
        "types": _types(folder, data),
        "options": {"tiebreaker_field": "event.sequence"},
    }
    try:
        query, semantics = read(case["query"], **given)
        found = zip(events, outcomes(query, events, semantics), strict=True)
    except Unsupported:
        return "related"
    except HarnessError:
        return "differs"
    hits = sorted(event[key] for event, outcome in found if outcome is Truth.TRUE)
    return "agrees" if hits == case["expected_event_ids"] else "differs"


@lru_cache
def _events(folder: Path, name: str) -> list[dict[str, Any]]:
    names = ["sample1", "sample2", "sample3"] if name == "sample1" else [name]
    events: list[dict[str, Any]] = []
    for one in names:
        lines = folder / "data" / f"{one}.derived.jsonl"
        if lines.is_file():
            events += [json.loads(line) for line in lines.read_text("utf-8").splitlines()]
        else:
            events += json.loads((folder / "data" / f"{one}.data").read_text("utf-8"))
    return events


@lru_cache
def _types(folder: Path, name: str) -> dict[str, Any]:
    text = (folder / "data" / f"{name}.mapping").read_text("utf-8")
    text = text.replace("[runtime_random_keyword_type]", "keyword")
    return dict(_leaves(json.loads(text)["properties"], ""))


def _leaves(properties: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for name, item in properties.items():
        if "properties" in item:
            yield from _leaves(item["properties"], f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", item
