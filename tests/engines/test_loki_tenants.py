"""A Loki with several tenants: documents are stored and found in the one that is named.

Runs beside the other tests of Loki, where ``HARNESS_LOKI_URL`` is set and a Loki has been built.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing

import pytest

from harness.engines import Address, EngineFailure
from harness.engines._addresses import addresses
from harness.engines.servers import servers
from harness.engines.servers.loki import Loki, connect
from tests.engines import _loki_server

BUILT = _loki_server.built()
pytestmark = pytest.mark.skipif(
    not os.environ.get("HARNESS_LOKI_URL") or BUILT is None, reason="no Loki has been built"
)
EVENTS = [{"a": "x"}, {"a": "y"}]
QUERY = '{job="any"} | json | a="x"'


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    assert BUILT is not None
    with _loki_server.running(BUILT, tenants=True) as server:
        yield server.url


def of(url: str, tenant: str) -> Loki:
    settings = (("tenant", tenant),) if tenant else ()
    return connect(Address(kind="loki", name="loki", url=url, timeout=10.0, settings=settings))


def test_documents_are_found_by_their_tenant_alone(url: str) -> None:
    with (
        closing(of(url, "blue")) as blue,
        closing(of(url, "red")) as red,
        blue.store(EVENTS, {}) as streams,
    ):
        assert streams.ask("logql", QUERY, options={}) == [True, False]
        assert streams.place in {one.name for one in blue.leftovers()}
        assert not red.leftovers()
        with red.store(EVENTS[::-1], {}) as others:
            assert others.ask("logql", QUERY, options={}) == [False, True]
            assert streams.ask("logql", QUERY, options={}) == [True, False]


def test_the_tenant_may_stand_in_the_environment(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_LOKI_TENANT", "green")
    kinds = {name: one.settings for name, one in servers().items()}
    (address,) = addresses([f"loki={url}"], kinds)
    with closing(connect(address)) as loki, loki.store(EVENTS, {}) as streams:
        assert streams.ask("logql", QUERY, options={}) == [True, False]


@pytest.mark.parametrize("tenant", ["", "blue|red"])
def test_documents_need_one_tenant(url: str, tenant: str) -> None:
    """Loki takes several tenants in a query, and one where something is stored."""
    with (
        closing(of(url, tenant)) as loki,
        pytest.raises(EngineFailure, match=r"no org id|multiple org IDs"),
        loki.store(EVENTS, {}),
    ):
        pass


def test_a_tenant_is_no_header_of_its_own(url: str) -> None:
    with pytest.raises(EngineFailure, match="cannot stand in a header"):
        of(url, "blue\r\nX-Other: 1")
