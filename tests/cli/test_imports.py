"""What a command may not import, because its user would wait for it and not need it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support import selection, write_rule

RUN = """
import contextlib, io, json, sys
from harness import cli

def names():
    return sorted(sys.modules)

with contextlib.redirect_stdout(io.StringIO()):
    codes = [cli.run(["--help"])]
    loaded = {"help": names()}
    codes.append(cli.run(["test", "rule", "--jobs", "1", "--no-cache", "--no-measure"]))
    loaded["test"] = names()
print(json.dumps([codes, loaded]))
"""
SERVERS = {"urllib3", "tenacity", "elasticsearch", "elastic_transport", "opensearchpy"}
HEAVY = {
    "help": SERVERS | {"numpy", "faker", "hypothesis", "jsonschema", "jinja2", "yaml", "sigma"},
    "test": SERVERS | {"hypothesis", "jinja2", "sigma", "pytest"},
}
"""Packages that are of no use to ``harness --help``, and to ``harness test`` without servers."""
OURS = {
    "help": ("harness.engines", "harness.languages", "harness.schemas"),
    "test": ("harness.engines.servers.", "harness.languages.logql", "harness.languages.kusto"),
}
"""Beginnings of modules of ours, of which the same is true."""


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, frozenset[str]]:
    """Run both commands in one new process; return the modules that each had loaded."""
    folder = tmp_path_factory.mktemp("imports")
    write_rule(
        folder / "rule",
        reference=selection(EventID=4692),
        translations={"right": ("lucene", "winlog.event_id:4692", ["winlogbeat"])},
        promises={"recall": 1.0, "precision": 1.0, "robust": []},
    )
    done = subprocess.run(  # noqa: S603 - this Python, without a shell
        [sys.executable, "-c", RUN],
        cwd=folder,
        env={"PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    codes, found = json.loads(done.stdout)
    assert codes == [0, 0], done.stdout + done.stderr
    return {command: frozenset(names) for command, names in found.items()}


@pytest.mark.parametrize("command", ["help", "test"])
def test_what_is_not_needed_is_not_imported(
    loaded: Mapping[str, frozenset[str]], command: str
) -> None:
    names = loaded[command]
    assert not sorted(HEAVY[command] & {one.partition(".")[0] for one in names})
    assert not sorted(one for one in names if one.startswith(OURS[command]))
    assert "click" in names


def test_every_file_of_a_folder_is_what_the_folder_holds() -> None:
    from harness import engines  # noqa: PLC0415 - it would count as imported by this file
    from harness.engines import servers  # noqa: PLC0415

    for folder, made in ((engines, "ENGINE"), (servers, "SERVER")):
        files = Path(str(folder.__file__)).parent.glob("[!_]*.py")
        lacking = [one.name for one in files if f"\n{made} = " not in one.read_text("utf-8")]
        assert not lacking, f"{made} is missing; servers stand in engines/servers"
