"""What cannot be read is counted and told with its place; everything else is looked at."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest

from harness.scan.collect import Collector
from harness.scan.part import Part
from harness.scan.pool import Job, in_processes
from harness.scan.prepare import prepared
from harness.scan.work import Worker
from harness.telemetry.formats import Piece, jsonl
from harness.telemetry.inputs import Input
from tests.scan.support import SYSMON, Json, hits, process, scan, write_events, write_sigma

GOOD = json.dumps(process("C:\\a\\bad.exe", "bad.exe"))


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    folder = tmp_path / "rules"
    write_sigma(
        folder,
        "bad",
        {"product": "windows", "category": "process_creation"},
        {"selection": {"Image|endswith": "\\bad.exe"}},
    )
    return folder


DEEP = "[" * 10_000 + "]" * 10_000
BAD_LINES: Sequence[tuple[str, bytes, str]] = [
    ("broken", b'{"Channel": "Secur', "it is no JSON"),
    ("two on a line", f"{GOOD} {GOOD}".encode(), "it is no JSON"),
    ("split over lines", b'{"a":[1', "it is no JSON"),
    ("a number", b"17", "it is no JSON object"),
    ("a list", b'["a"]', "it is no JSON object"),
    ("invalid UTF-8", b'{"Image": "\xff\xfe"}', "it is no UTF-8"),
    ("half a character", b'{"Image": "\xe2\x82"}', "it is no UTF-8"),
    ("a NUL", b'{"Image": "a\x00b"}', "it is no JSON"),
    ("deep", f'{{"a": {DEEP}}}'.encode(), "nested too deeply"),
    ("a key twice", b'{"EventID":1,"Channel":"x","EventID":2}', "'EventID' occurs twice"),
    ("a key twice, spaced", b'{"EventID" : 1, "Channel":"x", "EventID":2}', "occurs twice"),
    ("a key twice inside", b'{"a": {"b": 1, "b": 1}}', "'b' occurs twice"),
    ("infinite", b'{"a": 1e999}', "infinity"),
    ("not a number", b'{"a": NaN}', "it is no JSON"),
]


@pytest.mark.parametrize(
    ("line", "reason"), [one[1:] for one in BAD_LINES], ids=[one[0] for one in BAD_LINES]
)
def test_a_bad_line_is_told(tmp_path: Path, rules: Path, line: bytes, reason: str) -> None:
    path = tmp_path / "e.jsonl"
    path.write_bytes(b"\n".join([GOOD.encode(), line, b"", GOOD.encode()]))
    document = scan(rules, path)
    [file] = document["files"]
    [trouble] = file["troubles"]
    assert trouble["record"] == 2
    assert reason in trouble["reason"]
    assert hits(document) == {"bad": [1, 4]}
    assert document["summary"]["unreadable"] == 1


TAKEN: Sequence[tuple[str, str]] = [
    ("an escaped NUL", '{"Note": "a\\u0000b"}'),
    ("half a surrogate pair", '{"Note": "\\ud800"}'),
    ("a large number", '{"Note": 123456789012345678901234567890}'),
    ("5,000 keys", json.dumps({f"k{number}": number for number in range(5000)})),
    ("a colon after a quote", '{"Note": "\\": \\" :"}'),
    ("a value of 10 MB", json.dumps({"Note": "x" * 10_000_000})),
    ("30 levels", '{"a": ' * 30 + "1" + "}" * 30),
    ("900 levels of which one is read", '{"Image": ' + "[" * 900 + '"x"' + "]" * 900 + "}"),
]


@pytest.mark.parametrize("extra", [one[1] for one in TAKEN], ids=[one[0] for one in TAKEN])
def test_unusual_events_are_taken(tmp_path: Path, rules: Path, extra: str) -> None:
    path = tmp_path / "e.jsonl"
    merged = f"{GOOD[:-1].replace('Image', 'Picture')}, {extra[1:]}"
    path.write_text(f"{GOOD}\n{merged}\n{GOOD}\n", "utf-8")
    document = scan(rules, path)
    told = [one["reason"] for one in document["files"][0]["troubles"]]
    assert told in ([], ["it is nested too deeply"])
    assert told == [] or "900" in str(extra.count("["))
    assert hits(document) == {"bad": [1, 3]}


def test_lines_that_join_to_one_event_are_two(tmp_path: Path, rules: Path) -> None:
    path = tmp_path / "e.jsonl"
    path.write_bytes(b'{"a":[1\n2]}\n{"b":1},{"c":2}\n' + GOOD.encode())
    document = scan(rules, path)
    assert [one["record"] for one in document["files"][0]["troubles"]] == [1, 2, 3]
    assert hits(document) == {"bad": [4]}


def test_a_cut_off_archive_gives_what_it_holds(tmp_path: Path, rules: Path) -> None:
    lines = "".join(f"{GOOD}\n" for _ in range(20_000)).encode()
    for name, packed in _archives(lines):
        path = tmp_path / name
        path.write_bytes(packed[: len(packed) * 2 // 3 + 5])
        document = scan(rules, path)
        [file] = document["files"]
        assert file["events"] > 1000
        assert document["rules"][0]["hits"] == file["events"]
        assert "damaged or cut off" in file["errors"][0]


def _archives(lines: bytes) -> list[tuple[str, bytes]]:
    found = [("e.jsonl.gz", gzip.compress(lines, 1))]
    try:
        import zstandard  # noqa: PLC0415
    except ImportError:
        return found
    frames = [zstandard.compress(lines[:500_000] + os.urandom(9).hex().encode())] * 9
    return [*found, ("e.jsonl.zst", b"".join(frames))]


def test_garbage_is_no_archive(tmp_path: Path, rules: Path) -> None:
    for name in ("e.jsonl.gz", "e.jsonl.zst", "e.parquet", "e.evtx"):
        path = tmp_path / name
        path.write_bytes(b"this is nothing of the kind\n" * 50)
        [file] = scan(rules, path)["files"]
        assert file["events"] == 0
        assert file["errors"]


def test_an_archive_that_unpacks_to_too_long_a_line(
    tmp_path: Path, rules: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jsonl, "MAX_RECORD", 1_000_000)
    monkeypatch.setattr(jsonl, "PIECE", 100_000)
    path = tmp_path / "e.jsonl.gz"
    path.write_bytes(gzip.compress(b" " * 3_000_000))
    [file] = scan(rules, path)["files"]
    assert "a line is longer than" in file["errors"][0]


def test_a_file_that_grows_or_goes(tmp_path: Path) -> None:
    path = write_events(tmp_path / "e.jsonl", [json.loads(GOOD)] * 10)
    pieces = list(Input(str(path), "jsonl").pieces())
    with path.open("a") as file:
        file.write(f"{GOOD}\n")
    assert jsonl.read(pieces[0]).records == 10
    path.write_bytes(b"")
    with pytest.raises(Exception, match="shorter"):
        jsonl.read(pieces[0])
    path.unlink()
    with pytest.raises(Exception, match="No such file"):
        jsonl.read(pieces[0])


def test_ranges_cut_no_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [json.dumps({"n": number, "x": "y" * (number % 13)}) for number in range(50)]
    path = tmp_path / "e.jsonl"
    for end in ("", "\n"):
        path.write_text("\n".join(lines) + end, "utf-8")
        for size in range(1, 60):
            monkeypatch.setattr(jsonl, "PIECE", size)
            found = [
                event["n"]
                for piece in Input(str(path), "jsonl").pieces()
                for event in jsonl.read(piece).events
            ]
            assert found == list(range(50))


def _dies(marker: str) -> Callable[[str, Piece], Part]:
    """Return work that dies on pieces of one name: once, or each time."""

    def work(_: str, piece: Piece) -> Part:
        if piece.path == "dies":
            os._exit(1)
        if piece.path == "dies once" and not Path(marker).exists():
            Path(marker).touch()
            os._exit(1)
        return Part(records=piece.start)

    return work


def test_a_killed_worker_loses_nothing(tmp_path: Path) -> None:
    names = ["a", "b", "dies once", "c", "dies", "d", *"efghij"]
    jobs = [Job(0, "jsonl", Piece(name, start=at)) for at, name in enumerate(names)]
    make = partial(_dies, str(tmp_path / "marker"))
    found = list(in_processes(make, jobs, 2))
    assert [job.piece.path for job, _ in found] == names
    for (job, part), at in zip(found, range(len(names)), strict=True):
        if job.piece.path == "dies":
            assert "died 2 times" in part.error
        else:
            assert (part.records, part.error) == (at, "")


def test_what_follows_a_lost_piece_keeps_its_place(tmp_path: Path, rules: Path) -> None:
    path = write_events(tmp_path / "e.jsonl", [json.loads(GOOD)] * 10)
    size = path.stat().st_size // 2
    queries = prepared([rules], remember=False).queries
    collector = Collector(queries, [Input(str(path), "jsonl")])
    lost = Piece(str(path), 0, size)
    collector.add(Job(0, "jsonl", lost), Part(error="its process died"))
    rest = Piece(str(path), size, path.stat().st_size)
    collector.add(Job(0, "jsonl", rest), Worker(queries)("jsonl", rest))
    assert [one["record"] for one in collector.document()["rules"][0]["first"]] == [6, 7, 8, 9, 10]


class _Records:
    """Stands for the parser of EVTX: two records, a damaged chunk, another record."""

    def __init__(self, path: str, number_of_threads: int) -> None:
        self.path, self.threads = path, number_of_threads
        event = {"System": {"Channel": SYSMON, "EventID": 1}, "EventData": {"Image": "\\bad.exe"}}
        good = json.dumps({"Event": event}, indent=2)
        self._left = [(7, good), (9, good), None, (30, good)]

    def records_json(self) -> _Records:
        return self

    def __iter__(self) -> _Records:
        return self

    def __next__(self) -> Json:
        if not self._left:
            raise StopIteration
        found = self._left.pop(0)
        if found is None:
            message = "chunk 2 is damaged\nmore about it"
            raise RuntimeError(message)
        return {"event_record_id": found[0], "data": found[1]}


def test_a_damaged_chunk_of_a_windows_event_log(
    tmp_path: Path, rules: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "evtx", SimpleNamespace(PyEvtxParser=_Records))
    path = tmp_path / "e.evtx"
    path.write_bytes(b"")
    document = scan(rules, path)
    [file] = document["files"]
    assert file["troubles"] == [{"record": 10, "reason": "chunk 2 is damaged"}]
    assert hits(document) == {"bad": [7, 9, 30]}


@pytest.mark.skipif(os.name != "posix", reason="signals are sent as POSIX has them")
def test_an_interrupt_leaves_a_result(tmp_path: Path, rules: Path) -> None:
    fifo = tmp_path / "events"
    os.mkfifo(fifo)
    out = tmp_path / "out.json"
    found = tmp_path / "hits.jsonl"
    command = [
        sys.executable, "-m", "harness", "scan", str(rules), "--events", str(fifo),
        "--input-format", "jsonl", "-o", str(out), "-o", str(found), "-j", "1", "--no-cache",
    ]  # fmt: skip
    running = subprocess.Popen(  # noqa: S603 - this Python, without a shell
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    with fifo.open("w") as file:
        file.write(f"{GOOD}\n")
        file.flush()
        time.sleep(1.5)
        running.send_signal(2)
        text, error = running.communicate(timeout=20)
    assert running.returncode == 2, error
    assert "interrupted" in text
    assert json.loads(out.read_text())["summary"]["interrupted"] is True
    assert found.exists()


def test_repeated_keys_are_found_among_many(tmp_path: Path, rules: Path) -> None:
    nested: Json = {"a": {"b": {"c": '":'}}}
    lines = [json.dumps({**json.loads(GOOD), **nested}, separators=(",", ":"))] * 500
    lines[321] = lines[321].replace('"c":', '"c":1,"c":')
    path = tmp_path / "e.jsonl"
    path.write_text("\n".join(lines), "utf-8")
    document = scan(rules, path)
    assert [one["record"] for one in document["files"][0]["troubles"]] == [322]
    assert document["rules"][0]["hits"] == 499
