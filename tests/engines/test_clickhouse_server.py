"""A ClickHouse server over HTTP: what it is sent, what it leaves, and how it may fail."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import harness
from harness import cli
from harness.engines import Address, EngineFailure
from harness.engines._addresses import Secret
from harness.engines._base import Declined
from harness.engines._places import new_place
from harness.engines.servers.clickhouse import ClickHouse
from harness.ir.query import field_types
from harness.run import opinions
from tests.engines._stub_clickhouse import StubClickHouse
from tests.support import selection, write_rule

sessions = pytest.importorskip("chdb.session", reason="chdb is not installed")
EVENTS: list[dict[str, Any]] = [{"f": "abc", "n": 5}, {"f": "x", "n": 0}, {"tags": ["a"]}]
TYPES = field_types({"f": "keyword", "n": "long", "tags": "keyword"})


@pytest.fixture(scope="module")
def session() -> Iterator[Any]:
    found = sessions.Session()
    found.query("SET date_time_input_format = 'best_effort'")
    yield found
    found.close()


@pytest.fixture
def stub(session: Any) -> Iterator[StubClickHouse]:
    with StubClickHouse(session).running() as found:
        yield found
        opinions.let_go()


def _address(stub: StubClickHouse, **more: Any) -> Address:
    return Address(kind="clickhouse", name="clickhouse", url=stub.url, timeout=10, **more)


def _tables(stub: StubClickHouse) -> list[str]:
    found = stub.session.query("SELECT name FROM system.tables WHERE name LIKE 'harness%'", "TSV")
    return str(found).split()


def test_verdicts_are_those_of_clickhouse(stub: StubClickHouse) -> None:
    server = ClickHouse(_address(stub))
    assert server.version.count(".") >= 2
    with server.store(EVENTS, TYPES) as store:
        assert store.ask("clickhouse", "f = 'abc'", options={}) == [True, False, False]
        assert store.ask("clickhouse", "n = 0", options={}) == [False, True, True]
        statement = "SELECT f AS g FROM db.events AS e WHERE g LIKE 'a%' ORDER BY f;"
        assert store.ask("clickhouse", statement, options={}) == [True, False, False]
        arrays = {"columns": {"tags": "Array(String)", "n": "Nullable(Int64)"}}
        assert store.ask("clickhouse", "has(tags, 'a')", options=arrays) == [False, False, True]
        assert store.ask("clickhouse", "n IS NULL", options=arrays) == [False, False, True]
        assert list(store.taken) == [True] * 3
        assert len(_tables(stub)) == 2
    assert _tables(stub) == []


def test_a_failure_on_one_document_is_its_own(stub: StubClickHouse) -> None:
    with ClickHouse(_address(stub)).store([{"f": "5"}, {"f": "x"}], TYPES) as store:
        assert store.ask("clickhouse", "toInt64(f) = 5", options={}) == [True, None]


def test_what_it_refuses_is_told_in_its_words(stub: StubClickHouse) -> None:
    with ClickHouse(_address(stub)).store(EVENTS, TYPES) as store:
        with pytest.raises(harness.QuerySyntaxError, match="supertype"):
            store.ask("clickhouse", "f = 5", options={})
        with pytest.raises(harness.QuerySyntaxError, match="syntax"):
            store.ask("clickhouse", "f = = 5", options={})


@pytest.mark.parametrize(
    "query", ["f = file('/etc/hostname')", "f IN (SELECT 'a')", "f = 'a' SETTINGS readonly = 0"]
)
def test_what_we_do_not_read_is_not_sent(stub: StubClickHouse, query: str) -> None:
    with ClickHouse(_address(stub)).store(EVENTS, TYPES) as store:
        with pytest.raises(Declined):
            store.ask("clickhouse", query, options={})
        assert not any("hostname" in one for one in stub.statements if "OrNull" not in one)


def test_queries_are_read_only(stub: StubClickHouse) -> None:
    with pytest.raises(EngineFailure, match="readonly"):
        ClickHouse(_address(stub)).run("DROP TABLE x", read_only=True)


def test_credentials_are_sent_and_not_shown(session: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CH_USER", "scott")
    monkeypatch.setenv("CH_KEY", "tiger-tiger")
    login = {"user": Secret(variable="CH_USER"), "password": Secret(variable="CH_KEY")}
    with StubClickHouse(session, user="scott", key="tiger-tiger").running() as stub:
        assert ClickHouse(_address(stub, **login)).version
        with pytest.raises(EngineFailure, match="516") as caught:
            ClickHouse(_address(stub))
        assert "tiger" not in str(caught.value)


def test_no_answer_is_no_refusal(stub: StubClickHouse) -> None:
    with ClickHouse(_address(stub)).store(EVENTS, TYPES) as store:
        assert store.ask("clickhouse", "n = 5", options={}) == [True, False, False]
        stub.down = True
        with pytest.raises(EngineFailure, match="gives no answer"):
            store.ask("clickhouse", "f = 'abc'", options={})
        stub.down = False


def test_leftovers_are_found_and_removed(stub: StubClickHouse) -> None:
    server = ClickHouse(_address(stub))
    name = new_place("_")
    server.run(f"CREATE TABLE {name} (a Int8) ENGINE = Memory")
    server.run("CREATE TABLE harness_of_others (a Int8) ENGINE = Memory")
    assert [one.name for one in server.leftovers()] == [name]
    server.remove(name)
    assert server.leftovers() == []
    with pytest.raises(ValueError, match="no place"):
        server.remove("harness_of_others")
    server.run("DROP TABLE harness_of_others")


def test_a_run_asks_it(
    stub: StubClickHouse, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    query = "SELECT * FROM logs WHERE lower(User) = 'bob' AND EventID = 1"
    folder = write_rule(
        tmp_path / "r",
        reference=selection(User="bob", EventID=1),
        translations={"one": ("clickhouse", query, ["sigma"])},
    )
    asked = ["test", str(folder), "--engine", f"clickhouse={stub.url}", "--no-engines"]
    with pytest.raises(SystemExit):
        cli.main([*asked, "--no-cache", "--no-measure", "-j", "1", "--format", "json"])
    found = json.loads(capsys.readouterr().out)
    codes = [one["code"] for result in found["results"] for one in result["findings"]]
    assert not [one for one in codes if one.startswith("engine-")]
    assert any(one.startswith("INSERT") for one in stub.statements)
    assert _tables(stub) == []
