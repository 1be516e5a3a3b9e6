"""What the Query DSL says of an OpenSearch, where it is not what it says of an Elasticsearch.

All of it ran on OpenSearch 3.6.0 and Elasticsearch 8.19.21.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

import harness
from harness.languages._elastic.opensearch import as_elasticsearch

SPLIT = {"k": {"type": "keyword", "split_queries_on_whitespace": True}}
UNINDEXED = {"k": {"type": "keyword", "index": False}}
ROWS = [{"k": "a b"}, {"k": "a"}, {"k": ""}]


def _answer(query: Any, types: Any, options: dict[str, Any]) -> list[bool | None] | str:
    try:
        return harness.match(
            json.dumps(query), language="querydsl", events=ROWS, types=types, options=options
        )
    except harness.QuerySyntaxError:
        return "invalid"


@pytest.mark.parametrize(
    ("query", "types", "elastic", "fork"),
    [
        ({"match_phrase": {"k": "a b"}}, SPLIT, [True, False, False], "invalid"),
        ({"match_phrase": {"k": "a"}}, SPLIT, [False, True, False], [False, True, False]),
        ({"match_phrase": {"k": ""}}, SPLIT, [False, False, True], [False, False, False]),
        (
            {"simple_query_string": {"query": '"a b"', "fields": ["k"]}},
            SPLIT,
            [True, False, False],
            "invalid",
        ),
        ({"match_phrase_prefix": {"k": " "}}, SPLIT, "invalid", [False, False, False]),
        (
            {"match_phrase": {"k": "a b"}},
            {"k": "keyword"},
            [True, False, False],
            [True, False, False],
        ),
        (
            {"regexp": {"k": {"value": "A", "case_insensitive": True}}},
            UNINDEXED,
            "invalid",
            [False, True, False],
        ),
    ],
)
def test_a_fork_differs(query: Any, types: Any, elastic: Any, fork: Any) -> None:
    assert _answer(query, types, {"version": "8.19"}) == elastic
    assert _answer(query, types, as_elasticsearch((3, 6))) == fork
