"""The cases and probes of the Elasticsearch languages, and random queries, on a real engine.

Runs where ``HARNESS_ELASTICSEARCH_URL`` names a node without security, 7.14 or newer as the
official client wants it; indices have a name of their own and are removed.
``HARNESS_HYPOTHESIS=deep`` tries thousands of queries.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from harness.engines import Address
from harness.engines.servers.elasticsearch import connect
from tests.engines._elasticsearch_cases import Case, Engine, cases, check, compare

URL = os.environ.get("HARNESS_ELASTICSEARCH_URL", "")
if not URL:
    pytest.skip("HARNESS_ELASTICSEARCH_URL is not set", allow_module_level=True)

LANGUAGES = ("lucene", "querydsl", "graylog")


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    address = Address(kind="elasticsearch", name="elasticsearch", url=URL)
    with Engine("elasticsearch", connect(address)) as engine:
        yield engine


@pytest.mark.parametrize("case", cases({one: [one] for one in LANGUAGES}))
def test_case(case: Case, engine: Engine) -> None:
    check(case, engine)


@pytest.mark.parametrize("language", ["lucene", "querydsl"])
def test_random_queries(language: str, engine: Engine) -> None:
    compare(language, engine)
