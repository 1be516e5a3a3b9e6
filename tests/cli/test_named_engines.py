"""Engines of this machine that run only where the user names them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import harness
from harness import cli, engines
from harness.cli._running import engines_named
from harness.engines import Engine
from tests.support import selection, write_rule


def _engine(*, installed: bool) -> Engine:
    def judge(query: str, events: Sequence[Any], **_: Any) -> list[bool | None]:
        del query
        return [True for _ in events]

    return Engine(
        name="always",
        title="Always",
        language="sqlite",
        available=lambda: "1.0" if installed else None,
        judge=judge,
        trusted=False,
    )


@pytest.fixture
def always(monkeypatch: pytest.MonkeyPatch) -> Engine:
    engine = _engine(installed=True)
    monkeypatch.setattr(engines, "_found", lambda: (engine,))
    return engine


def test_names_of_servers_are_left(always: Engine) -> None:
    del always
    wanted = ["always", "loki=http://localhost:3100", "production"]
    assert engines_named(wanted) == (frozenset({"always"}), wanted[1:])


def test_what_is_not_installed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "_found", lambda: (_engine(installed=False),))
    with pytest.raises(harness.InvalidInput, match="Always is not installed"):
        engines_named(["always"])


@pytest.mark.usefixtures("always")
def test_it_takes_part_only_where_it_is_named() -> None:
    assert engines.versions() == {}
    assert engines.versions({"always"}) == {"always": "1.0"}


def test_a_run_asks_the_named_engine(
    always: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    query = "SELECT * FROM logs WHERE User = 'bob'"
    folder = write_rule(
        tmp_path / "r",
        reference=selection(User="bob"),
        translations={"one": ("sqlite", query, ["sigma"])},
    )
    quick = ["test", str(folder), "--no-engines", "--no-cache", "--no-measure", "-j", "1"]
    codes = []
    for more in ([], ["--engine", always.name]):
        with pytest.raises(SystemExit):
            cli.main([*quick, "--format", "json", *more])
        codes.append([one["code"] for one in _findings(capsys.readouterr().out)])
    assert "engine-disagrees" not in codes[0]
    assert "engine-disagrees" in codes[1]


def _findings(out: str) -> list[dict[str, Any]]:
    return [one for result in json.loads(out)["results"] for one in result["findings"]]
