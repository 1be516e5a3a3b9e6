"""What a watch says beside its outcome: schedule, warnings, and the reasons of a verdict."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from harness.evaluate import oracle
from harness.evaluate.verdicts import read
from harness.ir import Event, Predicate, Query, Truth
from harness.languages.watcher import LANGUAGE, Why, why
from harness.languages.watcher.values import java_double

NOW = "2024-05-10T12:34:56Z"
TYPES = {"@timestamp": "date", "event.code": "keyword", "user.name": "keyword", "msg": "text"}
EVENTS = [
    {"@timestamp": "2024-05-10T12:20:00Z", "event": {"code": "4692"}, "user": {"name": "a"}},
    {"@timestamp": "2024-05-10T12:21:00Z", "event": {"code": "4624"}},
]


def _watch(**parts: Any) -> dict[str, Any]:
    return {"trigger": {"schedule": {"interval": "30m"}}, **parts}


def _search(query: dict[str, Any], **body: Any) -> dict[str, Any]:
    return {"search": {"request": {"indices": ["x"], "body": {"query": query, **body}}}}


def _seed(field: str) -> dict[str, Any]:
    """Return a watch as Sigma's converter writes them."""
    words = {"query_string": {"query": "event.code:4692", "analyze_wildcard": True}}
    query = {"bool": {"must": [words], "filter": {"range": {field: {"gte": "now-30m/m"}}}}}
    condition = {"compare": {"ctx.payload.hits.total": {"not_eq": 0}}}
    return _watch(input=_search(query, size=0), condition=condition)


def _read(watch: dict[str, Any]) -> Query:
    text = json.dumps(watch, indent=2)
    query, _ = read(text, language="watcher", events=EVENTS, types=TYPES, now=NOW)
    return query


def _holds(node: Predicate, event: Event) -> Truth:
    return oracle.evaluate(node, event, LANGUAGE.semantics)


def _why(watch: dict[str, Any], events: Sequence[Event] = EVENTS) -> Why:
    return why(_read(watch), events, holds=_holds)


def test_why_names_the_clause_whose_field_is_never_present() -> None:
    report = _why(_seed("timestamp"))
    assert report.outcome is Truth.FALSE
    assert report.sentences == (
        "the search finds 0 of 2 documents",
        "the query_string on 'event.code' matches 1 of 2 documents",
        "the range on 'timestamp' matches no document because the field is never present",
        "ctx.payload.hits.total is 0",
        "the condition ctx.payload.hits.total not_eq 0 is not met",
    )


def test_why_of_a_watch_that_fires() -> None:
    report = _why(_seed("@timestamp"))
    assert report.outcome is Truth.TRUE
    assert report.searches[0].matching == 1
    assert report.compared[0].value == 1


def test_why_tells_why_an_execution_fails() -> None:
    failing = _why(_watch(input=_search({"strange": {}})))
    assert failing.outcome is Truth.FALSE
    assert "there is no query 'strange'" in failing.failure
    beyond = {"compare": {"ctx.payload.hits.hits.9._id": {"eq": "x"}}}
    report = _why(_watch(input=_search({"match_all": {}}), condition=beyond))
    assert report.failure == "index 9 is out of bounds for a list of 2"


def test_why_counts_documents_without_the_value() -> None:
    watch = _watch(input=_search({"term": {"user.name": "b"}}))
    (clause,) = _why(watch).searches[0].clauses
    assert (clause.matching, clause.present, clause.documents, clause.mapped) == (0, 1, 2, True)
    assert clause.sentence.endswith("matches none of the 1 documents that have the field")


def test_why_reports_the_conditions_of_actions() -> None:
    act = {"logging": {"text": "x"}}
    held = {**act, "condition": {"compare": {"ctx.payload.hits.total": {"gt": 5}}}}
    report = _why(_watch(input=_search({"match_all": {}}), actions={"one": act, "two": held}))
    assert [(item.name, item.runs) for item in report.actions] == [
        ("one", Truth.TRUE),
        ("two", Truth.FALSE),
    ]


def test_why_is_about_watches() -> None:
    query, _ = read("a:b", language="lucene")
    with pytest.raises(TypeError, match="no watch"):
        why(query, [], holds=_holds)


@pytest.mark.parametrize(
    ("schedule", "interval"),
    [
        ({"interval": "90s"}, timedelta(seconds=90)),
        ({"interval": 60}, timedelta(minutes=1)),
        ({"hourly": {"minute": 30}}, timedelta(hours=1)),
        ({"hourly": {"minute": [0, 30]}}, None),
        ({"daily": {"at": "noon"}}, timedelta(days=1)),
        ({"daily": {"at": {"hour": [1, 2], "minute": 0}}}, None),
        ({"weekly": {"on": "monday", "at": "noon"}}, timedelta(weeks=1)),
        ({"weekly": {"on": ["monday", "friday"], "at": "noon"}}, None),
        ({"monthly": {"on": 1, "at": "noon"}}, None),
        ({"cron": "0 0 * * * ?"}, None),
    ],
)
def test_interval(schedule: dict[str, Any], interval: timedelta | None) -> None:
    found = _read({"trigger": {"schedule": schedule}}).schedule
    assert found is not None
    assert found.interval == interval


