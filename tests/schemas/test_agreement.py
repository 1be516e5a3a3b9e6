"""Whether a schema and documents agree, and that those of the package do with real ones."""

from __future__ import annotations

import ast
import gzip
import json
import re
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from harness import schemas
from harness.cli import _samples, run
from harness.report import _jsonschema
from harness.schemas import Agreements

SHARED = Path(__file__).parents[3] / "shared" / "vendors" / "samples"
FOLDERS = tomllib.loads((Path(__file__).parent / "agreement.toml").read_text("utf-8"))["folder"]

Case = dict[str, Any]


def _single(node: Any, path: str = "") -> Any:
    """Take the list of one off every leaf, but for the category, which is a list in an index."""
    if isinstance(node, dict):
        return {key: _single(one, key) for key, one in node.items()}
    alone = isinstance(node, list) and len(node) == 1 and path != "category"
    return node[0] if alone else node


def _documents(case: Case) -> Iterator[tuple[str, dict[str, Any]]]:
    for place, document in _samples.documents(SHARED / case["folder"], case.get("key")):
        yield place, _single(document) if case.get("lists") else document


@pytest.mark.parametrize("case", FOLDERS, ids=lambda one: f"{one['folder']}-{one.get('key', '')}")
def test_schemas_agree_with_real_documents(case: Case) -> None:
    if not SHARED.is_dir():
        pytest.skip("the shared vendor samples are not beside this checkout")
    found = schemas.agreements(schemas.built_in_shapes(case["schema"]), _documents(case))
    assert found.kinds
    told = {path for one in found.kinds for path, _ in one.disagreements}
    excuses: dict[str, str] = case.get("except", {})
    globs = {pattern.replace("[", "[[]"): pattern for pattern in excuses}
    excused = {path: [p for p in globs if fnmatchcase(path, p)] for path in told}
    assert [path for path, patterns in excused.items() if not patterns] == []
    used = {globs[one] for patterns in excused.values() for one in patterns}
    assert used == set(excuses), "an excuse that nothing needs any more"


SPLUNK = {
    "file.json": {"11": "file_event", "23": "file_delete"},
    "image_load.json": {"7": "image_load"},
    "network_dns.json": {"3": "network_connection", "22": "dns_query"},
    "process_start.json": {"1": "process_creation"},
    "registry_set.json": {"12": "registry_add", "13": "registry_set"},
}
NOT_OBSERVED = {
    "User": "Sysmon before 13.30",
    "ParentUser": "Sysmon before 13.30",
    "user": "Sysmon before 13.30",
    "dest": "the one look-up of a name shows none; every other event does",
    "registry_value_name": "the one event of a key shows none; the schema says when it is there",
}


@pytest.mark.parametrize("file", SPLUNK)
def test_splunk_shows_the_fields_that_the_schema_has(file: str) -> None:
    """Splunk's own list of the names that its add-on shows for a real event."""
    if not SHARED.is_dir():
        pytest.skip("the shared vendor samples are not beside this checkout")
    schema = schemas.get("splunk_wineventlog")
    for sample in json.loads((SHARED / "splunk_ta_windows" / file).read_text("utf-8")):
        found = re.search(r"<EventID>(\d+)<", sample["example_log"])
        assert found is not None
        kind = SPLUNK[file][found[1]]
        listed = sample["search_time_fields"]
        shown = set(ast.literal_eval(listed) if isinstance(listed, str) else listed)
        always = {
            path
            for path in schema.paths(kind)
            if not any(one.rule.when.alternatives for one in schema.fields_at(kind, path))
        }
        assert always - shown - {"_raw"} <= set(NOT_OBSERVED), kind


def test_every_schema_with_real_documents_is_here() -> None:
    """The others have none: each says so in its file or has texts only."""
    without = {"as_written", "sigma", "splunk_wineventlog", "text_line"}
    without |= {"crowdstrike_falcon", "sentinelone_deep_visibility"}
    without |= {"aws_cloudtrail", "azure_monitor", "github_audit_log", "google_cloud_logging"}
    without |= {"kubernetes_audit", "office365_management", "okta_system_log", "zeek_json"}
    assert {one["schema"] for one in FOLDERS} == set(schemas.names()) - without


