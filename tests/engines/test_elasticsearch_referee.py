"""The cases and probes of the Elasticsearch languages, and random queries, on a real engine.

Runs where ``HARNESS_ELASTICSEARCH_URL`` names a node without security.
"""

from __future__ import annotations

import json
import os
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.engines._elasticsearch import Engine, RefusedMapping
from tests.engines._elasticsearch_cases import Case, agree, ours, theirs

URL = os.environ.get("HARNESS_ELASTICSEARCH_URL", "")
pytestmark = pytest.mark.skipif(not URL, reason="HARNESS_ELASTICSEARCH_URL is not set")

LANGUAGES = ("lucene", "querydsl", "graylog")
CASES = Path(__file__).parents[1] / "languages" / "cases"
PROBES = Path(__file__).parents[3] / "shared" / "semantics" / "probes"


def _case(language: str, given: dict[str, Any]) -> Case:
    events = given.get("events", [])
    listed = events if isinstance(events, list) else [events]
    return Case(
        language=language,
        query=given["query"],
        events=[json.loads(item) if isinstance(item, str) else item for item in listed],
        types=given.get("types") or {},
        options=given.get("options") or {},
        now=given.get("now"),
    )


def _cases() -> list[Any]:
    params = []
    for language in LANGUAGES:
        for path in sorted((CASES / language).glob("*.toml")):
            table = tomllib.loads(path.read_text("utf-8"))
            shared = {key: value for key, value in table.items() if key != "case"}
            for given in table["case"]:
                name = f"{language}/{path.stem}/{given['id']}"
                params.append(pytest.param(_case(language, {**shared, **given}), id=name))
        probes = PROBES / f"{language}.jsonl"
        for line in probes.read_text("utf-8").splitlines() if probes.is_file() else ():
            given = json.loads(line)
            params.append(pytest.param(_case(language, given), id=given["id"]))
    return params


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(URL)


@pytest.mark.parametrize("case", _cases())
def test_case(case: Case, engine: Engine) -> None:
    why_not = case.why_not(engine)
    if why_not:
        pytest.skip(why_not)
    try:
        with engine.index(case.mapping, case.settings) as index:
            stored = index.add(case.documents)
            answer, words = theirs(case, index)
    except RefusedMapping as error:
        pytest.skip(f"the engine has no such mapping: {error}")
    assert agree(ours(case, engine), answer, stored), (ours(case, engine), answer, words)
