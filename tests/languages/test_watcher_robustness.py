"""Whatever the text, the reader of watches only rejects it or cannot evaluate it."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

import harness

EVENTS: list[dict[str, Any]] = [
    {"@timestamp": "2024-05-10T12:20:00Z", "code": 4625, "user": "u0", "n": 1.5},
    {"@timestamp": "2024-05-10T12:25:00Z", "code": 4624, "user": "u1"},
]
TYPES = {"@timestamp": "date", "code": "long", "user": "keyword", "n": "double", "msg": "text"}
SCRIPTS = st.sampled_from(
    [
        "return ctx.payload.hits.total > 1",
        "ctx.payload.hits.hits[0]._source.user == 'u0' ? true : 1 / 0",
        "def x = ctx.payload?.aggregations?.a?.value ?: 0; if (x > 2) { return true } return false",
        "ctx.payload.hits.hits.size() % 0 == 1",
        "for (x in y) {}",
        "((((",
    ]
) | st.text(alphabet="ctx.payload()[]{}!&|<>=+-*/%?:;'\"1 \n", max_size=20)
TEMPLATES = st.sampled_from(
    [
        "{{ctx.execution_time}}||-1h",
        "{{#ctx.metadata.list}}{{.}},{{/ctx.metadata.list}}",
        "{{#ctx",
        "{{/x}}",
        "{{{ctx.trigger.scheduled_time}}}",
        "{{#toJson}}ctx{{/toJson}}",
    ]
) | st.text(alphabet="{}#/^! ctx.", max_size=15)
SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | TEMPLATES | SCRIPTS
KEYS = st.sampled_from(
    [
        *("eq", "gt", "path", "value", "quantifier", "field", "size", "order", "_count", "aggs"),
        *("terms", "date_histogram", "filter", "filters", "top_hits", "avg", "fixed_interval"),
        *("query", "sort", "_source", "body", "request", "indices", "template", "source", "params"),
        *("ctx.payload.hits.total", "ctx.payload.hits.hits.0._source.user", "track_total_hits"),
        *("term", "code", "user", "interval", "cron", "daily", "at", "on", "schedule", "minute"),
    ]
)
ANY = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=10,
)


def _one(names: list[str], body: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(st.sampled_from(names), body, min_size=1, max_size=1)


AGGREGATIONS = _one(
    ["terms", "date_histogram", "histogram", "filter", "filters", "top_hits", "avg", "range"], ANY
)
BODIES = st.fixed_dictionaries(
    {},
    optional={
        "size": st.integers(-1, 20) | ANY,
        "query": ANY,
        "sort": ANY,
        "_source": ANY,
        "aggs": st.dictionaries(st.sampled_from(["a", "b"]), AGGREGATIONS, max_size=2) | ANY,
        "track_total_hits": ANY,
    },
)
INPUTS = (
    st.builds(lambda body: {"search": {"request": {"body": body}}}, BODIES)
    | _one(["simple", "none", "http", "chain", "search"], ANY)
    | st.builds(lambda item: {"chain": {"inputs": [{"x": item}]}}, _one(["simple"], ANY))
)
CONDITIONS = _one(["compare", "array_compare", "always", "never"], ANY) | st.builds(
    lambda text: {"script": text}, SCRIPTS
)
WATCHES = st.fixed_dictionaries(
    {"trigger": st.just({"schedule": {"interval": "5m"}}) | ANY},
    optional={
        "input": INPUTS,
        "condition": CONDITIONS,
        "metadata": st.just({"list": [1, "a"]}) | ANY,
        "actions": _one(["a"], _one(["logging", "email", "nosuch"], ANY)) | ANY,
        "transform": _one(["script", "chain"], ANY),
    },
)


def _run(text: str) -> None:
    try:
        answer = harness.match(
            text, language="watcher", events=EVENTS, types=TYPES, now="2024-05-10T12:34:56Z"
        )
    except (harness.QuerySyntaxError, harness.Unsupported):
        return
    assert len(answer) == 1


@settings(max_examples=200)
@given(WATCHES)
def test_no_watch_breaks_the_reader(watch: dict[str, Any]) -> None:
    _run(json.dumps(watch))


@given(st.text(max_size=40))
def test_no_text_breaks_the_reader(text: str) -> None:
    _run(text)
    _run(f"curl -XPUT localhost:9200/_watcher/watch/a <<EOF\n{text}\nEOF\n")


@given(SCRIPTS)
def test_no_script_breaks_the_reader(script: str) -> None:
    trigger = {"schedule": {"interval": "5m"}}
    _run(json.dumps({"trigger": trigger, "condition": {"script": {"source": script}}}))


@settings(max_examples=80)
@given(WATCHES, st.data())
def test_no_damage_breaks_the_reader(watch: dict[str, Any], data: st.DataObject) -> None:
    text = json.dumps(watch)
    at = data.draw(st.integers(0, len(text)))
    _run(text[:at] + data.draw(st.sampled_from(['"', "{", "]", "\\", ",", ""])) + text[at + 1 :])
