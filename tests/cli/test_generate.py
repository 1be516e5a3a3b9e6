"""``harness generate``: what is printed and saved, and what ``--check`` tells."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from harness.cli import _common
from harness.corpora import formats
from harness.report import _jsonschema
from tests.cli.support import Run, rule
from tests.support import MASTER_KEY

SCHEMA = Path(_common.__file__).parents[1] / "corpora" / "corpus.schema.json"


def _made(run: Run, folder: Path, *more: str) -> Path:
    answer = run("generate", MASTER_KEY, "--schema", "text_line", "-o", folder, *more)
    assert (answer.code, answer.out, answer.err) == (0, "", "")
    return folder


def test_lines_are_printed(run: Run) -> None:
    answer = run("generate", MASTER_KEY, "--schema", "text_line", "--no-mutations")
    assert answer.code == 0
    assert {json.loads(line)["label"] for line in answer.out.splitlines()} == {
        "benign",
        "malicious",
    }


@pytest.mark.parametrize("form", formats.names())
def test_the_manifest_is_as_its_schema_says(run: Run, tmp_path: Path, form: str) -> None:
    schema = [] if form == "evtx-xml" else ["--schema", "logpoint"]
    answer = run("generate", MASTER_KEY, *schema, "--format", form, "-o", tmp_path)
    assert answer.code == 0
    manifest = json.loads((tmp_path / "manifest.json").read_text("utf-8"))
    Draft202012Validator(json.loads(SCHEMA.read_text("utf-8"))).validate(manifest)
    ((name, facts),) = manifest["files"].items()
    beside = facts["beside"]["name"] if facts["beside"] else None
    assert {one.name for one in tmp_path.iterdir()} == {
        "README.md",
        "manifest.json",
        name,
        *([beside] if beside else []),
    }
    assert facts["records"] == sum(facts["labels"].values()) > 100
    assert run("generate", MASTER_KEY, "--check", tmp_path).code == 0


@pytest.mark.parametrize("form", ["evtx-xml", "text", "parquet"])
def test_what_cannot_be_printed(run: Run, form: str) -> None:
    answer = run("generate", MASTER_KEY, "--format", form)
    assert (answer.code, answer.codes()) == (2, ["not-printable"])
    assert "hint: name a folder" in answer.err


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        [str(MASTER_KEY), str(MASTER_KEY)],
        [str(MASTER_KEY), "--format", "xlsx"],
        [str(MASTER_KEY), "--format", "json"],
        ["--check", "--format", "parquet"],
        [str(MASTER_KEY), "--format", "evtx-xml", "--schema", "graylog", "-o", "x"],
        [str(MASTER_KEY), "--schema", "elastic_defend"],
        ["--check", "no/such/folder"],
        ["no/such/rule", "--check"],
    ],
    ids=" ".join,
)
def test_usage(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    answer = run("generate", *arguments)
    assert answer.code == 2
    assert answer.said.strip()
    assert list(tmp_path.iterdir()) == []


def test_check_tells_text_and_json(run: Run, tmp_path: Path) -> None:
    folder = _made(run, tmp_path / "corpora" / "c", "--no-mutations")
    path = folder / "text_line.jsonl"
    text = path.read_text("utf-8")
    path.write_text(text.replace('"label": "malicious"', '"label": "benign"', 1), "utf-8")
    answer = run("generate", MASTER_KEY, "--check", tmp_path)
    assert answer.code == 1
    assert 'text_line.jsonl, line 1: label: "benign" here, "malicious" now' in answer.out
    answer = run("generate", MASTER_KEY, "--check", tmp_path, "--format", "json")
    document = json.loads(answer.out)
    _jsonschema.validator("generate").validate(document)
    assert (answer.code, document["summary"]["differs"]) == (1, 1)
    (folder / "manifest.json").write_text("{", "utf-8")
    answer = run("generate", MASTER_KEY, "--check", tmp_path, "--format", "json")
    _jsonschema.validator("generate").validate(json.loads(answer.out))
    assert (answer.code, answer.places()) == (2, [(1, 2)])


def test_check_alone_looks_into_corpora(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = rule(tmp_path / "rules" / "one")
    assert run("generate", folder, "-o", tmp_path / "corpora" / "one").code == 0
    answer = run("generate", "--check")
    assert answer.code == 0, answer.said
    assert "as committed" in answer.out


def test_an_interrupt_leaves_no_half_of_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    path.write_text("before", "utf-8")

    def interrupted(self: Path, data: bytes) -> int:
        with self.open("wb") as file:
            file.write(data[:3])
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "write_bytes", interrupted)
    with pytest.raises(KeyboardInterrupt):
        _common.write(path, "afterwards")
    assert [one.name for one in tmp_path.iterdir()] == ["file"]
    assert path.read_text("utf-8") == "before"


def test_a_file_keeps_its_mode_and_its_links(tmp_path: Path) -> None:
    path, link = tmp_path / "file", tmp_path / "link"
    path.write_text("before", "utf-8")
    path.chmod(0o640)
    link.symlink_to(path)
    _common.write(link, "after")
    assert (link.is_symlink(), path.read_text("utf-8")) == (True, "after")
    assert path.stat().st_mode & 0o777 == 0o640
    _common.write(Path(os.devnull), "nothing")
    assert not Path(os.devnull).is_file()
