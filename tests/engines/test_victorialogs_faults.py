"""A VictoriaLogs whose answers are spoiled on the way, request by request.

Runs where ``HARNESS_VICTORIALOGS_URL`` names one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing

import pytest

from harness.engines import Address, EngineFailure
from harness.engines._addresses import Secret
from harness.engines.servers.victorialogs import connect
from tests.engines._proxy import Proxy, on
from tests.engines.test_faults import FAULTS, KEY, QUICK

URL = os.environ.get("HARNESS_VICTORIALOGS_URL", "")
if not URL:
    pytest.skip("HARNESS_VICTORIALOGS_URL is not set", allow_module_level=True)

STAGES = {
    "connect": "/select/buildinfo",
    "insert": "/insert/jsonline",
    "flush": "/internal/force_flush",
    "query": "/select/logsql/query",
    "remove": "/delete/run_task",
}
FORGIVEN = {"insert", "flush", "remove"}
"""Requests after which the answer may be right all the same: what was inserted is read back, and
the others are off in many places."""


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    monkeypatch.setenv("THE_KEY", KEY)
    with Proxy(URL) as made:
        yield made


def _ask(proxy: Proxy) -> list[bool | None]:
    token = Secret(variable="THE_KEY")
    address = Address(kind="victorialogs", name="v", url=proxy.url, token=token, timeout=QUICK)
    with closing(connect(address)) as server, server.store([{"k": "a"}, {"k": "b"}], {}) as entries:
        return entries.ask("logsql", "k:a", options={})


def test_without_a_fault_the_answer_is_right(proxy: Proxy) -> None:
    assert _ask(proxy) == [True, False]
    assert proxy.count("/delete/run_task") == 1


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("name", FAULTS)
def test_every_request_may_fail(proxy: Proxy, name: str, stage: str) -> None:
    proxy.fault = on(STAGES[stage], FAULTS[name])
    try:
        answer = _ask(proxy)
    except EngineFailure as error:
        said = str(error)
    else:
        said = ""
        assert answer == [True, False]
        assert stage in FORGIVEN
    assert KEY not in said
    assert "\x1b" not in said
    assert len(said) < 800


@pytest.mark.parametrize("stage", STAGES)
def test_a_busy_server_is_asked_again(proxy: Proxy, stage: str) -> None:
    proxy.fault = on(STAGES[stage], FAULTS["503"], times=1)
    assert _ask(proxy) == [True, False]
