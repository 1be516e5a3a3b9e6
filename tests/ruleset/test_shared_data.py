"""The public rule sets load, and every query of theirs is read or unsupported by name."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from harness import languages, schemas
from harness.ir import Context
from harness.ruleset.load import load
from harness.ruleset.logsource import ANY_KIND
from harness.ruleset.mapping import index_types
from harness.ruleset.model import Rule
from harness.source import Unsupported

DATA = Path(__file__).parents[3] / "shared" / "data"
SECONDS = 60
"""Of processor time, far more than is needed: it is about five."""


def _rules(folder: str, least: int) -> list[Rule]:
    if not (DATA / folder).is_dir():
        pytest.skip(f"the shared {folder} are not beside this checkout")
    started = time.process_time()
    loaded = load([DATA / folder])
    assert time.process_time() - started < SECONDS
    assert loaded.problems == []
    assert len(loaded.rules) >= least
    return loaded.rules


def _outcome(rule: Rule) -> str:
    if rule.unsupported is not None:
        assert rule.unsupported.reason
        return "unsupported"
    query, schema = rule.reference, schemas.get(rule.reference.schemas[0])
    types = index_types(query, schema.name, schema.types(rule.kind))
    context = Context(types=types, options=dict(query.options))
    try:
        languages.get(query.language).parse(query.source, context)
    except Unsupported:
        return "unsupported"
    return "read"


@pytest.mark.long
def test_elastic_rules() -> None:
    outcomes = [_outcome(one) for one in _rules("elastic-rules", 1000)[::5]]
    assert outcomes.count("read") > len(outcomes) // 2


@pytest.mark.long
def test_splunk_detections() -> None:
    for rule in _rules("splunk-detections", 1000)[::5]:
        _outcome(rule)


@pytest.mark.long
def test_sigma_rules_have_a_kind_of_their_own() -> None:
    """Every log source of SigmaHQ's rules is known."""
    rules = _rules("sigma-rules", 3000)
    assert [one.name for one in rules if one.kind == ANY_KIND] == []
