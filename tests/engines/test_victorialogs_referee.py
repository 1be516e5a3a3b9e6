"""The cases of LogsQL, and random queries, on a real VictoriaLogs.

Runs where ``HARNESS_VICTORIALOGS_URL`` names one: ``servers.py`` builds and starts it.
``HARNESS_HYPOTHESIS=ci`` asks for more random queries.
"""

from __future__ import annotations

import json
import os
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import harness
from harness.engines import Address, EngineFailure
from harness.engines._base import Declined
from harness.engines._places import new_place
from harness.engines.servers.victorialogs import Entries, VictoriaLogs, connect
from harness.referee import World
from harness.referee import logsql as made_up
from tests.engines import _victorialogs_server

URL = os.environ.get("HARNESS_VICTORIALOGS_URL", "")
BUILT = _victorialogs_server.built()
if not URL:
    pytest.skip("HARNESS_VICTORIALOGS_URL is not set", allow_module_level=True)

# about how long a strategy is when it is printed
pytestmark = pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisWarning")

CASES = Path(__file__).parents[1] / "languages" / "cases" / "logsql"
MANY = settings().max_examples
EVERY = list(HealthCheck)
WORLDS = (made_up.MIXED, made_up.TYPED, made_up.FEW)
Answer = list[bool | None] | str


@dataclass(slots=True)
class Tally:
    """How much has been compared."""

    counts: Counter[str] = field(default_factory=Counter)


TALLY = Tally()


@pytest.fixture(scope="module")
def server() -> Iterator[VictoriaLogs]:
    found = connect(Address(kind="victorialogs", name="victorialogs", url=URL))
    yield found
    found.close()


@pytest.fixture(scope="module")
def stored(server: VictoriaLogs) -> Iterator[list[tuple[World, Entries]]]:
    with (
        server.store(WORLDS[0].documents, {}) as one,
        server.store(WORLDS[1].documents, {}) as two,
        server.store(WORLDS[2].documents, {}) as three,
    ):
        yield list(zip(WORLDS, (one, two, three), strict=True))


def _ours(query: str, events: Any, options: Any) -> Answer:
    try:
        return harness.match(query, language="logsql", events=events, options=options)
    except harness.QuerySyntaxError as error:
        return f"invalid: {error.message}"
    except harness.Unsupported as error:
        return f"unsupported: {error.message}"


def _theirs(entries: Entries, query: str, options: Any) -> Answer:
    try:
        return entries.ask("logsql", query, options=options)
    except harness.QuerySyntaxError as error:
        return f"invalid: {error.message}"
    except Declined as error:
        return f"unsupported: {error}"


def _kind(answer: Answer) -> str:
    return answer.partition(":")[0] if isinstance(answer, str) else "verdicts"


# Cases ---------------------------------------------------------------------------------------


def _params() -> list[Any]:
    found = []
    for path in sorted(CASES.glob("*.toml")):
        cases = tomllib.loads(path.read_text("utf-8"))["case"]
        found += [pytest.param(case, id=f"{path.stem}/{case['id']}") for case in cases]
    return found


@pytest.mark.parametrize("case", _params())
def test_case(case: dict[str, Any], server: VictoriaLogs) -> None:
    options = dict(case.get("options") or {})
    given = case.get("events") or ['{"_msg": "x"}']
    events = [json.loads(item) if isinstance(item, str) else item for item in given]
    with server.store(events, {}) as entries:
        answer = _theirs(entries, case["query"], options)
        taken = list(entries.taken)
    wanted = case["expected"]
    if _kind(answer) == "unsupported":
        return
    if isinstance(wanted, str):
        assert wanted in ("unsupported", _kind(answer)), answer
        return
    assert isinstance(answer, list), answer
    told = [
        one in (said, "undefined") or not kept
        for one, said, kept in zip(wanted, answer, taken, strict=True)
    ]
    assert all(told), (wanted, answer)
    TALLY.counts["verdicts of cases"] += len(answer)


# Random queries ------------------------------------------------------------------------------


def _check(stored: list[tuple[World, Entries]], query: str) -> None:
    for world, entries in stored:
        mine = _ours(query, world.documents, world.options)
        if _kind(mine) == "unsupported":
            TALLY.counts["queries that we do not evaluate"] += 1
            continue
        theirs = _theirs(entries, query, world.options)
        assert _kind(mine) == _kind(theirs), (query, mine, theirs)
        if isinstance(mine, str) or isinstance(theirs, str):
            TALLY.counts["queries that both refuse"] += 1
            continue
        rows = zip(world.documents, theirs, mine, entries.taken, strict=True)
        for document, real, said, kept in rows:
            if not kept:
                continue
            TALLY.counts["undecided"] += said is None
            TALLY.counts["verdicts"] += said is not None
            TALLY.counts["of them true"] += bool(real)
            assert said in (None, real), (query, document, real)


