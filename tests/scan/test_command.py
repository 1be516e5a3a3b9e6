"""`harness scan` as it is called: what it writes, and its exit code."""

from __future__ import annotations

import io
import json
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from harness.cli import run
from tests.scan.support import SYSMON, Json, process, write_events, write_sigma

PROCESS = {"product": "windows", "category": "process_creation"}


@pytest.fixture
def rule(tmp_path: Path) -> Path:
    detection = {"selection": {"Image|endswith": "\\bad.exe"}}
    return write_sigma(tmp_path / "rules", "bad", PROCESS, detection)


def test_hits_are_written_with_their_places(tmp_path: Path, rule: Path) -> None:
    event = process("C:\\bad.exe", "x", n=2**70)
    events = write_events(tmp_path / "e.jsonl", [process("C:\\good.exe", "x"), event])
    out = tmp_path / "new" / "hits.jsonl"
    assert run(["scan", str(rule), str(events), "--no-cache", "-o", str(out), "-q"]) == 0
    [line] = map(json.loads, out.read_text("utf-8").splitlines())
    assert line == {
        "file": str(events),
        "line": 2,
        "rule": line["rule"],
        "id": line["id"],
        "title": "bad",
        "level": "high",
        "translation": "reference",
    }
    command = ["scan", str(rule), str(events), "--no-cache", "-o", str(out), "--with-events"]
    assert run(command) == 0
    assert json.loads(out.read_text("utf-8"))["event"]["Image"] == event["Image"]


def test_standard_input(
    rule: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    data = json.dumps(process("\\bad.exe", "x")).encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data + b"\n" + data)))
    assert run(["scan", str(rule), "-", "--no-cache"]) == 0
    assert "2 hits of 1 rule" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("more", "code"), [([], 0), (["--strict"], 2), (["--jobs", "2"], 0), (["-v"], 0)]
)
def test_bad_records_and_the_exit_code(
    tmp_path: Path, rule: Path, more: list[str], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_events(tmp_path / "e.jsonl", [process("\\bad.exe", "x")] * 3)
    path.write_bytes(path.read_bytes() + b"no event\n" * 5)
    assert run(["scan", str(rule), str(path), "--no-cache", *more]) == code
    out = capsys.readouterr().out
    assert "3 hits of 1 rule" in out
    assert "5 records and 0 parts not read" in out
    assert f"{path}:4: not read: it is no JSON" in out
    assert ("2 more not read" in out) is ("-v" not in more)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["{rule}"], "there are no events"),
        (["{events}"], "there is no rule to run"),
        (["{rule}", "missing.jsonl"], "No such file"),
        (["missing.yml", "{events}"], "there is no such path"),
        (["{rule}", "{events}", "-o", "hits.txt"], "the file ending selects neither"),
        (["{rule}", "{events}", "-o", "a.jsonl", "-o", "b.jsonl"], "hits are written to one file"),
        (["{rule}", "{events}", "--logsource", "windows"], "is no log source"),
        (["{mixed}"], "the folder holds rules and recorded events"),
        (["{rule}", "{empty}"], "there are no events"),
    ],
)
def test_what_cannot_be_used(
    tmp_path: Path,
    rule: Path,
    arguments: list[str],
    message: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    events = write_events(tmp_path / "e.jsonl", [process("x", "x")])
    (tmp_path / "empty").mkdir()
    write_events(rule.parent / "e.jsonl", [])
    places = {
        "rule": rule,
        "events": events,
        "mixed": rule.parent,
        "empty": tmp_path / "empty",
    }
    assert run(["scan", "--no-cache", *(one.format(**places) for one in arguments)]) == 2
    captured = capsys.readouterr()
    assert message in captured.err + captured.out


@pytest.mark.skipif(find_spec("sigma") is None, reason="pySigma is not installed")
def test_translations_that_disagree_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    detection = {"selection": {"OriginalFileName": "bad.exe"}}
    rule = write_sigma(tmp_path / "rules", "bad", PROCESS, detection)

    def recorded(data: Json, **more: Json) -> Json:
        return {"winlog": {"channel": SYSMON, "event_id": "1", "event_data": data}, **more}

    raw: Json = {"OriginalFileName": "bad.exe"}
    processed: Json = {"pe": {"original_file_name": "bad.exe"}}
    other_event = recorded({}, process=processed)
    other_event["winlog"]["event_id"] = "5"
    path = write_events(
        tmp_path / "e.jsonl",
        [recorded(raw), recorded({}), recorded({}, process=processed), other_event],
    )
    command = ["scan", str(rule), str(path), "--no-cache", "--translate", "lucene@winlogbeat"]
    assert run([*command, "--format", "json"]) == 1
    rows = json.loads(capsys.readouterr().out)["rules"]
    [own] = [row for row in rows if row["translation"] == "reference"]
    [other] = [row for row in rows if row["translation"] != "reference"]
    assert [one["record"] for one in own["first"]] == [1, 3]
    assert [one["record"] for one in other["first"]] == [3, 4]
    assert [one["record"] for one in other["missed_at"]] == [1]
    assert [one["record"] for one in other["extra_at"]] == [4]
    assert run(command) == 1
    out = capsys.readouterr().out
    assert "bad: lucene@winlogbeat misses 1 event: " in out
    assert "bad: lucene@winlogbeat also returns 1 event: " in out