OWN = """
name: own
title: A stream of somebody's own
store: none
shape: nested
languages: [sigma]
evidence: {E1: real documents}
versions: ["0"]
kinds:
  process_creation:
    fields:
      - {path: kind, const: start, source: [E1]}
      - {path: process.path, from: Image, source: [E1]}
      - {path: process.pid, json: number, from: ProcessId, source: [E1]}
      - {path: process.line, from: CommandLine, missing: it was too long, source: [E1]}
      - {path: process.user, json: [string], from: User, source: [E1]}
      - {path: process.sum, from: Hashes, missing: not computed, source: [E1]}
  dns_query:
    fields:
      - {path: kind, const: lookup, source: [E1]}
      - {path: name, from: QueryName, source: [E1]}
"""
GOOD = {"kind": "start", "process": {"path": "a", "pid": 1, "line": "a b", "user": ["u"]}}


@pytest.fixture
def own(tmp_path: Path) -> Path:
    (tmp_path / "own.yml").write_text(OWN, "utf-8")
    (tmp_path / "samples").mkdir()
    return tmp_path


def _check(own: Path, *documents: Any) -> Agreements:
    shapes = _samples.shapes_of(str(own / "own.yml"))
    return schemas.agreements(shapes, ((f"d{n}", one) for n, one in enumerate(documents, 1)))


def _with(**process: Any) -> dict[str, Any]:
    changed = {**GOOD["process"], **process}  # type: ignore[dict-item]
    return {**GOOD, "process": {key: one for key, one in changed.items() if one is not None}}


@pytest.mark.parametrize(
    ("document", "told"),
    [
        (GOOD, []),
        (_with(line=None), []),
        (_with(pid="1"), [("process.pid", "json-type")]),
        (_with(user="u"), [("process.user", "list-or-single")]),
        (_with(path=["a"]), [("process.path", "list-or-single")]),
        (_with(path=None), [("process.path", "path-absent")]),
        (_with(path={"a": 1}), [("process.path", "json-type")]),
    ],
)
def test_disagreements(own: Path, document: dict[str, Any], told: list[tuple[str, str]]) -> None:
    (found,) = _check(own, document).kinds
    assert list(found.disagreements) == told


def test_shares_types_and_what_was_never_seen(own: Path) -> None:
    more = {**GOOD, "agent": {"id": 1, "tags": ["a", "b"]}}
    (found,) = _check(own, GOOD, _with(line=None), more, _with(pid="x")).kinds
    assert found.documents == 4
    assert [(path, count) for path, count, _ in found.sometimes] == [("process.line", 1)]
    assert found.never_seen == ["process.sum"]
    seen = {path: (one.count, one.lists, dict(one.types)) for path, one in found.undeclared.items()}
    assert seen == {"agent.id": (1, 0, {"number": 1}), "agent.tags": (1, 1, {"string": 1})}
    (told,) = found.disagreements.values()
    assert (told.count, told.place) == (1, "d4")


def test_kinds_are_told_apart_by_their_constants(own: Path) -> None:
    lookup = {"kind": "lookup", "name": "a.example"}
    found = _check(own, GOOD, lookup, {"kind": "stop"}, {"other": 1})
    assert [(one.kind, one.documents) for one in found.kinds] == [
        ("dns_query", 1),
        ("process_creation", 1),
    ]
    assert [place for place, _ in found.unrecognised] == ["d3", "d4"]
    assert "kind is 'stop'" in found.unrecognised[0][1]
    assert "kind is absent" in found.unrecognised[1][1]


def test_the_fitting_version_is_taken() -> None:
    new, old = schemas.get("winlogbeat"), schemas.get("winlogbeat@7.0")
    example = new.kind("windows_security").example
    documents = [(one.label, one.render("windows_security", example)) for one in (new, old)]
    found = schemas.agreements(schemas.built_in_shapes("winlogbeat"), documents)
    assert {one.schema.label for one in found.kinds} == {new.label, old.label}
    assert found.disagreements == 0


