"""The cases and probes of LogQL, and random log queries, on a real Loki.

Runs where ``HARNESS_LOKI_URL`` names a Loki: ``servers.py`` builds and starts one.
``HARNESS_HYPOTHESIS=ci`` asks for 100,000 verdicts and more, on fixed seeds.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

import harness
from harness.engines import Address, EngineFailure
from harness.engines._base import Declined
from harness.engines._places import new_place
from harness.engines.servers.loki import Loki, Streams, connect
from harness.referee import logql as _loki_queries
from tests.engines import _loki_server

URL = os.environ.get("HARNESS_LOKI_URL", "")
BUILT = _loki_server.built()
if not URL:
    pytest.skip("HARNESS_LOKI_URL is not set", allow_module_level=True)

CASES = Path(__file__).parents[1] / "languages" / "cases" / "logql"
PROBES = Path(__file__).parents[3] / "shared" / "semantics" / "probes" / "logql.jsonl"
ENGINE = {"reading": "engine"}
MANY = settings().max_examples
EVERY = list(HealthCheck)
Answer = list[bool | None] | str
REFUTED = {"logql-016-1": "in any letter case, Loki never finds a text with an iota"}
"""Probes on which Loki says something else than they expect."""


@dataclass(slots=True)
class Tally:
    """How much has been compared."""

    counts: Counter[str] = field(default_factory=Counter)


TALLY = Tally()


@pytest.fixture(scope="module")
def loki() -> Iterator[Loki]:
    found = connect(Address(kind="loki", name="loki", url=URL))
    yield found
    found.close()


@pytest.fixture(scope="module")
def world(loki: Loki) -> Iterator[Streams]:
    with loki.store(_loki_queries.WORLD, {}) as streams:
        yield streams


def _ours(query: str, events: list[Any], options: dict[str, Any]) -> Answer:
    try:
        return harness.match(query, language="logql", events=events, options=options)
    except harness.QuerySyntaxError as error:
        return f"invalid: {error.message}"
    except harness.Unsupported as error:
        return f"unsupported: {error.message}"


def _theirs(streams: Streams, query: str, options: dict[str, Any]) -> Answer:
    try:
        return streams.ask("logql", query, options=options)
    except harness.QuerySyntaxError as error:
        return f"invalid: {error.message}"
    except Declined as error:
        return f"unsupported: {error}"


def _kind(answer: Answer) -> str:
    return answer.partition(":")[0] if isinstance(answer, str) else "verdicts"


# Cases and probes ----------------------------------------------------------------------------


def _params() -> list[Any]:
    found = []
    for path in sorted(CASES.glob("*.toml")):
        cases = tomllib.loads(path.read_text("utf-8"))["case"]
        found += [pytest.param(case, id=f"{path.stem}/{case['id']}") for case in cases]
    probes = PROBES.read_text("utf-8").splitlines() if PROBES.is_file() else []
    found += [pytest.param(one, id=one["id"]) for one in map(json.loads, probes)]
    return found


@pytest.mark.parametrize("case", _params())
def test_case(case: dict[str, Any], loki: Loki) -> None:
    options = dict(case.get("options") or {})
    if options.pop("reading", "engine") == "documented":
        pytest.skip("the case is about what is documented, not about what Loki does")
    given = case.get("events") or []
    listed = given if isinstance(given, list) else [given]
    events = [json.loads(item) if isinstance(item, str) else item for item in listed]
    events = events or [{"line": "x", "labels": {"job": "w"}}]
    with loki.store(events, {}) as streams:
        answer = _theirs(streams, case["query"], options)
        taken = list(streams.taken)
    mine = _ours(case["query"], events, {**options, **ENGINE})
    wanted = case["expected"]
    if case["id"] in REFUTED:
        assert answer != wanted, "the probe holds after all"
        wanted = answer
    if isinstance(wanted, str):
        assert wanted in ("unsupported", _kind(answer)), answer
        return
    assert isinstance(answer, list), answer
    told = [
        one in (said, "undefined", None) or not kept
        for one, said, kept in zip(wanted, answer, taken, strict=True)
    ]
    assert all(told), (wanted, answer)
    TALLY.counts["verdicts of cases"] += len(answer)
    agreed = [a in (b, None) or not kept for a, b, kept in zip(mine, answer, taken, strict=True)]
    assert all(agreed), (mine, answer)


# Random queries ------------------------------------------------------------------------------

_PATH = re.compile(r"\|\s*json\s+(?!and\b|or\b)\w", re.IGNORECASE)


def _is_broken(event: dict[str, Any]) -> bool:
    """Return whether a line begins as JSON and is none."""
    line = str(event.get("line", "{}"))
    try:
        json.loads(line)
    except ValueError:
        return "{" in line
    return False


def _check(streams: Streams, query: str) -> None:
    """Assert that both sides say the same; what Loki's code does is known of all but a few."""
    theirs = _theirs(streams, query, {})
    mine = _ours(query, _loki_queries.WORLD, ENGINE)
    if "unsupported" in (_kind(mine), _kind(theirs)):
        TALLY.counts["queries that one side does not answer"] += 1
        return
    assert _kind(mine) == _kind(theirs), (query, mine, theirs)
    if isinstance(mine, str) or isinstance(theirs, str):
        TALLY.counts["queries that both refuse"] += 1
        return
    agreed = _ours(query, _loki_queries.WORLD, {})
    assert isinstance(agreed, list), (query, agreed)
    paths = _PATH.search(query) is not None
    rows = zip(_loki_queries.WORLD, theirs, mine, agreed, strict=True)
    for event, real, engine, either in rows:
        if paths and _is_broken(event):
            continue  # docs/languages/logql.md, "Unsupported"
        TALLY.counts["undecided"] += engine is None
        TALLY.counts["verdicts"] += engine is not None
        TALLY.counts["of them true"] += bool(real)
        assert engine in (None, real), (query, event, real)
        assert either in (None, real), (query, event, real)


