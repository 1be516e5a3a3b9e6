"""A scan finds what each rule means, says where, and is the same however the events come."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.telemetry.formats import jsonl, parquet
from harness.telemetry.logsources import LogSource
from tests.scan.support import SYSMON, Json, hits, process, scan, write_events, write_sigma

WINDOWS = {"product": "windows", "category": "process_creation"}


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    folder = tmp_path / "rules"
    write_sigma(
        folder,
        "encoded",
        WINDOWS,
        {"selection": {"Image|endswith": "\\powershell.exe", "CommandLine|contains": " -enc"}},
    )
    write_sigma(
        folder,
        "not by the system",
        WINDOWS,
        {
            "selection": {"CommandLine|re": "whoami(\\.exe)?\\s+/all"},
            "filter": {"User|contains": "SYSTEM"},
            "condition": "selection and not filter",
        },
    )
    write_sigma(
        folder,
        "logon",
        {"product": "windows", "service": "security"},
        {"selection": {"EventID": 4624, "LogonType": 10}},
    )
    write_sigma(
        folder,
        "keywords",
        {"product": "windows"},
        {"keywords": ["mimikatz", "\\kiwi\\"]} | KEYWORDS,
    )
    return folder


KEYWORDS = {"condition": "keywords"}
EVENTS: list[Json] = [
    process("C:\\Windows\\PowerShell.EXE", "powershell -EncodedCommand AAAA"),
    process("C:\\Windows\\cmd.exe", "cmd /c powershell -enc AAAA"),
    process("C:\\Windows\\whoami.exe", "whoami  /all", User="CONTOSO\\eve"),
    process("C:\\Windows\\whoami.exe", "whoami  /all", User="NT AUTHORITY\\SYSTEM"),
    {"Channel": "Security", "EventID": 4624, "LogonType": 10},
    {"Channel": "Security", "EventID": "4624", "LogonType": "10"},
    {"Channel": "Security", "EventID": 4624, "LogonType": 3, "Note": "MimiKatz was here"},
    {"Channel": "System", "EventID": 4624, "LogonType": 10, "Path": ["C:\\x", "D:\\Kiwi\\y"]},
    {"some": "thing else"},
]
EXPECTED = {
    "encoded": [1],
    "not by the system": [3],
    "logon": [5, 6],
    "keywords": [7, 8],
}


def test_each_rule_returns_what_it_means(tmp_path: Path, rules: Path) -> None:
    document = scan(rules, write_events(tmp_path / "e.jsonl", EVENTS))
    assert hits(document) == EXPECTED
    seen = {row["title"]: row["seen"] for row in document["rules"]}
    assert seen == {"encoded": 4, "not by the system": 4, "logon": 3, "keywords": 8}
    assert document["summary"]["unknown"] == 1
    assert document["unknown"] == [{"keys": "some", "events": 1}]


def test_letters_may_be_written_as_numbers(tmp_path: Path, rules: Path) -> None:
    path = tmp_path / "e.jsonl"
    lines = [
        '{"Channel": "System", "EventID": 1, "a": "m\\u0069mikatz"}',
        '{"Channel": "System", "EventID": 1, "a": "mimi\\u212Aatz"}',
        '{"Channel": "System", "EventID": 1, "a": "c:\\\\users\\\\umimi"}',
        '{"Channel": "System", "EventID": 1, "a": "mimiKatz"}'.replace("K", "\u212a"),
    ]
    path.write_text("\n".join(lines), "utf-8")
    assert hits(scan(rules, path)) == {"keywords": [1, 2, 4]}


def test_security_4688_is_a_process_creation(tmp_path: Path, rules: Path) -> None:
    event = {
        "Channel": "Security",
        "EventID": 4688,
        "NewProcessName": "C:\\Windows\\powershell.exe",
        "CommandLine": "powershell -enc AAAA",
    }
    document = scan(rules, write_events(tmp_path / "e.jsonl", [event]))
    assert hits(document) == {"encoded": [1]}


def _evtx(event: Json) -> Json:
    data = {key: value for key, value in event.items() if key not in {"Channel", "EventID"}}
    system = {"Channel": event["Channel"], "EventID": event["EventID"]}
    return {"Event": {"System": system, "EventData": data}}


def _evtx_attributes(event: Json) -> Json:
    made = _evtx(event)
    made["Event"]["System"]["EventID"] = {"#text": event["EventID"], "#attributes": {"Q": 1}}
    made["Event"]["UserData"] = {"Any": made["Event"].pop("EventData")}
    return made


def _winlogbeat(event: Json) -> Json:
    data = {key: value for key, value in event.items() if key not in {"Channel", "EventID"}}
    return {
        "winlog": {"channel": event["Channel"], "event_id": event["EventID"], "event_data": data}
    }


def _dotted(event: Json) -> Json:
    data = {key: value for key, value in event.items() if key not in {"Channel", "EventID"}}
    made = {f"winlog.event_data.{key}": value for key, value in data.items()}
    return {"winlog.channel": event["Channel"], "winlog": {"event_id": event["EventID"]}, **made}


def _processed(event: Json) -> Json:
    made = _winlogbeat(event)
    data = made["winlog"]["event_data"]
    if "Image" in data:
        made["process"] = {
            "executable": data.pop("Image"),
            "command_line": data.pop("CommandLine"),
        }
    return made


def _before_seven(event: Json) -> Json:
    data = {key: value for key, value in event.items() if key not in {"Channel", "EventID"}}
    return {"log_name": event["Channel"], "event_id": event["EventID"], "event_data": data}


@pytest.mark.parametrize(
    "shape", [_evtx, _evtx_attributes, _winlogbeat, _dotted, _processed, _before_seven]
)
def test_each_shape_is_read(tmp_path: Path, rules: Path, shape: Callable[[Json], Json]) -> None:
    events = [shape(one) for one in EVENTS[:-1]]
    document = scan(rules, write_events(tmp_path / "e.jsonl", events))
    assert hits(document) == EXPECTED


def test_shapes_may_mix(tmp_path: Path, rules: Path) -> None:
    shapes: list[Callable[[Json], Json]] = [_evtx, _winlogbeat, _before_seven, dict]
    events = [shape(one) for one in EVENTS[:-1] for shape in shapes]
    document = scan(rules, write_events(tmp_path / "e.jsonl", events))
    counts = {row["title"]: row["hits"] for row in document["rules"]}
    assert counts == {name: 4 * len(places) for name, places in EXPECTED.items()}


def test_what_cannot_be_told_may_be_declared(tmp_path: Path, rules: Path) -> None:
    path = write_events(
        tmp_path / "e.jsonl", [{"Image": "\\powershell.exe", "CommandLine": " -enc"}]
    )
    assert hits(scan(rules, path)) == {}
    declared = LogSource.parse("product=windows,category=process_creation")
    assert hits(scan(rules, path, declared=declared)) == {"encoded": [1]}


@pytest.fixture
def many() -> list[Json]:
    draw = random.Random(7)  # noqa: S311 - the same events each time
    made = []
    for number in range(3000):
        event = dict(draw.choice(EVENTS[:-1]))
        event["RecordNumber"] = number
        if draw.random() < 0.3:
            event["User"] = draw.choice(["NT AUTHORITY\\SYSTEM", "CONTOSO\\eve", 17, None])
        if draw.random() < 0.2:
            event = dict(sorted(event.items()))
        made.append(event)
    return made


def _answers(document: Json) -> Any:
    return [(row["title"], row["seen"], row["hits"], row["first"]) for row in document["rules"]]


def test_processes_and_pieces_change_nothing(
    tmp_path: Path, rules: Path, many: list[Json], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_events(tmp_path / "e.jsonl", many)
    whole = _answers(scan(rules, path))
    monkeypatch.setattr(jsonl, "PIECE", 20_000)
    assert _answers(scan(rules, path)) == whole
    assert _answers(scan(rules, path, jobs=2)) == whole
    assert sum(row[2] for row in whole) > 1000


@pytest.mark.parametrize("ending", [".gz", ".zst", ".parquet"])
def test_formats_change_nothing(
    tmp_path: Path, rules: Path, many: list[Json], ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = write_events(tmp_path / "e.jsonl", many)
    whole = scan(rules, plain)
    monkeypatch.setattr(jsonl, "PIECE", 50_000)
    monkeypatch.setattr(parquet, "ROWS", 700)
    if ending == ".parquet":
        pa = pytest.importorskip("pyarrow")
        pq = pytest.importorskip("pyarrow.parquet")
        rows = [
            {
                key: str(value) if key == "User" and value is not None else value
                for key, value in event.items()
            }
            for event in [{**one, "EventID": int(one["EventID"])} for one in many]
        ]
        rows = [{**row, "LogonType": str(row.get("LogonType", "")) or None} for row in rows]
        names = dict.fromkeys(key for row in rows for key in row)
        rows = [{name: row.get(name) for name in names} for row in rows]
        packed = tmp_path / "p" / "e.parquet"
        packed.parent.mkdir()
        pq.write_table(pa.Table.from_pylist(rows), packed, row_group_size=1000)
    elif ending == ".gz":
        packed = tmp_path / "e2.jsonl.gz"
        packed.write_bytes(gzip.compress(plain.read_bytes()))
    else:
        zstandard = pytest.importorskip("zstandard")
        packed = tmp_path / "e2.jsonl.zst"
        half = len(plain.read_bytes()) // 2
        parts = plain.read_bytes()[:half], plain.read_bytes()[half:]
        packed.write_bytes(b"".join(zstandard.compress(part) for part in parts))

    def numbers(document: Json) -> Any:
        return [
            (row["title"], row["hits"], [one["record"] for one in row["first"]])
            for row in document["rules"]
        ]

    assert numbers(scan(rules, packed, jobs=2)) == numbers(whole)


def test_a_folder_is_all_its_files(tmp_path: Path, rules: Path) -> None:
    folder = tmp_path / "logs"
    (folder / "deep").mkdir(parents=True)
    write_events(folder / "a.jsonl", EVENTS)
    (folder / "deep" / "b.json").write_text(json.dumps(EVENTS), "utf-8")
    (folder / "notes.txt").write_text("no events", "utf-8")
    document = scan(rules, folder)
    assert [Path(one["path"]).name for one in document["files"]] == ["a.jsonl", "b.json"]
    assert {row["title"]: row["hits"] for row in document["rules"]} == {
        name: 2 * len(places) for name, places in EXPECTED.items()
    }


def test_numbers_keep_their_digits(tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    write_sigma(
        rules, "exact", {"product": "windows"}, {"selection": {"n": "18446744073709551617"}}
    )
    path = tmp_path / "e.jsonl"
    path.write_text(
        '{"Channel": "System", "EventID": 1, "n": 18446744073709551616}\n'
        '{"Channel": "System", "EventID": 1, "n": 18446744073709551617}\n',
        "utf-8",
    )
    assert hits(scan(rules, path)) == {"exact": [2]}


def test_what_is_remembered_changes_nothing(
    tmp_path: Path, rules: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    path = write_events(tmp_path / "e.jsonl", EVENTS)
    first = scan(rules, path, remember=True)
    known = scan(rules, path, remember=True)
    assert _answers(known) == _answers(first)
    write_sigma(
        rules, "logon", {"product": "windows", "service": "security"}, {"selection": {"EventID": 1}}
    )
    assert "logon" not in hits(scan(rules, path, remember=True))


def test_a_text_that_hits_everywhere_is_given_up(tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    write_sigma(
        rules,
        "both",
        WINDOWS,
        {"selection": {"CommandLine|contains|all": [".exe", "needle"], "Image|endswith": ".exe"}},
    )
    events = [
        process(f"C:\\{number}.exe", f"a.exe {number} {'needle' if number % 500 == 0 else 'hay'}")
        for number in range(4000)
    ]
    files = [write_events(tmp_path / f"{name}.jsonl", events) for name in "ab"]
    document = scan(rules, *files)
    assert [row["hits"] for row in document["rules"]] == [16]


def test_sysmon_channels_are_told_apart(tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    for category in ("registry_set", "registry_event", "file_event"):
        write_sigma(
            rules,
            category,
            {"product": "windows", "category": category},
            {"selection": {"Image|contains": "a"}},
        )
    events = [{"Channel": SYSMON, "EventID": number, "Image": "a"} for number in (11, 12, 13, 1)]
    document = scan(rules, write_events(tmp_path / "e.jsonl", events))
    assert hits(document) == {"registry_set": [3], "registry_event": [2, 3], "file_event": [1]}