def _call(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    code = run(["schemas", *map(str, arguments)])
    out = capsys.readouterr()
    assert "Traceback" not in out.err
    assert "internal error" not in out.err
    return code, out.out, out.err


def test_command(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Documents of all formats below a folder; text and JSON; the exit codes."""
    folder, file = own / "samples", own / "own.yml"
    (folder / "one.json").write_text(json.dumps(GOOD, indent=2), "utf-8")
    (folder / "wrapped.json").write_text(json.dumps([{"doc": GOOD}]), "utf-8")
    (folder / "lines.jsonl").write_text(f"{json.dumps(GOOD)}\n\n{json.dumps(GOOD)}\n", "utf-8")
    with gzip.open(folder / "packed.jsonl.gz", "wb") as packed:
        packed.write(json.dumps(GOOD).encode())
    pq.write_table(pa.Table.from_pylist([GOOD]), folder / "table.parquet")
    code, out, _ = _call(capsys, "--check", file, "--samples", folder)
    assert (code, out.splitlines()[0]) == (0, "process_creation in own: 6 documents")
    assert _call(capsys, "--check", file, "--samples", folder, "--strict")[0] == 0
    (folder / "more.jsonl").write_text(json.dumps({**_with(pid="1"), "x": 1}), "utf-8")
    code, out, _ = _call(capsys, "--check", file, "--samples", folder, "--format", "json")
    document = json.loads(out)
    _jsonschema.validator("schemas-check").validate(document)
    assert (code, document["disagreements"]) == (1, 1)
    code, out, _ = _call(capsys, "--check", file, "--samples", folder)
    assert "DISAGREES process.pid holds a string; the schema says a single number" in out
    assert "first " + str(folder / "more.jsonl") + ":1" in out
    (folder / "more.jsonl").write_text(json.dumps({**GOOD, "x": 1}), "utf-8")
    assert _call(capsys, "--check", file, "--samples", folder)[0] == 0
    assert _call(capsys, "--check", file, "--samples", folder, "--strict")[0] == 1


@pytest.mark.parametrize(
    ("text", "sample", "expected"),
    [
        ("kinds: [", "{}", "yaml"),
        ("name: 1", "{}", "invalid-schema"),
        (OWN.replace("Image", "Imige"), "{}", "invalid-schema"),
        (OWN.replace("process_creation", "nope"), "{}", "invalid-schema"),
        (OWN, "{", "not-json"),
        (OWN, "[1]", "not-json"),
        (OWN, "", "no-samples"),
        (OWN, '{"a": 1}', "no-kind"),
        (b"\xff", "{}", "not-utf-8"),
    ],
    ids=["yaml", "form", "value", "kind", "json", "number", "empty", "other", "bytes"],
)
def test_what_cannot_be_used(
    own: Path,
    capsys: pytest.CaptureFixture[str],
    text: str | bytes,
    sample: str,
    expected: str,
) -> None:
    (own / "own.yml").write_bytes(text if isinstance(text, bytes) else text.encode())
    (own / "samples" / "s.jsonl").write_text(sample, "utf-8")
    code, _, err = _call(capsys, "--check", own / "own.yml", "--samples", own / "samples")
    assert code == 2
    assert f"[{expected}]" in err


@pytest.mark.parametrize(
    "arguments",
    [
        ["--check", "sigma"],
        ["--strict"],
        ["--key", "a"],
        ["winlogbeat", "--check", "winlogbeat", "--samples", "."],
        ["--check", "no/such/file.yml", "--samples", "."],
        ["--check", "nope", "--samples", "."],
        ["--check", "winlogbeat", "--samples", "no/such/folder"],
        ["--check", "winlogbeat", "--kind", "nope", "--samples", "."],
    ],
    ids=" ".join,
)
def test_usage(
    arguments: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    code, _, err = _call(capsys, *arguments)
    assert code == 2
    assert err.strip()
