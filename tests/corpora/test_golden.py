"""The committed corpora are what the generator makes, and a change is told with its place."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

import harness
from harness.corpora.check import check, manifests, read_manifest
from harness.corpora.make import Corpus, Wanted, make
from harness.errors import InvalidInput
from tests.support import KEY_FILE, SHIPPED, selection, write_rule

ROOT = SHIPPED.parent
CORPORA = ROOT / "corpora"
GOOD = selection(EventID=4692)
RULES = sorted(path.parent.name for path in SHIPPED.glob("*/harness.yml"))


@pytest.mark.parametrize("name", RULES)
def test_corpus_is_as_committed(name: str) -> None:
    found = check(CORPORA / name / "manifest.json")
    assert (found.status, found.notes) == ("same", ()), [str(one) for one in found.differences]


@pytest.mark.parametrize("name", RULES)
def test_corpus_has_both_labels_in_every_source(name: str) -> None:
    for facts in read_manifest(CORPORA / name / "manifest.json")["files"].values():
        assert set(facts["labels"]) == {"benign", "malicious"}


def test_every_corpus_is_of_a_rule() -> None:
    assert [one.parent.name for one in manifests(CORPORA)] == RULES


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A small corpus in a work tree of its own, with its rule."""
    (tmp_path / ".git").mkdir()
    translations = {"t": ("sigma", GOOD, ["sigma", "text_line", "logpoint"])}
    folder = write_rule(tmp_path / "rules" / "r", reference=GOOD, translations=translations)
    (rule,) = harness.load_rules(folder)
    return _written(tmp_path / "corpora" / "c", make(rule, Wanted(mutations=False)))


def _written(folder: Path, corpus: Corpus) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in corpus.files().items():
        (folder / name).write_bytes(data)
    return folder


def _edit(path: Path, change: Callable[[Any], object]) -> None:
    told = json.loads(path.read_text("utf-8"))
    change(told)
    path.write_text(json.dumps(told, indent=2) + "\n", "utf-8")


def _edit_line(path: Path, number: int, change: Callable[[Any], object]) -> None:
    lines = path.read_text("utf-8").splitlines()
    told = json.loads(lines[number - 1])
    change(told)
    lines[number - 1] = json.dumps(told, ensure_ascii=False, sort_keys=True)
    path.write_text("".join(f"{line}\n" for line in lines), "utf-8")


def test_a_label_and_a_field_that_differ_are_told(copy: Path) -> None:
    _edit_line(copy / "sigma.jsonl", 3, lambda one: one.update(label="malicious"))
    _edit_line(copy / "text_line.jsonl", 2, lambda one: one["document"].update(_raw="x"))
    told = [str(one) for one in check(copy / "manifest.json").differences]
    assert len(told) == 2
    assert told[0].startswith("text_line.jsonl, line 2: document._raw: ") or told[1].startswith(
        "text_line.jsonl, line 2: document._raw: "
    )
    assert 'sigma.jsonl, line 3: label: "malicious" here, "benign" now' in told


def test_files_and_events_that_are_missing_or_too_many(copy: Path) -> None:
    (copy / "logpoint.jsonl").unlink()
    (copy / "more.jsonl").write_text("", "utf-8")
    text = (copy / "text_line.jsonl").read_text("utf-8")
    (copy / "text_line.jsonl").write_text("".join(text.splitlines(keepends=True)[:-1]), "utf-8")
    (copy / "sigma.jsonl").write_text("no JSON\n", "utf-8")
    found = {one.file: one.what for one in check(copy / "manifest.json").differences}
    assert found["logpoint.jsonl"] == "the file is missing"
    assert "no such file" in found["more.jsonl"]
    assert found["text_line.jsonl"] == "is new"
    assert found["sigma.jsonl"].startswith("the file cannot be read: line 1 is no JSON")


