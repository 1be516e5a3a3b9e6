"""Expected hits: a scan as a regression test."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.cli import run
from harness.errors import InvalidInput
from harness.scan.expect import judged, read
from tests.scan.support import process, write_events, write_sigma


def _row(name: str, hits: int, translation: str = "reference") -> dict[str, Any]:
    return {
        "rule": name,
        "id": f"id-{name}",
        "title": f"Title of {name}",
        "file": f"rules/windows/{name}.yml",
        "translation": translation,
        "hits": hits,
    }


ROWS = [_row("a", 3), _row("b", 0), _row("c", 9), _row("a", 2, "lucene")]


def _read(tmp_path: Path, text: str) -> list[Any]:
    path = tmp_path / "expect.yml"
    path.write_text(text, "utf-8")
    return read(path)


@pytest.mark.parametrize(
    ("entry", "met"),
    [
        ("{rule: a, exactly: 3}", True),
        ("{rule: a, exactly: 2}", False),
        ("{rule: id-a, at_least: 3}", True),
        ("{rule: Title of a, at_least: 4}", False),
        ("{rule: windows/a.yml, at_most: 3}", True),
        ("{rule: a.yml, at_most: 2}", False),
        ("{rule: a, at_least: 1, at_most: 5}", True),
        ("{rule: a, translation: lucene, exactly: 2}", True),
        ("{rule: nobody, at_most: 5}", False),
    ],
)
def test_each_bound(tmp_path: Path, entry: str, *, met: bool) -> None:
    [found] = judged(_read(tmp_path, f"expect: [{entry}]"), ROWS)
    assert found["met"] is met


def test_the_others(tmp_path: Path) -> None:
    expected = _read(tmp_path, "expect: [{rule: a, exactly: 3}, {rule: '*', at_most: 0}]")
    found = {one["rule"]: one["met"] for one in judged(expected, ROWS)}
    assert found == {"a": True, "c": False}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "no list 'expect'"),
        ("expect: 3", "no list 'expect'"),
        ("expect: [{exactly: 3}]", "names no rule"),
        ("expect: [{rule: a}]", "none of exactly"),
        ("expect: [{rule: a, exactly: yes}]", "no whole number"),
        ("expect: [{rule: a, at_least: -1}]", "no whole number"),
        ("expect: [{rule: a, exactly: 1, at_most: 2}]", "stands alone"),
        ("expect: [{rule: a, exact: 1}]", "'exact' means nothing"),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InvalidInput) as error:
        _read(tmp_path, text)
    assert message in error.value.diagnostics[0].message


def test_the_exit_code_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rule = write_sigma(
        tmp_path,
        "bad",
        {"product": "windows", "category": "process_creation"},
        {"selection": {"Image|endswith": "bad.exe"}},
    )
    events = write_events(tmp_path / "e.jsonl", [process("bad.exe", "x")] * 2)
    expect = tmp_path / "expect.txt"
    command = ["scan", str(rule), str(events), "--no-cache", "--expect", str(expect)]
    for bound, code in (("exactly: 2", 0), ("at_most: 1", 1)):
        expect.write_text(f"expect: [{{rule: bad, {bound}}}]", "utf-8")
        assert run(command) == code
    assert "bad: 2 hits, expected at most 1" in capsys.readouterr().out
