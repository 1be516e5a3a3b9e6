"""Servers that are down, slow, busy, full, broken or hostile, and what a run makes of them."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, redirect_stderr, redirect_stdout, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from harness import cli
from harness.engines import Address, EngineFailure
from harness.engines._addresses import Secret
from harness.engines._places import new_place
from harness.engines.servers import elasticsearch, opensearch
from harness.engines.servers._elastic import Cluster
from harness.ir import FieldType
from harness.run import opinions
from tests.engines import _proxy
from tests.engines._proxy import Fault, Proxy, on
from tests.engines._stub_elastic import StubElastic
from tests.support import selection, write_rule

KEY = "VGhpcyBpcyBhIHNlY3JldA=="
TIMEOUT, QUICK = 0.6, 0.25
"""Seconds for a request, in a run and where many faults are tried."""
Json = dict[str, Any]


class Bench:
    """Rules, a server in memory, and a proxy in front of it that makes mistakes."""

    def __init__(self, folder: Path, stub: StubElastic, proxy: Proxy) -> None:
        self.folder, self.stub, self.proxy = folder, stub, proxy

    def settings(self, *, timeout: float = TIMEOUT, kind: str = "elasticsearch") -> None:
        """Write what a user would write in ``harness.toml``."""
        login = 'api_key = { env = "THE_KEY" }'
        if kind == "opensearch":
            login = 'user = { env = "THE_USER" }\npassword = { env = "THE_KEY" }'
        text = f'[engines.mine]\nkind = "{kind}"\nurl = "{self.proxy.url}"\ntimeout = {timeout}\n'
        (self.folder / "harness.toml").write_text(text + login + "\n", "utf-8")

    def rules(self, count: int) -> None:
        """Write rules; each has a translation that is right and one that is wrong."""
        for number in range(count):
            write_rule(
                self.folder / "rules" / f"rule{number}",
                reference=selection(EventID=4692),
                translations={
                    "right": ("lucene", "winlog.event_id:4692", ["winlogbeat"]),
                    "wrong": ("lucene", "winlog.event_id:1", ["winlogbeat"]),
                },
                promises={"recall": 1.0, "precision": 1.0, "robust": []},
            )

    def connect(self, kind: str, timeout: float = QUICK) -> Cluster:
        """Connect as ``harness test`` does."""
        key, user = Secret(variable="THE_KEY"), Secret(variable="THE_USER")
        address = Address(kind=kind, name="mine", url=self.proxy.url, timeout=timeout)
        if kind == "elasticsearch":
            return elasticsearch.connect(replace(address, api_key=key))
        return opensearch.connect(replace(address, user=user, password=key))

    def arguments(self) -> list[str]:
        """Return the arguments of a run on the server."""
        quick = ["--no-cache", "--no-measure", "--no-engines", "--jobs", "1"]
        reports = [one for end in ("json", "md", "html", "xml") for one in ("-o", f"out.{end}")]
        return ["test", "rules", "--engine", "mine", *quick, *reports]

    def run(self, *arguments: str) -> Outcome:
        """Run the command line in this process, as if it were a new one."""
        opinions.let_go()
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            code = cli.run(list(arguments) or self.arguments())
        opinions.let_go()
        return Outcome(code, out.getvalue(), err.getvalue(), self.folder)


class Outcome:
    """What a run printed, wrote and returned; never a traceback, never a credential."""

    def __init__(self, code: int, out: str, err: str, folder: Path) -> None:
        self.code, self.out, self.err = code, out, err
        files = sorted(folder.glob("out.*"))
        written = "\n".join(path.read_text("utf-8") for path in files)
        for text in (out, err, written):
            assert "Traceback" not in text
            assert "internal error" not in text
            assert KEY not in text
            assert "\x1b[2J" not in text
            assert " object at 0x" not in text
        report = folder / "out.json"
        self.report: Json = json.loads(report.read_text("utf-8")) if report.exists() else {}
        for path in files:
            path.unlink()

    def findings(self, code: str) -> list[str]:
        """Return the messages of all findings with a code."""
        return [one["message"] for one in _found(self.report) if one.get("code") == code]


def _found(node: Any) -> Iterator[Json]:
    if isinstance(node, dict):
        if "code" in node and "message" in node:
            yield node
        node = list(node.values())
    for one in node if isinstance(node, list) else ():
        yield from _found(one)


def _fires(source: Mapping[str, Any]) -> bool:
    """Answer ``winlog.event_id:4692`` or ``k:a`` as Elasticsearch does."""
    if source.get("k") == "a":
        return True
    nodes: list[Any] = [source]
    for key in ("winlog", "event_id"):
        nodes = [
            one[key] for node in nodes if isinstance(node, dict) for one in [node] if key in one
        ]
        nodes = [one for node in nodes for one in (node if isinstance(node, list) else [node])]
    return any(str(one) == "4692" for one in nodes) or source.get("winlog.event_id") == "4692"


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("THE_KEY", KEY)
    monkeypatch.setenv("THE_USER", "elastic")
    with StubElastic(_fires) as stub, Proxy(stub.url) as proxy:
        made = Bench(tmp_path, stub, proxy)
        made.settings()
        made.rules(1)
        yield made


KINDS = ("elasticsearch", "opensearch")
STAGES = {
    "connect": "GET /(_nodes.*)?$",
    "create": "PUT /harness",
    "bulk": "_bulk",
    "refresh": "_refresh",
    "search": "_search",
}
FAULTS: dict[str, Fault] = {
    "dropped": _proxy.dropped,
    "closed-within": _proxy.closed_within,
    "late": _proxy.delayed(TIMEOUT + 0.3),
    "429": _proxy.status(429),
    "429-later": _proxy.status(429, headers={"Retry-After": "3600"}),
    "503": _proxy.status(503),
    "500": _proxy.status(500),
    "401": _proxy.status(401),
    "echo": _proxy.echoed(500),
    "echo-401": _proxy.echoed(401),
    "redirect": _proxy.status(302, headers={"Location": "http://127.0.0.1:9/"}),
    "truncated": _proxy.changed(lambda body: body[: len(body) // 2]),
    "deep": _proxy.changed(lambda _: b"[" * 100_000),
    "garbage": _proxy.changed(lambda _: bytes(range(256))),
    "noise": _proxy.noise,
    "endless-slow": _proxy.endless(0.05),
    "too-long": _proxy.length(100),
    "too-short": _proxy.length(-5),
    "html": _proxy.status(200, b"<html>Log in</html>", kind="text/html"),
    "html-502": _proxy.status(502, b"<html>Bad gateway</html>", kind="text/html"),
    "list": _proxy.as_json(lambda answer: [answer]),
    "error-list": _proxy.status(500, [1]),
    "error-text": _proxy.status(500, {"error": "in words"}),
    "error-strange": _proxy.status(500, {"error": {"root_cause": 1, "failed_shards": [1]}}),
}
SLOW = frozenset({"late", "429", "503", "endless-slow", "html-502"})
"""What ends with the time of a request or the patience of a run."""
COMMON = frozenset({"dropped", "late", "500", "echo", "truncated", "noise", "html", "list"})
EVERY = os.environ.get("HARNESS_HYPOTHESIS", "default") != "default"
"""Whether all combinations are tried; else those that differ in more than a line of code."""


@pytest.mark.parametrize("name", FAULTS if EVERY else sorted(COMMON))
def test_a_run_tells_of_a_fault_and_keeps_the_rest(bench: Bench, name: str) -> None:
    bench.proxy.fault = on("_search", FAULTS[name])
    said = bench.run()
    assert said.code == 1
    assert said.findings("engine-fails")
    assert said.findings("never-fires")
    assert said.report["summary"]["verdicts"] > 0
    assert bench.stub.created
    assert not bench.stub.indices


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.parametrize("kind", KINDS)
def test_every_request_may_fail(bench: Bench, kind: str, name: str, stage: str) -> None:
    if name in SLOW and not EVERY and (kind, stage) != ("elasticsearch", "search"):
        pytest.skip("it takes time")
    bench.proxy.fault = on(STAGES[stage], FAULTS[name])
    try:
        ask(bench, kind)
    except EngineFailure as error:
        said = str(error)
    else:
        said = ""
    assert bool(said) != ((name, stage) in HARMLESS)
    assert KEY not in said
    assert "\x1b" not in said
    assert len(said) < 800
    assert not bench.stub.indices


HARMLESS = {("list", "create"), ("list", "refresh")}
"""Answers of another form whose content is not asked for."""


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_at_the_removal_does_not_leave_an_index(bench: Bench, name: str) -> None:
    if name in SLOW and not EVERY:
        pytest.skip("it takes time")
    bench.proxy.fault = on("DELETE", FAULTS[name], times=1)
    with suppress(EngineFailure):
        assert ask(bench) == [True]
    told = {
        "endless-slow",
        "500",
        "401",
        "echo",
        "echo-401",
        "error-list",
        "error-text",
        "error-strange",
    }
    assert name in told or not bench.stub.indices


def test_what_is_left_on_a_server_stands_in_the_result(bench: Bench) -> None:
    bench.proxy.fault = on("DELETE", _proxy.status(403))
    said = bench.run()
    (left,) = [one for one in _found(said.report) if one["code"] == "engine-leftover"]
    assert "documents of this rule are left on mine" in left["message"]
    assert "403" in left["message"]
    assert left["hint"].endswith("harness engine clean mine --older-than 0")
    assert "harness engine clean mine" in said.out
    assert bench.stub.indices
    bench.proxy.fault = lambda _: None
    cleaned = bench.run(*left["hint"].partition("harness ")[2].split())
    assert cleaned.code == 0
    assert not bench.stub.indices
    assert not bench.run().findings("engine-leftover")


def ask(
    bench: Bench, kind: str = "elasticsearch", *, count: int = 1, timeout: float = QUICK
) -> list[bool | None]:
    """Store documents and search them, with the product's own code."""
    types = {"k": FieldType(name="keyword")}
    with (
        closing(bench.connect(kind, timeout)) as cluster,
        cluster.store([{"k": "a"}] * count, types) as store,
    ):
        return store.ask("lucene", "k:a", options={})


