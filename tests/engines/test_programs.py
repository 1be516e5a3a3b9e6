"""Programs that answer wrongly, late or not at all, in the place of pwsh and node.

No PowerShell could be had here: a small program that speaks as it does shows what the harness
sends and how it reads answers, and nothing about PowerShell itself.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from harness import engines
from harness.engines import EngineFailure, kusto_parser, powershell
from harness.engines._base import Declined, EngineTimeout
from harness.run.plan import Plan
from harness.source import QuerySyntaxError

EVENTS: list[dict[str, Any]] = [{"Id": 1, "Xml": "<Event/>"}, {"Id": 2}, {"Id": 3}]
QUERY = "Get-WinEvent -LogName Security | Where-Object { $_.Id -eq 1 }"


def program(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, body: str) -> None:
    """Put a program on the path; ``given`` is what it gets and ``answer`` writes its answer."""
    path = folder / name
    path.write_text(
        f"#!{sys.executable} -S\n"
        "import json, sys\n"
        "if '--version' in sys.argv: print('PowerShell 7.5.4'); sys.exit()\n"
        "given = json.load(sys.stdin)\n"
        "def answer(what): json.dump(what, sys.stdout)\n"
        f"{body}\n",
        "utf-8",
    )
    path.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


def test_powershell_gets_the_script_and_the_objects(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = (
        "assert set(sys.argv) >= {'-NoProfile', '-NonInteractive'}\n"
        "assert 'Where-Object { $_.Id -eq 1 }' in given['query']\n"
        "said = ['fires' if one == {'Id': 1} else 'error' if one['Id'] == 2 else 'silent'"
        " for one in given['events']]\n"
        "answer({'verdicts': said})"
    )
    program(tmp_path, monkeypatch, "pwsh", body)
    assert powershell.available() == "7.5.4"
    assert powershell.judge(QUERY, EVENTS) == [True, None, False]


def test_powershell_runs_only_when_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path, monkeypatch, "pwsh", "answer({})")
    assert not engines.engines_for("powershell")
    (found,) = engines.engines_for("powershell", ["powershell"])
    assert found is powershell.ENGINE
    assert "powershell" not in engines.versions()
    assert engines.versions(["powershell"], trusted=False) == {"powershell": "7.5.4"}
    assert not Plan(rules=()).named


@pytest.mark.parametrize(
    "query",
    [
        "Get-WinEvent -FilterHashtable @{LogName='Security'; Id=1}",
        "Get-WinEvent -LogName Security -MaxEvents 5 | Where-Object { $_.Id -eq 1 }",
        "Get-WinEvent -LogName Security -FilterXPath '*[System[EventID=1]]'",
        "Remove-Item / -Recurse",
        "Get-WinEvent -LogName Security | Where-Object { Invoke-Expression 'x' }",
        "Get-WinEvent -LogName (Get-Content x) | Where-Object { $_.Id -eq 1 }",
    ],
)
def test_powershell_is_not_given_what_does_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    program(tmp_path, monkeypatch, "pwsh", "assert given['events'] == []\nanswer({'verdicts': []})")
    with pytest.raises(Declined):
        powershell.judge(query, EVENTS)


@pytest.mark.parametrize(
    ("body", "error", "words"),
    [
        ("answer({'refused': 'Missing closing }'})", QuerySyntaxError, "Missing closing"),
        ("answer({'failed': 'Measure-Object is not recognized'})", Declined, "not recognized"),
        ("print('noise')", EngineFailure, "status 0"),
        ("sys.exit('out of memory')", EngineFailure, "status 1: out of memory"),
        ("answer({'verdicts': ['fires']})", EngineFailure, "something else"),
        ("answer({'verdicts': [1, 2, 3]})", EngineFailure, "something else"),
        ("import time; time.sleep(9)", EngineTimeout, "does not end"),
    ],
)
def test_a_powershell_that_fails(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    body: str,
    error: type[Exception],
    words: str,
) -> None:
    program(tmp_path, monkeypatch, "pwsh", body)
    with pytest.raises(error, match=words):
        powershell.judge(QUERY, EVENTS, timeout=0.25 if error is EngineTimeout else 30.0)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("answer([])", "the parser fails"),
        ("answer([[[1, 2]]])", "the parser fails"),
        ("sys.exit('Cannot find module')", "Cannot find module"),
    ],
)
def test_a_parser_that_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, words: str
) -> None:
    library = tmp_path / "node_modules" / "@kusto" / "language-service-next"
    library.mkdir(parents=True)
    (library / "Kusto.Language.Bridge.min.js").touch()
    (library / "package.json").write_text(json.dumps({"version": "12.4.1"}), "utf-8-sig")
    program(tmp_path, monkeypatch, "node", body)
    monkeypatch.setenv(kusto_parser.VARIABLE, str(tmp_path))
    assert kusto_parser.available() == "12.4.1"
    with pytest.raises(EngineFailure, match=words):
        kusto_parser.check("T | where A == 1")
    monkeypatch.delenv(kusto_parser.VARIABLE)
    assert kusto_parser.available() is None
