"""Whatever the text, the Query DSL reader only rejects it or cannot evaluate it."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

import harness
from harness.languages._elastic.dsl_reader import READERS, UNSUPPORTED

EVENTS: list[dict[str, Any]] = [
    {"user": "root", "code": 4625, "msg": "login failed", "at": "2024-05-10T12:00:00Z"},
    {"ip": "10.0.0.1", "ok": True, "conn": [{"port": 22}, {"port": 443}], "_id": "a"},
]
TYPES = {
    "user": "keyword",
    "code": "long",
    "msg": "text",
    "at": "date",
    "ip": "ip",
    "ok": "boolean",
    "conn": "nested",
    "conn.port": "long",
}
WORDS = st.sampled_from(
    ["root", "*", "now-1h/d", "10.0.0.0/8", "a AND (b", "67%", "2<-1", "[0-9]+", "AUTO", "and", "("]
)
KEYS = st.sampled_from(
    [
        *TYPES,
        *("value", "query", "fields", "field", "path", "must", "should", "must_not", "filter"),
        *("gte", "lt", "format", "time_zone", "operator", "fuzziness", "minimum_should_match"),
        *("default_operator", "flags", "analyzer", "slop", "type", "values", "queries", "boost"),
    ]
)
SCALARS = WORDS | st.text(max_size=6) | st.integers() | st.floats(allow_nan=False) | st.none()
BODIES = st.recursive(
    SCALARS | st.booleans(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(KEYS, inner, max_size=3)
        | st.dictionaries(st.sampled_from([*READERS, *UNSUPPORTED]), inner, min_size=1, max_size=1)
    ),
    max_leaves=12,
)
QUERIES = st.dictionaries(st.sampled_from(sorted(READERS)), BODIES, min_size=1, max_size=1)
FIELD_QUERIES = st.builds(
    lambda name, field, body: {name: {field: body}},
    st.sampled_from(sorted(READERS)),
    st.sampled_from(sorted(TYPES)),
    BODIES,
)


def _run(text: str) -> None:
    try:
        answer = harness.match(
            text, language="querydsl", events=EVENTS, types=TYPES, now="2024-05-10T12:34:56Z"
        )
    except (harness.QuerySyntaxError, harness.Unsupported):
        return
    assert len(answer) == len(EVENTS)


@settings(max_examples=200)
@given(QUERIES | FIELD_QUERIES)
def test_no_query_breaks_the_reader(query: dict[str, Any]) -> None:
    _run(json.dumps(query))


@given(st.text(max_size=40))
def test_no_text_breaks_the_reader(text: str) -> None:
    _run(text)


@settings(max_examples=80)
@given(QUERIES | FIELD_QUERIES, st.data())
def test_no_damage_breaks_the_reader(query: dict[str, Any], data: st.DataObject) -> None:
    text = json.dumps(query)
    at = data.draw(st.integers(0, len(text)))
    _run(text[:at] + data.draw(st.sampled_from(['"', "{", "]", "\\", ",", "", "\x00"])) + text[at:])


def test_deep_nesting_is_an_error() -> None:
    _run('{"bool":{"must":' * 100_000)
    _run('{"bool":{"must":' * 60 + '{"match_all":{}}' + "}}" * 60)
    _run(json.dumps({"simple_query_string": {"query": "(" * 5000 + "a" + ")" * 5000}}))
    _run(json.dumps({"query_string": {"query": "(" * 5000 + "a" + ")" * 5000}}))
