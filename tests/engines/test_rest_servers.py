"""Kusto and Splunk over REST, before stubs written after the vendors' pages.

No real server of these was here: what is tested is what is sent, how answers and faults are read,
and what stays behind.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import replace
from typing import Any, Protocol

import pytest

from harness.engines import Address, Connection, EngineFailure
from harness.engines._addresses import Secret, addresses
from harness.engines._base import Declined
from harness.engines.servers import kusto, servers, splunk
from harness.errors import InvalidInput
from harness.ir import FieldType
from harness.source import QuerySyntaxError
from tests.engines import _proxy
from tests.engines._proxy import Proxy, on
from tests.engines._stub_kusto import StubKusto
from tests.engines._stub_splunk import StubSplunk
from tests.engines.test_faults import COMMON, EVERY, FAULTS, KEY, QUICK, SLOW

STRING, LONG = FieldType(name="keyword"), FieldType(name="long")
TYPES = {"A": STRING, "N": LONG, "a.b": STRING, "J": FieldType(name="object")}
DOCUMENTS: list[dict[str, Any]] = [
    {"A": "x", "N": 5},
    {"A": 'say "x,\ny"', "N": -1, "a.b": "it's"},
    {"J": {"k": ["x"]}},
    {"A": "\ud800"},
]


class Stub(Protocol):
    credentials: set[str]
    url: str


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THE_KEY", KEY)


@pytest.fixture
def kusto_stub() -> Iterator[StubKusto]:
    with StubKusto() as stub:
        yield stub


@pytest.fixture
def splunk_stub() -> Iterator[StubSplunk]:
    with StubSplunk() as stub:
        yield stub


def connected(kind: str, url: str, timeout: float = 5.0) -> Connection:
    key = Secret(variable="THE_KEY")
    settings = {"kusto": {"database": "Security"}, "splunk": {"index": "main_test", "hec_url": url}}
    address = Address(
        kind=kind,
        name="mine",
        url=url,
        token=key,
        hec_token=key,
        timeout=timeout,
        settings=tuple(settings[kind].items()),
    )
    return servers()[kind].connect(address)


# Kusto ---------------------------------------------------------------------------------------


def said_by_kusto(stub: StubKusto, query: str, **options: str) -> list[bool | None]:
    with (
        closing(connected("kusto", stub.url)) as connection,
        connection.store(DOCUMENTS, TYPES) as store,
    ):
        assert store.taken == [True, True, True, False]
        return store.ask("kusto", query, options=options)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ('SecurityEvent | where A == "x"', [0]),
        ('A has "x"', [0, 1]),
        ("N < 0", [1]),
        ("SecurityEvent | where isnull(N)", [2]),
        ('SecurityEvent | where A == ""', [2]),
        ("""SecurityEvent | where ['a.b'] == "it's" and A contains "\\n" """, [1]),
        ('SecurityEvent | where J.k[0] == "x"', [2]),
        ('SecurityEvent | where A == "x" | project A', [0]),
        ('let t = SecurityEvent | where N > 0; t | where A == "x"', [0]),
        ('search "x"', [0, 1, 2]),
    ],
)
def test_kusto_runs_what_is_written(kusto_stub: StubKusto, query: str, expected: list[int]) -> None:
    said = said_by_kusto(kusto_stub, query)
    assert [number for number, fires in enumerate(said) if fires] == expected
    assert all(one.endswith(query) for one in kusto_stub.asked)
    assert list(kusto_stub.tables) == ["Customers"]
    assert kusto_stub.credentials == {f"Bearer {KEY}"}


def test_kusto_reads_nothing_but_our_table(kusto_stub: StubKusto) -> None:
    said_by_kusto(kusto_stub, "union DeviceEvents, Syslog | where N == 5", table="Syslog")
    (text,) = kusto_stub.asked
    prefix, _, query = text.partition("\n")
    assert query == "union DeviceEvents, Syslog | where N == 5"
    assert prefix.endswith(" restrict access to (['DeviceEvents'], ['Syslog']);")
    assert "let ['DeviceEvents'] = view () { ['harness_tmp_" in prefix
    assert prefix.count("| take 0 };") == 1


@pytest.mark.parametrize(
    "query",
    [
        "SecurityEvent | where TimeGenerated > ago(1d)",
        'cluster("x").database("y").T | where A == "x"',
        "imProcessCreate(pack=true) | where N == 5",
        "SecurityEvent | join (Syslog | where N == 1) on A",
    ],
)
def test_kusto_declines_what_it_cannot_fence(kusto_stub: StubKusto, query: str) -> None:
    with pytest.raises(Declined):
        said_by_kusto(kusto_stub, query)
    assert list(kusto_stub.tables) == ["Customers"]


def test_kusto_refuses_in_its_own_words(kusto_stub: StubKusto) -> None:
    with pytest.raises(QuerySyntaxError, match="SEM0100"):
        said_by_kusto(kusto_stub, "SecurityEvent | where Other == 5")


def test_kusto_that_breaks_off_gives_no_verdict(kusto_stub: StubKusto) -> None:
    def broken(answer: Any) -> Any:
        answer["Tables"][0]["Rows"] = [{"Exceptions": ["Query execution has exceeded limits"]}]
        return answer

    with Proxy(kusto_stub.url) as proxy:
        proxy.fault = on("rest/query", _proxy.as_json(broken))
        with (
            closing(connected("kusto", proxy.url)) as connection,
            pytest.raises(EngineFailure, match="exceeded limits"),
            connection.store(DOCUMENTS, TYPES),
        ):
            pass
    assert list(kusto_stub.tables) == ["Customers"]


def test_tables_of_a_killed_run_are_found(kusto_stub: StubKusto) -> None:
    with closing(connected("kusto", kusto_stub.url)) as connection:
        with connection.store(DOCUMENTS, TYPES):
            (found,) = connection.leftovers()
            connection.remove(found.name)
            assert not connection.leftovers()
        with pytest.raises(ValueError, match="Customers"):
            connection.remove("Customers")


# Splunk --------------------------------------------------------------------------------------

EVENTS: list[dict[str, Any]] = [
    {"EventCode": "1", "Image": "C:\\cmd.exe", "sourcetype": "st1", "_time": 1.5},
    {"EventCode": "2", "Image": "a b", "tags": ["x", "y"]},
    {"EventCode": "3", "nested": {"a": 1}},
]


def said_by_splunk(
    stub: StubSplunk, query: str, events: list[dict[str, Any]] | None = None
) -> tuple[list[bool | None], list[bool]]:
    with (
        closing(connected("splunk", stub.url)) as connection,
        connection.store(EVENTS if events is None else events, {}) as store,
    ):
        return store.ask("spl", query, options={}), list(store.taken)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("EventCode=1 OR EventCode=2", [0, 1]),
        ("search Image=*cmd.exe sourcetype=ST1", [0]),
        ("NOT EventCode=1 | where EventCode==2", [1]),
        ("tags=y | table EventCode", [1]),
        ("EventCode=* | stats count", [0, 1]),
        ('Image="a b" | rex field=Image "(?<z>[a-c])"', [1]),
    ],
)
def test_splunk_runs_what_is_written(
    splunk_stub: StubSplunk, query: str, expected: list[int]
) -> None:
    said, taken = said_by_splunk(splunk_stub, query)
    assert taken == [True, True, False]  # the stub has no nested values
    assert [number for number, fires in enumerate(said) if fires] == expected
    written = query.removeprefix("search ")
    assert all(one.endswith(f" {written}") for one in splunk_stub.asked)
    assert not splunk_stub.events
    assert splunk_stub.credentials == {f"Bearer {KEY}", f"Splunk {KEY}"}


@pytest.mark.parametrize(
    "query",
    [
        "| tstats count where index=main",
        "index=main EventCode=1",
        "EventCode=1 earliest=-24h",
        'EventCode=1 | where _time > relative_time(now(), "-1d")',
        "EventCode=1 [search EventCode=2 | fields host]",
        "`sysmon` EventCode=1",
        "EventCode=1 | delete",
        "EventCode=1 | outputlookup mine.csv",
        "EventCode=1 | collect index=summary",
        'EventCode=1 | map search="search index=main"',
        "EventCode=1 | lookup users user",
        "EventCode=1 | append [search EventCode=2]",
        "EventCode=1 | sendemail to=a@example.org",
    ],
)
def test_splunk_declines_what_does_more(splunk_stub: StubSplunk, query: str) -> None:
    with pytest.raises(Declined):
        said_by_splunk(splunk_stub, query)
    assert not splunk_stub.asked
    assert not splunk_stub.events


@pytest.mark.parametrize(
    "query", ["(EventCode=1", "EventCode=1) OR (EventCode=2", "OR EventCode=1"]
)
def test_splunk_is_asked_about_the_search_as_it_is(splunk_stub: StubSplunk, query: str) -> None:
    with pytest.raises(QuerySyntaxError, match="Unable to parse"):
        said_by_splunk(splunk_stub, query)
    assert not splunk_stub.asked


def test_fields_of_an_add_on_that_is_missing_are_noticed(splunk_stub: StubSplunk) -> None:
    events = [{"_raw": "<Event><EventID>1</EventID></Event>", "EventCode": "1", "source": "Xml"}]
    with pytest.raises(Declined, match=r"such as EventCode \(None\): the add-on"):
        said_by_splunk(splunk_stub, "EventCode=1", events)
    with StubSplunk(lambda raw: {"EventCode": raw[16:17]}) as installed:
        assert said_by_splunk(installed, "EventCode=1 source=xml", events) == ([True], [True])


def test_events_that_may_not_be_deleted_are_told_of(splunk_stub: StubSplunk) -> None:
    splunk_stub.may_delete = False
    with pytest.raises(Declined, match="until the retention of the index main_test ends"):
        said_by_splunk(splunk_stub, "EventCode=1")
    with closing(connected("splunk", splunk_stub.url)) as connection:
        assert len(connection.leftovers()) == 1


def test_what_splunk_needs_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = {name: one.settings for name, one in servers().items()}
    (bare,) = addresses(["splunk=https://siem.example:8089"], kinds)
    with pytest.raises(InvalidInput, match="HARNESS_SPLUNK_HEC_TOKEN"):
        splunk.connect(bare)
    monkeypatch.setenv("HARNESS_SPLUNK_INDEX", "harness")
    monkeypatch.setenv("HARNESS_SPLUNK_HEC_URL", "https://siem.example:8088")
    monkeypatch.setenv("HARNESS_SPLUNK_HEC_TOKEN", KEY)
    (found,) = addresses(["splunk=https://siem.example:8089"], kinds)
    assert found.setting("hec_url") == "https://siem.example:8088"
    assert found.hidden(f"no {KEY}") == "no ***"
    assert KEY not in repr(found)
    monkeypatch.setenv("HARNESS_SPLUNK_HEC_URL", f"https://{KEY}@siem.example:8088")
    with pytest.raises(InvalidInput) as error:
        addresses(["splunk=https://siem.example:8089"], kinds)
    assert KEY not in str(error.value)


# Faults --------------------------------------------------------------------------------------

STAGES: Mapping[str, Mapping[str, str]] = {
    "kusto": {"connect": "rest/mgmt", "query": "rest/query"},
    "splunk": {
        "connect": "server/info",
        "collect": "collector",
        "parse": "search/parser",
        "query": "search/jobs",
    },
}
PAIRS = [(kind, stage) for kind, stages in STAGES.items() for stage in stages]
FEW = [("kusto", "query"), ("splunk", "query"), ("splunk", "collect")]


@pytest.mark.parametrize("name", FAULTS if EVERY else sorted(COMMON))
@pytest.mark.parametrize(("kind", "stage"), PAIRS if EVERY else FEW)
def test_every_request_may_fail(kind: str, stage: str, name: str) -> None:
    if name in SLOW and not EVERY:
        pytest.skip("it takes time")
    stub: StubKusto | StubSplunk = StubKusto() if kind == "kusto" else StubSplunk()
    with stub, Proxy(stub.url) as proxy:
        proxy.fault = on(STAGES[kind][stage], FAULTS[name])
        said = ""
        try:
            with (
                closing(connected(kind, proxy.url, QUICK)) as connection,
                connection.store([{"A": "x"}], {"A": STRING}) as store,
            ):
                language = {"kusto": "kusto", "splunk": "spl"}[kind]
                query = 'T | where A == "x"' if kind == "kusto" else "A=x"
                assert store.ask(language, query, options={}) == [True]
        except EngineFailure as error:
            said = str(error)
    assert bool(said) != ((stage, name) in HARMLESS)
    assert KEY not in said
    assert "\x1b" not in said
    assert len(said) < 800


HARMLESS = {("parse", "list")}
"""Splunk's parser answers with something else than an error."""


def test_credentials_of_both_addresses_are_hidden() -> None:
    address = replace(
        Address(kind="splunk", name="mine", url="http://127.0.0.1:9"),
        hec_token=Secret(variable="THE_KEY"),
    )
    assert address.hidden(json.dumps({"sent": f"Splunk {KEY}"})) == '{"sent": "Splunk ***"}'


def test_a_kusto_without_a_login_is_asked_without_one(kusto_stub: StubKusto) -> None:
    address = Address(
        kind="kusto", name="mine", url=kusto_stub.url, settings=(("database", "Security"),)
    )
    with closing(kusto.connect(address)) as connection, suppress(EngineFailure):
        assert connection.version == "1.0.9215.23041"
    assert kusto_stub.credentials == {""}