# What a server may say on the way ------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_without_a_fault_both_sides_agree(bench: Bench, kind: str) -> None:
    bench.settings(kind=kind)
    said = bench.run()
    assert not said.findings("engine-fails")
    apart = [one for one in _found(said.report) if one["code"] == "engine-disagrees"]
    assert {one.get("translation", "wrong") for one in apart} <= {"wrong"}
    login = {"elasticsearch": f"ApiKey {KEY}", "opensearch": "Basic "}[kind]
    assert all(one.startswith(login) for one in bench.stub.credentials)
    assert len(bench.stub.created) == 1
    assert not bench.stub.indices


def test_no_connection_at_the_start(bench: Bench) -> None:
    bench.proxy.close()
    said = bench.run()
    assert said.code == 2
    assert "[no-engine]" in said.err
    assert "refused" in said.err
    assert not said.report
    bench.proxy.open()


@pytest.mark.parametrize("name", ["401", "echo-401", "503", "html", "noise", "late"])
def test_a_server_that_cannot_be_used_is_told_before_anything_runs(bench: Bench, name: str) -> None:
    bench.proxy.fault = on("GET", FAULTS[name])
    said = bench.run()
    assert said.code == 2
    assert "[no-engine]" in said.err
    assert not said.report


@pytest.mark.parametrize("number", ["", "x", 8, {"a": 1}, None, "8.19.1\n\x1b[2J", "9" * 400])
def test_a_version_that_is_none(bench: Bench, number: Any) -> None:
    bench.proxy.fault = on("GET", _proxy.status(200, {"version": {"number": number}, "nodes": [1]}))
    said = bench.run()
    assert said.code == 2
    assert "does not say its version [no-engine]" in said.err


