"""The cases and probes of the Elasticsearch languages, and random queries, on a real engine.

Runs where ``HARNESS_ELASTICSEARCH_URL`` names a node without security; indices have a name of
their own and are removed. ``HARNESS_HYPOTHESIS=deep`` tries thousands of queries.
"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from harness.ir.query import field_types
from tests.engines import _elasticsearch_queries
from tests.engines._elasticsearch import Engine, Index, RefusedMapping
from tests.engines._elasticsearch_cases import Answer, Case, agree, ours, theirs

URL = os.environ.get("HARNESS_ELASTICSEARCH_URL", "")
if not URL:
    pytest.skip("HARNESS_ELASTICSEARCH_URL is not set", allow_module_level=True)

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
            for own in table["case"]:
                name = f"{language}/{path.stem}/{own['id']}"
                params.append(pytest.param(_case(language, {**shared, **own}), id=name))
        probes = PROBES / f"{language}.jsonl"
        for line in probes.read_text("utf-8").splitlines() if probes.is_file() else ():
            probe = json.loads(line)
            params.append(pytest.param(_case(language, probe), id=probe["id"]))
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
    mine = ours(case, engine)
    assert agree(case, mine, answer, stored), (mine, answer, words)


# Random queries over one index --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class World:
    """An index with documents of every kind that the engine has types for."""

    index: Index
    stored: list[bool]
    types: dict[str, Any]
    documents: list[dict[str, Any]]

    def check(self, language: str, query: str, options: dict[str, Any]) -> None:
        """Assert that both sides give the same documents for a query."""
        case = Case(
            language=language,
            query=query,
            events=self.documents,
            types=self.types,
            options=options,
        )
        answer, words = theirs(case, self.index)
        mine = ours(case, self.index.engine)
        assert agree(case, mine, answer, self.stored), self.story(mine, answer, words)

    def story(self, mine: Answer, answer: Answer, words: str) -> str:
        """Return what the two sides disagree on."""
        if isinstance(mine, str) or isinstance(answer, str):
            return f"harness: {mine}; engine: {answer} {words}"
        rows = zip(self.documents, mine, answer, strict=True)
        apart = [(document, one, two) for document, one, two in rows if one != two]
        return f"document, harness, engine: {apart[:3]}"


@pytest.fixture(scope="module")
def world(engine: Engine) -> Iterator[World]:
    known = field_types(_elasticsearch_queries.TYPES)
    there = {name for name, kind in known.items() if kind.name == "alias" or engine.takes(kind)}
    missing = set(known) - there
    types, documents = _elasticsearch_queries.world(missing)
    case = Case(language="lucene", query="", events=documents, types=types)
    with engine.index(case.mapping) as index:
        yield World(index, index.add(documents), types, documents)


@given(query=_elasticsearch_queries.query_strings, options=_elasticsearch_queries.options)
def test_query_strings(world: World, query: str, options: dict[str, Any]) -> None:
    world.check("lucene", query, options)


@given(query=_elasticsearch_queries.soup, options=_elasticsearch_queries.options)
def test_query_strings_of_random_tokens(world: World, query: str, options: dict[str, Any]) -> None:
    world.check("lucene", query, options)


@given(query=_elasticsearch_queries.query_objects)
def test_query_objects(world: World, query: Any) -> None:
    world.check("querydsl", json.dumps(query), {})
