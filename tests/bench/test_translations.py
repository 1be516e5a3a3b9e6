"""`bench/translations.py` over three tiny rules: the numbers that it prints."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "bench" / "translations.py"
RULE = """
title: {title}
logsource:
  category: test
detection:
  selection:
    {test}
  condition: selection
"""
TESTS = {
    "plain": "Image|endswith: \\whoami.exe",
    "two-fields": "User|fieldref: Owner",
    "bad-expression": "CommandLine|re: '(?=a)b'",
}
"""One for every language, one that Lucene cannot say, one that RE2 does not take."""
TARGETS = "loki@sigma,lucene@sigma,sqlite@sigma,sigmac-grep@text_line"


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> str:
    if find_spec("sigma") is None:
        pytest.skip("pySigma is not installed")
    shared = tmp_path_factory.mktemp("shared")
    rules = shared / "data" / "sigma-rules"
    rules.mkdir(parents=True)
    for title, test in TESTS.items():
        (rules / f"{title}.yml").write_text(RULE.format(title=title, test=test), "utf-8")
    left_out = {"HARNESS_SIGMATOOLS", "HARNESS_KUSTO_PARSER"}
    environment = {name: value for name, value in os.environ.items() if name not in left_out}
    done = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, str(SCRIPT), "--shared", str(shared), "--targets", TARGETS],
        capture_output=True,
        text=True,
        check=False,
        env={**environment, "HARNESS_CACHE": "", "HARNESS_LUCENE_JARS": str(shared)},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def _rows(printed: str, *begins: str) -> list[list[str]]:
    """Return the cells of the rows whose first cells are these."""
    lines = (line for line in printed.splitlines() if line.startswith("| "))
    rows = ([one.strip() for one in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines)
    return [row for row in rows if row[: len(begins)] == list(begins)]


def test_every_rule_is_read(printed: str) -> None:
    assert _rows(printed, "3") == [["3", "3", "0"]]
    assert re.search(r"^time of the harness / time of pySigma: \d+\.\d\d$", printed, re.MULTILINE)


def test_counts_of_a_target(printed: str) -> None:
    (lucene,) = [row for row in _rows(printed, "lucene@sigma") if len(row) == 11]
    assert lucene[1:9] == ["2", "1", "2", "0", "0", "0", "100.00", "0"]
    (loki,) = [row for row in _rows(printed, "loki@sigma") if len(row) == 11]
    assert loki[1:9] == ["3", "0", "2", "0", "1", "0", "66.67", "0"]
    (sqlite,) = [row for row in _rows(printed, "sqlite@sigma") if len(row) == 11]
    assert sqlite[1:9] == ["3", "0", "3", "0", "0", "0", "100.00", "0"]


def test_classes_name_their_first_rule(printed: str) -> None:
    (failed,) = _rows(printed, "lucene@sigma", "not converted")
    assert failed[3:] == ["1", "two-fields"]
    (rejected,) = _rows(printed, "loki@sigma", "rejected")
    assert rejected[3:] == ["1", "bad-expression"]


def test_referees(printed: str) -> None:
    (sqlite,) = _rows(printed, "SQLite", "sqlite@sigma")
    assert sqlite[2:8] == ["3", "0", "0", "0", "3", "0"]
    (lucene,) = _rows(printed, "Lucene", "lucene@sigma")
    assert lucene[-1].startswith("not installed: no Lucene jars")


def test_what_is_absent_is_named(printed: str) -> None:
    assert "Not installed: sigmac-grep@text_line (" in printed
    assert "Elastic's rules: not there" in printed
    assert "Elasticsearch's recorded EQL results: not there" in printed
    assert "The probes: not there" in printed
