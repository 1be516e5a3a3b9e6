"""Every query language against its case files: query, events, expected outcome.

A case file is ``cases/<language>/<theme>.toml`` with a list of ``[[case]]`` tables:

``id``        unique within the language
``query``     the query text
``events``    one event or a list, each a table or a JSON text; ``_raw`` for a text line
``expected``  one outcome per event (true, false, or "undefined"), or "invalid" or
              "unsupported" for the whole query
``types``, ``now``, ``options``  as in ``harness.match``
``source``    where the expectation comes from; a file may set one at its top
"""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

import harness
from harness import languages

CASES = Path(__file__).parent / "cases"


def _load() -> list[Any]:
    params = []
    for path in sorted(CASES.glob("*/*.toml")):
        table = tomllib.loads(path.read_text("utf-8"))
        shared = {key: value for key, value in table.items() if key != "case"}
        for case in table["case"]:
            merged = {"language": path.parent.name, **shared, **case}
            params.append(pytest.param(merged, id=f"{path.parent.name}/{path.stem}/{case['id']}"))
    return params


def _events(case: dict[str, Any]) -> list[dict[str, Any]]:
    given = case.get("events", [])
    listed = given if isinstance(given, list) else [given]
    return [json.loads(item) if isinstance(item, str) else item for item in listed]


def _answer(case: dict[str, Any]) -> Any:
    try:
        outcome = harness.match(
            case["query"],
            language=case["language"],
            events=_events(case),
            types=case.get("types"),
            now=case.get("now"),
            options=case.get("options"),
        )
    except harness.QuerySyntaxError:
        return "invalid"
    except harness.Unsupported:
        return "unsupported"
    return ["undefined" if item is None else item for item in outcome]


@pytest.mark.parametrize("case", _load())
def test_case(case: dict[str, Any]) -> None:
    assert case["source"], "say where the expectation comes from"
    assert _answer(case) == case["expected"]


def test_every_language_has_cases() -> None:
    with_cases = {path.parent.name for path in CASES.glob("*/*.toml")}
    assert set(languages.names()) == with_cases


def test_case_ids_are_unique() -> None:
    ids = [param.id for param in _load()]
    assert len(ids) == len(set(ids))