@settings(max_examples=MANY * 2, suppress_health_check=EVERY)
@given(query=_loki_queries.queries)
def test_verdicts_are_those_of_loki(world: Streams, query: str) -> None:
    _check(world, query)


@settings(max_examples=MANY * 2, suppress_health_check=EVERY)
@given(query=_loki_queries.parsed)
def test_label_filters_are_those_of_loki(world: Streams, query: str) -> None:
    _check(world, query)


@settings(max_examples=MANY * 2, suppress_health_check=EVERY)
@given(query=_loki_queries.damaged())
def test_what_loki_refuses_is_refused(world: Streams, query: str) -> None:
    _check(world, query)


# The engine itself ---------------------------------------------------------------------------


def test_what_loki_refuses_or_spells_anew_is_not_taken(loki: Loki) -> None:
    documents = [
        {"line": "x", "labels": {"job": "w"}, "metadata": {"a": "1"}},
        {"line": "x", "labels": {"no.name": "w"}},
        {"line": "x", "labels": {"job": "w"}, "metadata": {"a.b": "1"}},
        {"line": "\ud800", "labels": {"job": "w"}},
        {"line": "x" * 300_000, "labels": {"job": "w"}},
        {"line": "", "labels": {"job": "v"}},
    ]
    with loki.store(documents, {}) as streams:
        assert list(streams.taken) == [True, False, False, False, False, True]
        answer = streams.ask("logql", '{job=~".+"} | a!="2"', options={})
        assert [answer[0], answer[-1]] == [True, True]


def test_equal_lines_are_told_apart(loki: Loki) -> None:
    documents = [{"line": "x", "labels": {"job": "w"}}] * 300
    with loki.store(documents, {}) as streams:
        assert streams.ask("logql", '{job="w"} | line_format "y"', options={}) == [True] * 300


def test_answers_beyond_what_loki_sends_itself(loki: Loki) -> None:
    line = json.dumps({f"a{number}": "x" * 200 for number in range(40)})
    documents = [{"line": line, "labels": {"job": "w"}}] * 500
    with loki.store(documents, {}) as streams:
        assert streams.ask("logql", '{job="w"} | json | a1!=""', options={}) == [True] * 500


def test_documents_are_recorded_as_the_options_say(loki: Loki) -> None:
    documents = [{"a": "1", "b": {"c": "two words"}}]
    with loki.store(documents, {}) as streams:
        for query, options in (
            ('{job="w"} |= `{"a":"1"`', {}),
            ('{job="w"} |= `a=1 b.c="two words"`', {"line": "logfmt"}),
            ('{job="w"} | logfmt | b_c="two words"', {"line": "parsed"}),
            ('{job="w"} |~ "^1\\ntwo words$"', {"line": "parsed"}),
            ('{job="w"}', {"labels": {"job": "w"}}),
        ):
            assert streams.ask("logql", query, options=options) == [True], query
        assert streams.ask("logql", '{job="w"}', options={"labels": {"job": "v"}}) == [False]


def test_a_label_of_lokis_own_is_declined(loki: Loki) -> None:
    with loki.store([{"line": "x", "labels": {"job": "w"}}], {}) as streams:
        if "service_name" not in streams.part("json", None).added:
            pytest.skip("this Loki adds no label")
        with pytest.raises(Declined, match="service_name"):
            streams.ask("logql", '{job="w"} | service_name="w"', options={})


def test_metric_queries_are_declined(loki: Loki) -> None:
    with loki.store([{"line": "x", "labels": {"job": "w"}}], {}) as streams:
        for query in ('rate({job="w"}[5m])', 'rate({a="w"}[5m]) / rate({job="w"}[5m])', "1 + 1"):
            with pytest.raises(Declined):
                streams.ask("logql", query, options={})


def test_places_are_listed_until_their_deletion_is_asked_for(loki: Loki) -> None:
    with loki.store([{"line": "x"}], {}) as streams:
        assert streams.place in {one.name for one in loki.leftovers()}
        place = streams.place
    try:
        loki.remove(place)
    except Declined:
        assert place in {one.name for one in loki.leftovers()}
    else:
        assert place not in {one.name for one in loki.leftovers()}
    with pytest.raises(ValueError, match="no place"):
        loki.remove("job")


def test_a_loki_without_deletion_says_what_stays() -> None:
    if BUILT is None:
        pytest.skip("no Loki is built")
    limits = {"discover_service_name": [], "discover_log_levels": False}
    with _loki_server.running(BUILT, deletion=False, limits=limits) as server:
        loki = connect(Address(kind="loki", name="loki", url=server.url))
        with loki.store([{"line": "x", "labels": {"job": "w"}}], {}) as streams:
            assert streams.part("json", None).added == set()
        with pytest.raises(Declined, match="stay until the retention"):
            loki.remove(new_place())
        loki.close()


def test_a_server_that_is_no_loki_is_a_failure() -> None:
    with pytest.raises(EngineFailure):
        connect(Address(kind="loki", name="loki", url="http://127.0.0.1:9", timeout=1.0))


def test_enough_was_compared(capsys: pytest.CaptureFixture[str], loki: Loki) -> None:
    with capsys.disabled():
        print(f"\nLoki {loki.version}: {dict(TALLY.counts)}")  # noqa: T201 - what was compared
    if MANY >= 400 and TALLY.counts["queries that both refuse"]:
        assert TALLY.counts["verdicts"] >= 20_000