@settings(max_examples=MANY * 2, suppress_health_check=EVERY)
@given(query=made_up.leaves | made_up.filters)
def test_filters_are_those_of_victorialogs(stored: list[tuple[World, Entries]], query: str) -> None:
    _check(stored, query)


@settings(max_examples=MANY * 2, suppress_health_check=EVERY)
@given(query=made_up.queries)
def test_pipes_are_those_of_victorialogs(stored: list[tuple[World, Entries]], query: str) -> None:
    _check(stored, query)


@settings(max_examples=MANY * 2, suppress_health_check=EVERY)
@given(query=st.one_of(made_up.damaged(), made_up.scraps))
def test_what_victorialogs_refuses_is_refused(
    stored: list[tuple[World, Entries]], query: str
) -> None:
    _check(stored, query)


# The engine itself ---------------------------------------------------------------------------


def test_what_the_server_leaves_out_is_not_taken(server: VictoriaLogs) -> None:
    documents = [
        {"a": "x"},
        {"a": "\ud800"},
        {"_time": "yesterday"},
        {f"a{number}": "x" for number in range(1100)},
        {"a": "x" * 300_000},
        {"k" * 129: "x"},
        {"a": "y"},
    ]
    with server.store(documents, {}) as entries:
        assert list(entries.taken) == [True, False, False, False, False, False, True]
        assert entries.ask("logsql", "a:=y", options={})[-1] is True


def test_equal_documents_are_told_apart(server: VictoriaLogs) -> None:
    with server.store([{"a": "x"}] * 300, {}) as entries:
        assert entries.ask("logsql", "a:x", options={}) == [True] * 300
        assert entries.ask("logsql", "a:x | fields a", options={}) == [True] * 300


def test_documents_are_sent_as_the_options_say(server: VictoriaLogs) -> None:
    documents = [{"text": "an error", "at": "2024-05-12T10:00:00Z", "app": "web"}]
    options = {"msg_field": "text", "time_field": "at", "stream_fields": "app"}
    with server.store(documents, {}) as entries:
        assert entries.ask("logsql", "error", options={}) == [False]
        for query in ("error", "_time:2024-05-12", '{app="web"}'):
            assert entries.ask("logsql", query, options=options) == [True], query


def test_what_cannot_be_asked_is_declined(server: VictoriaLogs) -> None:
    with server.store([{"a": "x"}], {}) as entries:
        for query in ("_time:5m", '{app="web"}', "harness_place:*", "a:\udc80"):
            with pytest.raises(Declined):
                entries.ask("logsql", query, options={})


def test_places_are_listed_until_their_deletion_is_asked_for(server: VictoriaLogs) -> None:
    with server.store([{"a": "x"}], {}) as entries:
        assert entries.place in {one.name for one in server.leftovers()}
        place = entries.place
    try:
        server.remove(place)
    except Declined:
        assert place in {one.name for one in server.leftovers()}
    else:
        assert place not in {one.name for one in server.leftovers()}
    with pytest.raises(ValueError, match="no place"):
        server.remove("job")


def test_tenants_do_not_see_each_other() -> None:
    settings_ = (("tenant", "7:3"),)
    other = connect(Address(kind="victorialogs", name="v", url=URL, settings=settings_))
    with other.store([{"a": "x"}], {}) as entries:
        mine = connect(Address(kind="victorialogs", name="v", url=URL))
        assert entries.place in {one.name for one in other.leftovers()}
        assert entries.place not in {one.name for one in mine.leftovers()}
        mine.close()
    other.close()
    with pytest.raises(EngineFailure, match="AccountID:ProjectID"):
        connect(Address(kind="victorialogs", name="v", url=URL, settings=(("tenant", "x"),)))


def test_a_server_without_deletion_says_what_stays() -> None:
    if BUILT is None:
        pytest.skip("no VictoriaLogs is built")
    with _victorialogs_server.running(BUILT, deletion=False) as running:
        server = connect(Address(kind="victorialogs", name="v", url=running.url))
        with server.store([{"a": "x"}], {}) as entries:
            place = entries.place
        assert place in {one.name for one in server.leftovers()}
        with pytest.raises(Declined, match="stay until the retention"):
            server.remove(new_place())
        server.close()


def test_another_server_is_a_failure() -> None:
    address = Address(kind="victorialogs", name="v", url="http://127.0.0.1:9", timeout=1.0)
    with pytest.raises(EngineFailure):
        connect(address)


def test_enough_was_compared(capsys: pytest.CaptureFixture[str], server: VictoriaLogs) -> None:
    with capsys.disabled():
        print(f"\nVictoriaLogs {server.version}: {dict(TALLY.counts)}")  # noqa: T201 - compared
    if MANY >= 400 and TALLY.counts["queries that both refuse"]:
        assert TALLY.counts["verdicts"] >= 20_000
