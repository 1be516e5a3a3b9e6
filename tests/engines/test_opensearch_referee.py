"""The cases and probes that OpenSearch can answer, and random queries, on a real engine.

Runs where ``HARNESS_OPENSEARCH_URL`` names a node without security; indices have a name of their
own and are removed. The query strings of ``lucene`` are read as ``opensearch`` too.
``HARNESS_HYPOTHESIS=deep`` tries thousands of queries.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from harness.engines import Address
from harness.engines.servers.opensearch import connect
from tests.engines._elasticsearch_cases import Case, Engine, cases, check, compare

URL = os.environ.get("HARNESS_OPENSEARCH_URL", "")
if not URL:
    pytest.skip("HARNESS_OPENSEARCH_URL is not set", allow_module_level=True)

WRITTEN = {"opensearch": ["opensearch"], "lucene": ["opensearch"], "querydsl": ["querydsl"]}


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    address = Address(kind="opensearch", name="opensearch", url=URL)
    with Engine("opensearch", connect(address)) as engine:
        yield engine


@pytest.mark.parametrize("case", cases(WRITTEN))
def test_case(case: Case, engine: Engine) -> None:
    check(case, engine)


@pytest.mark.parametrize("language", ["opensearch", "querydsl"])
def test_random_queries(language: str, engine: Engine) -> None:
    compare(language, engine)
