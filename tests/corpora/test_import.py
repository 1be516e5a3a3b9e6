"""Recorded events as a labelled corpus: taken over or refused, redacted, replayed."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from jsonschema import Draft202012Validator

import harness
from harness import schemas
from harness.corpora import recorded as module
from harness.corpora.check import check
from harness.corpora.make import Wanted, make
from harness.errors import InvalidInput
from harness.report import _jsonschema
from harness.ruleset import recorded
from tests.cli.conftest import run as run  # noqa: PLC0414 (a fixture)
from tests.cli.support import Answer, Run
from tests.support import selection, write_rule

SECRET = {
    "SubjectUserName": "zaphod",
    "SubjectDomainName": "HEARTGOLD",
    "SubjectUserSid": "S-1-5-21-1939123204-1418869057-2368897034-4242",
    "Computer": "magrathea.heartgold.test",
    "IpAddress": "10.77.66.55",
}
SCHEMA = Path(module.__file__).with_name("recorded.schema.json")

Json = dict[str, Any]


def _activity(event_id: int = 4692, **more: Any) -> Json:
    return {
        "EventID": event_id,
        "TimeCreated": "2024-03-05T09:14:07.123Z",
        "CommandLine": r"C:\Users\zaphod\x.exe /u:HEARTGOLD\Zaphod @MAGRATHEA 10.77.66.55",
        **SECRET,
        **more,
    }


def _document(schema: str, event_id: int = 4692, **more: Any) -> Json:
    return schemas.get(schema).render("windows_security", _activity(event_id, **more))


@pytest.fixture
def rule(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    query = "winlog.event_id:4692"
    sources = ["winlogbeat", "windows_event_raw", "sigma"]
    translations = {
        "sigma": ("sigma", selection(EventID=4692), ["sigma"]),
        "lucene": ("lucene", query, sources[:1]),
    }
    reference = selection(EventID=4692)
    return write_rule(tmp_path / "rules" / "one", reference=reference, translations=translations)


@pytest.fixture
def bring(run: Run, rule: Path, tmp_path: Path) -> Callable[..., Answer]:
    """Import some documents into the rule."""

    def call(*documents: Any, label: str = "malicious", more: tuple[str, ...] = ()) -> Answer:
        path = tmp_path / "zaphod.jsonl"
        path.write_text("".join(f"{json.dumps(one)}\n" for one in documents), "utf-8")
        return run("import", rule, path, "--label", label, *more)

    return call


def _saved(rule: Path) -> list[Json]:
    folder = rule.parents[1] / recorded.FOLDER
    files = sorted(folder.glob(f"*/*/{recorded.EVENTS}"))
    return [json.loads(line) for one in files for line in one.read_text("utf-8").splitlines()]


def _files(rule: Path) -> list[Path]:
    folder = rule.parents[1] / recorded.FOLDER
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("schema", ["winlogbeat", "windows_event_raw"])
def test_an_event_is_taken_over_and_replayed(
    bring: Callable[..., Answer], rule: Path, schema: str
) -> None:
    answer = bring({**_document(schema), "agent": {"version": "8.9.1"}})
    assert answer.code == 0, answer.said
    (event,) = _saved(rule)
    assert (event["schema"], event["label"]) == (schemas.get(schema).label, "malicious")
    assert event["source"]["record"] == 1
    assert event["source"]["digest"].startswith("sha256-redacted:")
    (loaded,) = harness.load_rules(rule)
    found = [one for one in harness.corpus(loaded, schema) if one.sample.family == "recorded"]
    assert (found[0].label, found[0].mutation) == ("malicious", None)
    assert found[0].document == event["document"]
    assert found[0].document["agent"] == {"version": "8.9.1"}
    assert any(one.mutation for one in found)
    generated = make(loaded, Wanted(schemas=(schema,), mutations=False)).parts[0].written.kept
    assert {one.sample.family for one in generated} & {"recorded", "alternative"} == {"alternative"}
    results = harness.test([loaded])["results"]
    assert {one["status"] for one in results} == {"pass"}
    assert {one["tp"] for one in results} == {2}


def test_no_original_is_left_in_any_file(bring: Callable[..., Answer], rule: Path) -> None:
    answer = bring(_document("winlogbeat"), _document("sigma"), more=("--format", "json"))
    assert answer.code == 0
    originals = [*SECRET.values(), "magrathea", "heartgold"]
    for path in [*_files(rule)]:
        text = f"{path} {path.read_text('utf-8')}".lower()
        assert [one for one in originals if one.lower() in text] == [], path.name
    assert not any(one.lower() in answer.out.lower() for one in originals)
    event = _saved(rule)[0]
    assert event["values"]["CommandLine"] == (
        r"C:\Users\user1\x.exe /u:DOMAIN1\user1 @HOST1 192.0.2.1"
    )


def test_the_files_are_as_their_schemas_say(bring: Callable[..., Answer]) -> None:
    answer = bring(_document("sigma"), more=("--format", "json", "--name", "one"))
    _jsonschema.validator("import").validate(json.loads(answer.out))
    folder = Path(json.loads(answer.out)["folder"])
    assert folder.name == "one"
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    Draft202012Validator(json.loads(SCHEMA.read_text("utf-8"))).validate(manifest)
    assert manifest["sources"][0] == {
        "file": "user1.jsonl",
        "format": "jsonl",
        "records": 1,
        "taken": 1,
    }
    redacted = {one["path"]: one["action"] for one in manifest["redaction"]["fields"]}
    assert redacted == dict.fromkeys(SECRET, "pseudonym")
    assert check(folder / "manifest.json").status == "same"
    with (folder / recorded.EVENTS).open("a") as file:
        file.write("\n")
    (difference,) = check(folder / "manifest.json").differences
    assert (difference.file, difference.what) == (
        recorded.EVENTS,
        "the file was changed after it was imported",
    )
    sheet = (folder / "README.md").read_text("utf-8")
    assert "| `SubjectUserSid` | pseudonym | sid | 1 |" in sheet


def test_a_label_that_the_reference_does_not_share(
    bring: Callable[..., Answer], rule: Path
) -> None:
    answer = bring(_document("sigma", 4693), _document("sigma"), label="benign")
    assert answer.code == 1
    assert "zaphod.jsonl:2: refused: the reference fires on it" in answer.out
    assert "true      EventID: 4692   (EventID is 4692)" in answer.out
    assert [one["values"]["EventID"] for one in _saved(rule)] == [4693]


def test_redaction_that_changes_the_verdict(run: Run, tmp_path: Path) -> None:
    reference = selection(SubjectUserName="zaphod")
    (tmp_path / ".git").mkdir()
    translations = {"t": ("sigma", reference, ["sigma"])}
    folder = write_rule(tmp_path / "r", reference=reference, translations=translations)
    path = tmp_path / "e.jsonl"
    path.write_text(json.dumps(_document("sigma")), "utf-8")
    answer = run("import", folder, path, "--label", "malicious", "--schema", "sigma")
    assert answer.code == 1
    assert "redaction changes the reference's verdict" in answer.out
    assert "[redaction-changes-verdict]" in answer.out
    assert "true, then false: SubjectUserName: zaphod   (SubjectUserName)" in answer.out
    assert _saved(folder / "x") == []
    keep = ("--redact", "SubjectUserName=keep")
    answer = run("import", folder, path, "--label", "malicious", "--schema", "sigma", *keep)
    assert answer.code == 0
    assert "look at SubjectUserName: what is redacted elsewhere" in answer.out
    (loaded,) = harness.load_rules(folder)
    assert loaded.recorded[0].values["SubjectUserName"] == "zaphod"


def test_hashes_and_keys(
    bring: Callable[..., Answer], rule: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed = ("--redact", "SubjectUserName=hash")
    monkeypatch.delenv("HARNESS_REDACTION_KEY", raising=False)
    answer = bring(_document("sigma"), more=hashed)
    assert (answer.code, answer.codes()) == (2, ["no-key"])
    monkeypatch.setenv("HARNESS_REDACTION_KEY", "short")
    answer = bring(_document("sigma"), more=hashed)
    assert (answer.code, answer.codes()) == (2, ["short-key"])
    key = tmp_path / "key"
    key.write_text("k" * 32, "utf-8")
    assert bring(_document("sigma"), more=(*hashed, "--key-file", str(key))).code == 0
    (event,) = _saved(rule)
    assert len(event["values"]["SubjectUserName"]) == 32
    assert event["source"]["digest"].startswith("hmac-sha256:")
    assert "k" * 32 not in "".join(path.read_text("utf-8") for path in _files(rule))


def test_without_redaction_nothing_changes(bring: Callable[..., Answer], rule: Path) -> None:
    document = _document("winlogbeat")
    assert bring(document, more=("--no-redact",)).code == 0
    (event,) = _saved(rule)
    assert event["document"] == document
    assert event["source"]["digest"].startswith("sha256:")


def test_other_files_and_other_kinds(run: Run, rule: Path, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    with gzip.open(folder / "a.jsonl.gz", "wb") as packed:
        packed.write(json.dumps(_document("winlogbeat")).encode() + b"\nno event\n")
    pq.write_table(pa.Table.from_pylist([_document("sigma")] * 2), folder / "b.parquet")
    (folder / "c.jsonl").write_text('{"Channel": "Security", "Task": 1}\n{"a": 1}\n')
    answer = run("import", rule, folder, "--label", "malicious", "--format", "json")
    told = json.loads(answer.out)
    assert (answer.code, told["events"], told["repeated"]) == (1, 2, 1)
    assert [one["code"] for one in told["refused"]] == [
        "no-event",
        "another-kind",
        "unknown-source",
    ]
    assert "'EventID' is required" in told["refused"][1]["message"]


NXLOG = {
    "EventTime": "2020-06-10 02:50:57",
    "Hostname": "WORKSTATION6.mordor.test",
    "Keywords": -9214364837600034816,
    "Opcode": "Info",
    "Channel": "Security",
    "SourceName": "Microsoft-Windows-Security-Auditing",
    "EventID": 4692,
    "SubjectUserName": "pedro",
    "tags": ["mordorDataset"],
}


def test_the_data_source_is_found_out(bring: Callable[..., Answer], rule: Path) -> None:
    """Flat JSON of the OTRF data sets, for a rule that is written for other data sources."""
    answer = bring(NXLOG)
    assert answer.code == 0, answer.said
    (event,) = _saved(rule)
    assert event["schema"] == "windows_event_raw:mordor"
    values = event["values"]
    assert (values["Computer"], values["SubjectUserName"]) == ("HOST1.domain1.example", "user1")
    assert values["TimeCreated"].startswith("2020-06-10T02:50:57")


def test_what_no_event_tells_is_the_example_of_the_kind(
    bring: Callable[..., Answer], rule: Path
) -> None:
    assert bring({"Channel": "Security", "EventID": 4692}).code == 0
    example = schemas.kind("windows_security").example
    values = _saved(rule)[0]["values"]
    assert [values[one] for one in ("Computer", "TimeCreated")] == [
        example[one] for one in ("Computer", "TimeCreated")
    ]


def test_a_dry_run_writes_nothing(bring: Callable[..., Answer], rule: Path) -> None:
    answer = bring(_document("sigma"), more=("--dry-run",))
    assert (answer.code, _files(rule)) == (0, [])
    assert "nothing is written" in answer.out


def test_the_same_events_are_the_same_import(bring: Callable[..., Answer], rule: Path) -> None:
    for _ in range(2):
        assert bring(_document("sigma")).code == 0
    assert len(_saved(rule)) == 1


def test_a_reference_that_was_changed_is_a_finding(
    bring: Callable[..., Answer], rule: Path, run: Run
) -> None:
    assert bring(_document("sigma")).code == 0
    text = (rule / "sigma.yml").read_text("utf-8")
    (rule / "sigma.yml").write_text(text.replace("4692", "4695"), "utf-8")
    (loaded,) = harness.load_rules(rule)
    assert not [o for o in harness.corpus(loaded, "sigma") if o.sample.family == "recorded"]
    answer = run("test", rule, "--no-measure", "--format", "json")
    told = json.loads(answer.out)
    _jsonschema.validator("test").validate(told)
    (finding,) = told["rules"][0]["findings"]
    assert finding["code"] == "recorded-label"
    assert "labelled malicious" in finding["message"]
    assert finding["place"].endswith("events.jsonl:1")
    assert answer.code == 1


BAD = {
    "no JSON": "{",
    "another object": "{}",
    "no object": "[1]",
    "label": {"label": "evil"},
    "kind": {"kind": "file_event"},
    "values": {"values": {"EventID": {"a": 1}}},
    "schema": {"schema": "nope"},
    "schema type": {"schema": 1},
    "document": {"document": []},
    "deep": {"document": json.loads("[" * 60 + "]" * 60)},
}


@pytest.mark.parametrize("change", BAD.values(), ids=list(BAD))
def test_files_that_were_broken(
    bring: Callable[..., Answer], rule: Path, change: str | Json
) -> None:
    assert bring(_document("sigma")).code == 0
    (path,) = [one for one in _files(rule) if one.name == recorded.EVENTS]
    line = change if isinstance(change, str) else json.dumps({**_saved(rule)[0], **change})
    path.write_text(f"\n{line}\n", "utf-8")
    with pytest.raises(InvalidInput) as caught:
        harness.load_rules(rule)
    (problem,) = caught.value.diagnostics
    assert problem.place == f"{path}:2"


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--label", "evil"],
        ["--redact", "x=shred"],
        ["--redact", "no/such/profile.yml"],
        ["--redact", "a.yml", "--redact", "b.yml"],
        ["--redact", "User=mask", "--no-redact"],
        ["--key-file", "no/such/file"],
        ["--name", "../up"],
        ["--schema", "nope"],
        ["--schema", "elastic_defend"],
    ],
    ids=" ".join,
)
def test_usage(run: Run, rule: Path, tmp_path: Path, arguments: list[str]) -> None:
    path = tmp_path / "e.jsonl"
    path.write_text(json.dumps(_document("sigma")), "utf-8")
    label = [] if not arguments or "--label" in arguments else ["--label", "malicious"]
    answer = run("import", rule, path, *label, *arguments)
    assert answer.code == 2
    assert answer.said.strip()
    assert _files(rule) == []


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("a.jsonl", b"", "no-event"),
        ("a.evtx", b"garbage", "unreadable"),
        ("a.parquet", b"PAR1garbage", "unreadable"),
        ("a.jsonl.gz", b"\x1f\x8bgarbage", "unreadable"),
        ("a.pdf", b"x", "no-events"),
    ],
)
def test_files_that_cannot_be_read(
    run: Run, rule: Path, tmp_path: Path, name: str, data: bytes, code: str
) -> None:
    (tmp_path / name).write_bytes(data)
    answer = run("import", rule, tmp_path / name, "--label", "benign")
    assert (answer.code, answer.codes()) == (2, [code])
    assert answer.said.strip()