def test_a_link_is_not_followed(copy: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret", "utf-8")
    (copy / "sigma.jsonl").unlink()
    (copy / "sigma.jsonl").symlink_to(tmp_path / "secret")
    (difference,) = check(copy / "manifest.json").differences
    assert "secret" not in str(difference)
    assert difference.what == "the file is a link"


def test_another_version_of_the_generator_is_told_as_such(copy: Path) -> None:
    _edit(copy / "manifest.json", lambda one: one.update(harness="0.0.1"))
    found = check(copy / "manifest.json")
    assert found.status == "same"
    assert "only the version of the generator differs: made by 0.0.1" in found.notes[0]


def test_a_manifest_that_says_something_else(copy: Path) -> None:
    _edit(copy / "manifest.json", lambda one: one["files"]["text_line.jsonl"].update(records=3))
    (found,) = check(copy / "manifest.json").differences
    assert str(found) == "manifest.json: files.text_line.jsonl.records: 3 here, 21 now"


def test_a_rule_that_was_changed(copy: Path) -> None:
    path = copy.parents[1] / "rules" / "r" / "sigma.yml"
    path.write_text(path.read_text("utf-8").replace("4692", "4693"), "utf-8")
    found = [str(one) for one in check(copy / "manifest.json").differences]
    assert found[0] == "manifest.json, made_from.sha256: the rule was changed since"
    assert len(found) == 5


def test_a_rule_that_is_elsewhere(
    copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (rule,) = harness.load_rules(tmp_path / "rules")
    shutil.rmtree(tmp_path / "rules")
    found = check(copy / "manifest.json")
    assert [one.code for one in found.problems] == ["rule-not-found"]
    assert check(copy / "manifest.json", [rule]).status == "same"


def test_parquet_of_another_writer_is_the_same(copy: Path) -> None:
    (rule,) = harness.load_rules(copy.parents[1] / "rules")
    shutil.rmtree(copy)
    _written(copy, make(rule, Wanted(schemas=("logpoint",), format="parquet", mutations=False)))
    assert check(copy / "manifest.json").status == "same"
    pq.write_table(pq.read_table(copy / "logpoint.parquet"), copy / "logpoint.parquet")
    found = check(copy / "manifest.json")
    assert (found.status, len(found.notes)) == ("same", 1)
    assert "other bytes" in found.notes[0]
    rows = pq.read_table(copy / "logpoint.parquet").slice(1)
    pq.write_table(rows, copy / "logpoint.parquet")
    (difference, *_) = check(copy / "manifest.json").differences
    assert (difference.file, difference.place) == ("logpoint.parquet", "row 1")


BAD = {
    "no JSON": "{",
    "deep": "[" * 100_000,
    "a list": "[]",
    "no schema": "{}",
    "a schema that is a list": '{"schema": []}',
    "another schema": '{"schema": "harness/test/1"}',
    "nothing else": '{"schema": "harness/corpus/1"}',
    "bytes": b"\xff",
}


@pytest.mark.parametrize("text", BAD.values(), ids=list(BAD))
def test_bad_manifests(tmp_path: Path, text: str | bytes) -> None:
    path = tmp_path / "manifest.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    found = check(path)
    assert found.status == "unusable"
    assert all(one.place.startswith(str(path)) for one in found.problems)
    assert {one.code for one in found.problems} <= {"bad-manifest", "not-utf-8"}


@pytest.mark.parametrize(
    "change",
    [
        {"seed": -1},
        {"seed": "0"},
        {"format": "xlsx"},
        {"schemas": ["nope"]},
        {"schemas": [1]},
        {"schemas": ["elastic_defend"]},
        {"more": 1},
        {"made_from": {"path": "../..", "sha256": "0" * 64, "saved": 0}},
        {"made_from": {"path": "/etc", "sha256": "0" * 64, "saved": 0}},
        {"files": {"a": {}}},
        {"rule": "another"},
    ],
    ids=str,
)
def test_manifests_with_one_thing_wrong(copy: Path, change: dict[str, Any]) -> None:
    _edit(copy / "manifest.json", lambda one: one.update(change))
    found = check(copy / "manifest.json")
    assert found.status == "unusable"
    assert all(one.place for one in found.problems)


def test_no_corpus(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        manifests(tmp_path)
    assert [one.code for one in caught.value.diagnostics] == ["no-corpus"]


def test_data_sheet_says_what_the_files_hold() -> None:
    for name in RULES:
        sheet = (CORPORA / name / "README.md").read_text("utf-8")
        manifest = read_manifest(CORPORA / name / "manifest.json")
        for file, facts in manifest["files"].items():
            (row,) = [line for line in sheet.splitlines() if line.startswith(f"| `{file}`")]
            counts = [facts["labels"]["malicious"], facts["labels"]["benign"]]
            assert row.endswith("| " + " | ".join(map(str, counts)) + " |")
        assert f"harness generate rules/{name} --no-mutations --output FOLDER" in sheet
        assert "synthetic" in sheet
        assert len(sheet.splitlines()) < 150


def test_key_file_is_shipped() -> None:
    assert KEY_FILE.name in RULES
