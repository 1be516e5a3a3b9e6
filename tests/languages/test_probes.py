"""The settled probe cases of the shared semantics sheets, where that folder is present.

``tests/languages/refuted.toml`` lists probes that are contradicted by a better source.
"""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

import harness
from harness import languages

ROOT = Path(__file__).parents[2]
PROBES = ROOT.parent / "shared" / "semantics" / "probes"
REFUTED = tomllib.loads((Path(__file__).parent / "refuted.toml").read_text("utf-8"))


def _probes() -> list[Any]:
    params = []
    for name in languages.names():
        path = PROBES / f"{name}.jsonl"
        if not path.is_file():
            continue
        for line in path.read_text("utf-8").splitlines():
            probe = json.loads(line)
            params.append(pytest.param(probe, id=probe["id"]))
    if not params:
        reason = "the shared semantics probes are not beside this checkout"
        return [pytest.param(None, marks=pytest.mark.skip(reason=reason), id="absent")]
    return params


def _answer(probe: dict[str, Any]) -> Any:
    try:
        return harness.match(
            probe["query"],
            language=probe["language"],
            events=probe["events"],
            types=probe.get("types"),
            now=probe.get("now"),
            options=probe.get("options"),
        )
    except harness.QuerySyntaxError:
        return "invalid"


@pytest.mark.parametrize("probe", _probes())
def test_probe(probe: dict[str, Any]) -> None:
    answer = _answer(probe)
    refuted = REFUTED.get(probe["id"])
    if refuted is None:
        assert answer == probe["expected"]
        return
    assert refuted["source"]
    told = ["undefined" if one is None else one for one in answer]
    assert (told if isinstance(answer, list) else answer) == refuted["expected"]
    assert answer != probe["expected"], "this probe passes now; take it out of refuted.toml"
