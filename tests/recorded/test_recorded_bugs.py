"""Wrong translations from public threads: the rule is right, the translation is seen to be wrong.

A case file is ``cases/<name>.toml`` with a list of ``[[case]]`` tables:

``id``, ``what``         a name, and the mistake in one sentence
``thread``               where it was reported
``sigma``, ``events``    the rule, and events with the rule's own field names
``translation``          the query with the mistake, in ``language``
``documents``            the same events as the translation's product stores them, where they differ
``types``, ``options``   as in ``harness.match``, for the translation
``right``                what the rule gives for each event
``recorded``             what the product gives for each event, or "invalid" where it refuses
``corrected``            the translation without the mistake, which gives what is right
"""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

import harness

CASES = Path(__file__).parent / "cases"
FEWEST = 25
_ONE_ANSWER = "watcher"
"""A watch gives one answer for all documents."""


def _load() -> list[Any]:
    return [
        pytest.param(case, id=f"{case['language']}/{case['id']}")
        for path in sorted(CASES.glob("*.toml"))
        for case in tomllib.loads(path.read_text("utf-8"))["case"]
    ]


def _documents(case: dict[str, Any]) -> list[dict[str, Any]]:
    return [json.loads(item) for item in case.get("documents", case["events"])]


def _answer(case: dict[str, Any], query: str) -> Any:
    try:
        return harness.match(
            query,
            language=case["language"],
            events=_documents(case),
            types=case.get("types"),
            options=case.get("options"),
        )
    except harness.QuerySyntaxError:
        return "invalid"


@pytest.mark.parametrize("case", _load())
def test_the_rule_is_right(case: dict[str, Any]) -> None:
    events = [json.loads(item) for item in case["events"]]
    assert harness.match(case["sigma"], language="sigma", events=events) == case["right"]


@pytest.mark.parametrize("case", _load())
def test_the_mistake_is_seen(case: dict[str, Any]) -> None:
    assert _answer(case, case["translation"]) == case["recorded"]
    assert case["recorded"] != case["right"]


@pytest.mark.parametrize("case", [item for item in _load() if "corrected" in item.values[0]])
def test_the_correction_agrees(case: dict[str, Any]) -> None:
    assert _answer(case, case["corrected"]) == case["right"]


def test_the_cases_are_told_apart_and_sourced() -> None:
    cases = [param.values[0] for param in _load()]
    assert len({(case["language"], case["id"]) for case in cases}) == len(cases) >= FEWEST
    assert all(case["thread"].startswith("https://") for case in cases)
    assert all(len(case["right"]) == 1 for case in cases if case["language"] == _ONE_ANSWER)