@pytest.mark.parametrize(
    ("part", "fault"),
    [
        ("_bulk", _proxy.bulk_items(403)),
        ("_bulk", _proxy.bulk_items(429)),
        ("_bulk", _proxy.bulk_items(500)),
        ("_bulk", _proxy.as_json(lambda answer: answer | {"items": answer["items"][1:]})),
        ("_bulk", _proxy.as_json(lambda answer: answer | {"items": None})),
        ("_bulk", _proxy.as_json(lambda answer: answer | {"items": [1] * len(answer["items"])})),
        ("_bulk", _proxy.changed(lambda body: body.replace(b"201", b'"no number"'))),
        ("_search", _proxy.changed(lambda _: b"{}")),
        ("_search", _proxy.as_json(lambda answer: answer | {"timed_out": True})),
        ("_search", _proxy.as_json(lambda answer: answer | {"_shards": {"failed": 1}})),
        ("_search", _proxy.as_json(lambda answer: answer | {"hits": {"hits": [{"id": 1}]}})),
        ("_search", _proxy.status(404)),
        ("PUT /", _proxy.status(403)),
    ],
)
def test_half_an_answer_is_none(bench: Bench, part: str, fault: Fault) -> None:
    bench.proxy.fault = on(part, fault)
    with pytest.raises(EngineFailure):
        ask(bench)
    assert not bench.stub.indices