@pytest.mark.parametrize(
    ("bound", "lookback"),
    [
        ({"gte": "now-30m/m"}, timedelta(minutes=30)),
        ({"gt": "now-1d"}, timedelta(days=1)),
        ({"from": "now-1d-2h", "to": "now"}, timedelta(hours=26)),
        ({"gte": "{{ctx.trigger.scheduled_time}}||-5m"}, timedelta(minutes=5)),
        ({"gte": "2024-01-01"}, None),
        ({"lte": "now-1h"}, None),
    ],
)
def test_lookback(bound: dict[str, str], lookback: timedelta | None) -> None:
    query = {"bool": {"filter": [{"match_all": {}}, {"range": {"@timestamp": bound}}]}}
    found = _read(_watch(input=_search(query))).schedule
    assert found is not None
    assert (found.lookback, found.field) == (lookback, "@timestamp")


def _warnings(**parts: Any) -> list[tuple[str, str]]:
    return [(item.code, item.message) for item in _read(_watch(**parts)).warnings]


def _place_of(text: str, part: str) -> str:
    at = text.index(part)
    return f"<query>:{text.count(chr(10), 0, at) + 1}:{at - text.rfind(chr(10), 0, at)}"


def test_warns_about_unmapped_fields() -> None:
    (found,) = _read(_seed("timestamp")).warnings
    assert found.code == "unmapped-field"
    assert found.place == _place_of(json.dumps(_seed("timestamp"), indent=2), '"timestamp"')
    assert not _read(_seed("@timestamp")).warnings


def test_warns_about_paths_that_lead_nowhere() -> None:
    (found,) = _warnings(
        input=_search({"match_all": {}}),
        condition={"compare": {"ctx.payload.hits.total.value": {"gt": 0}}},
    )
    assert found[0] == "path-leads-nowhere"


def test_warns_about_comparisons_without_effect() -> None:
    paths = {"ctx.payload.hits.total": {"gt": 0}, "ctx.payload.timed_out": {"eq": False}}
    found = _warnings(input=_search({"match_all": {}}), condition={"compare": paths})
    assert [code for code, _ in found] == ["ignored-comparison"]


def test_warns_about_template_variables() -> None:
    text = (
        "{{ctx.watch_id}} {{ctx.payload.hits.total}} {{ctx.metadata.title}} {{nosuch}} "
        "{{#ctx.payload.hits.hits}}{{_source.user.name}} {{_source.computer}}"
        "{{/ctx.payload.hits.hits}}{{ctx.payload.hits.hits.0._id}}"
    )
    found = _warnings(
        metadata={"title": "x"},
        input=_search({"match_all": {}}),
        actions={"a": {"logging": {"text": text}}},
    )
    assert [message.split("'")[1] for _, message in found] == ["nosuch", "_source.computer"]


def test_warns_about_templates_that_fail() -> None:
    found = _warnings(actions={"a": {"logging": {"text": "{{#ctx.payload}}x"}}})
    assert [code for code, _ in found] == ["template-fails"]


def test_warns_about_searches_that_fail() -> None:
    found = _warnings(input=_search({"term": {"@timestamp": "soon"}}))
    assert [code for code, _ in found] == ["search-fails"]


def test_warns_about_backslashes_that_the_shell_eats() -> None:
    watch = json.dumps(_watch(input=_search({"wildcard": {"user.name": "*\\\\x"}})))
    text = f"curl -XPUT localhost:9200/_watcher/watch/a <<EOF\n{watch}\nEOF\n"
    query, _ = read(text, language="watcher", types=TYPES, now=NOW)
    assert [item.code for item in query.warnings] == ["shell-escapes"]


def test_places_in_a_command_are_places_in_the_file() -> None:
    watch = json.dumps(_seed("timestamp"), indent=2)
    text = f"curl -XPUT localhost:9200/_watcher/watch/a <<EOF\n{watch}\nEOF\n"
    query, _ = read(text, language="watcher", types=TYPES, now=NOW)
    assert query.warnings[0].place == _place_of(text, '"timestamp"')


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.0"),
        (1.5, "1.5"),
        (100.0, "100.0"),
        (9999999.0, "9999999.0"),
        (1e7, "1.0E7"),
        (12345678.9, "1.23456789E7"),
        (-1e7, "-1.0E7"),
        (0.001, "0.001"),
        (0.0001, "1.0E-4"),
        (1.5e-5, "1.5E-5"),
        (1e22, "1.0E22"),
    ],
)
def test_doubles_are_spelled_as_java_does(value: float, text: str) -> None:
    # https://docs.oracle.com/javase/8/docs/api/java/lang/Double.html#toString-double-
    assert java_double(value) == text


def test_why_finds_the_values_of_a_multi_field() -> None:
    types = {"path": {"type": "text", "fields": {"keyword": {"type": "keyword"}}}}
    watch = json.dumps(_watch(input=_search({"term": {"path.keyword": "x"}})))
    query, _ = read(watch, language="watcher", types=types, now=NOW)
    (clause,) = why(query, [{"path": "y"}], holds=_holds).searches[0].clauses
    assert (clause.matching, clause.present) == (0, 1)