def test_a_full_disk_is_no_verdict_on_documents(bench: Bench) -> None:
    bench.proxy.fault = on("_bulk", _proxy.bulk_items(403))
    said = bench.run()
    assert all("reason of 403" in one for one in said.findings("engine-fails"))
    assert said.findings("engine-fails")
    assert not said.findings("engine-disagrees")


def test_keys_that_come_twice_are_the_last(bench: Bench) -> None:
    twice = _proxy.changed(lambda body: b'{"hits": {"hits": [{"_id": "9"}]}, ' + body[1:])
    bench.proxy.fault = on("_search", twice)
    assert not bench.run().findings("engine-fails")


def test_documents_that_are_put_off_are_sent_again(bench: Bench) -> None:
    bench.proxy.fault = on("_bulk", _proxy.bulk_items(429, every=3), times=1)
    assert ask(bench, count=5) == [True] * 5
    assert bench.proxy.count("_bulk") == 2


@pytest.mark.parametrize("part", ["GET /", "PUT /", "_bulk", "_refresh", "_search", "DELETE /"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_busy_server_is_asked_again(bench: Bench, part: str, kind: str) -> None:
    bench.proxy.fault = on(part, _proxy.status(503), times=2)
    assert ask(bench, kind, timeout=5.0) == [True]
    assert bench.proxy.count(part) >= 3
    assert not bench.stub.indices


@pytest.mark.parametrize("kind", KINDS)
def test_a_pause_that_is_asked_for_is_kept(bench: Bench, kind: str) -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)
    asked = soon if kind == "elasticsearch" and EVERY else "1"
    faults = iter([_proxy.status(429, headers={"Retry-After": one}) for one in (asked, "soon")])
    bench.proxy.fault = lambda one: next(faults, None) if "_search" in one.path else None
    assert ask(bench, kind, timeout=9.0) == [True]
    first, second = bench.proxy.pauses("_search")
    assert 0.9 <= first < 2.5
    assert second < 1.0


def test_a_pause_beyond_patience_is_not_waited_for(bench: Bench) -> None:
    bench.proxy.fault = on("_search", FAULTS["429-later"])
    started = time.monotonic()
    with pytest.raises(EngineFailure, match="busy"):
        ask(bench, "opensearch")
    assert time.monotonic() - started < 1.0
    assert bench.proxy.count("_search") == 1


def test_three_failures_in_a_row_are_enough(bench: Bench) -> None:
    bench.rules(4)
    bench.proxy.fault = on("_search", FAULTS["500"])
    said = bench.run()
    assert bench.proxy.count("_search") == opinions.GIVEN_UP
    assert any(
        "not asked any more after 3 failures" in one for one in said.findings("engine-fails")
    )
    assert said.report["summary"]["rules"] == 4
    assert not bench.stub.indices


def test_a_success_between_failures_counts(bench: Bench) -> None:
    bench.rules(4)
    wrong = iter([True, True, False] * 3)
    bench.proxy.fault = lambda one: FAULTS["500"] if "_search" in one.path and next(wrong) else None
    said = bench.run()
    assert bench.proxy.count("_search") == 8
    assert not any("any more" in one for one in said.findings("engine-fails"))


# What is left over ---------------------------------------------------------------------------


def test_clean_takes_what_a_server_kept_that_was_gone(bench: Bench) -> None:
    bench.proxy.fault = lambda one: _proxy.dropped if one.method == "DELETE" else None
    assert not bench.run().findings("engine-fails")
    assert len(bench.stub.indices) == 1
    bench.proxy.fault = lambda _: None
    said = bench.run("engine", "clean", "mine", "--older-than", "0")
    assert said.code == 0
    assert f"removed {bench.stub.created[0]}" in said.out
    assert not bench.stub.indices


def test_clean_leaves_others_and_younger_ones(bench: Bench) -> None:
    old, young = "harness-tmp-20200101t000000-0123456789abcdef", new_place()
    foreign = ["logs", "harness-tmp-", "harness-tmp-mine", f"{old}-2", old.replace("0101", "1301")]
    for name in (old, young, *foreign):
        bench.stub.indices[name] = {}
    said = bench.run("engine", "clean", "mine", "--dry-run")
    assert f"would remove {old}" in said.out
    assert len(bench.stub.indices) == 7
    said = bench.run("engine", "clean", "mine")
    assert "1 left over, 1 younger than 6 hours" in said.out
    assert set(bench.stub.indices) == {young, *foreign}
    bench.run("engine", "clean", "mine", "--older-than", "0")
    assert set(bench.stub.indices) == set(foreign)


@pytest.mark.parametrize("name", ["500", "echo", "list", "garbage", "dropped", "error-list"])
def test_clean_tells_of_a_fault(bench: Bench, name: str) -> None:
    bench.stub.indices[new_place()] = {}
    bench.proxy.fault = on("_cat|DELETE", FAULTS[name])
    said = bench.run("engine", "clean", "mine", "--older-than", "0")
    assert said.code == 2
    assert "mine: Elasticsearch at http" in said.err


def test_clean_goes_on_after_an_index_that_cannot_be_removed(bench: Bench) -> None:
    names = [new_place() for _ in range(3)]
    bench.stub.indices |= {name: {} for name in names}
    bench.proxy.fault = on(f"DELETE /{names[0]}", FAULTS["500"])
    said = bench.run("engine", "clean", "mine", "--older-than", "0")
    assert said.code == 2
    assert set(bench.stub.indices) == {names[0]}
    assert f"mine: {names[0]} stays" in said.err


# Signals -------------------------------------------------------------------------------------


@pytest.mark.skipif(not EVERY, reason="seconds each: tox -e referee")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_signal_while_the_server_is_slow(bench: Bench, number: signal.Signals) -> None:
    bench.settings(timeout=30.0)
    bench.proxy.fault = on("_search", _proxy.delayed(20.0))
    command = [sys.executable, "-m", "harness", *bench.arguments()]
    with subprocess.Popen(  # noqa: S603 - the harness itself
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=bench.folder
    ) as process:
        wait_for(lambda: bench.proxy.count("_search") == 1)
        process.send_signal(number)
        said, _ = process.communicate(timeout=20)
    assert "Traceback" not in said
    assert KEY not in said
    if number == signal.SIGINT:
        assert process.returncode == 2
        wait_for(lambda: not bench.stub.indices)
        return
    assert len(bench.stub.indices) == 1
    said_by_clean = bench.run("engine", "clean", "mine", "--older-than", "0")
    assert "1 left over" in said_by_clean.out
    assert not bench.stub.indices


def wait_for(condition: Callable[[], bool]) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
