"""Every ``--format json`` prints what its JSON Schema says."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest
from jsonschema import Draft202012Validator

from harness.cli import cli, run
from harness.ir.values import Case
from harness.report import _jsonschema
from tests.scan.support import process, write_events, write_sigma

RULE = Path(__file__).parents[2] / "rules" / "dpapi_domain_backup_key_file"
SAME_DOCUMENT = {"report": "test"}
"""Commands that print the document of another one."""

Print = Callable[..., dict[str, Any]]


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str]) -> Print:
    """A function that runs a command in this process and returns its JSON output."""

    def call(*arguments: str | Path) -> dict[str, Any]:
        code = run([str(one) for one in arguments])
        out = capsys.readouterr()
        assert code in {0, 1}, out.err
        document: dict[str, Any] = json.loads(out.out)
        return document

    return call


def _json_commands() -> list[str]:
    context = click.Context(cli)
    found = []
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        assert command is not None
        choices = [
            option.type.choices
            for option in command.params
            if option.name == "form" and isinstance(option.type, click.Choice)
        ]
        if any("json" in listed for listed in choices):
            found.append(name)
    return found


@pytest.mark.parametrize("command", _json_commands())
def test_every_command_has_a_schema(command: str) -> None:
    name = SAME_DOCUMENT.get(command, command)
    assert name in _jsonschema.names(), (
        f"harness {command} prints JSON: write harness/report/{name}.schema.json and a test here"
    )


@pytest.mark.parametrize("name", _jsonschema.names())
def test_the_schemas_are_schemas_and_strict(name: str) -> None:
    schema = _jsonschema.validator(name).schema
    Draft202012Validator.check_schema(schema)
    assert isinstance(schema, dict)
    assert schema["properties"]["schema"] == {"const": f"harness/{name}/1"}
    _is_strict(schema, name)


def _is_strict(node: Any, path: str) -> None:
    """Each object that lists its properties allows no others."""
    if isinstance(node, list):
        for item in node:
            _is_strict(item, path)
    elif isinstance(node, dict):
        if "properties" in node and not path.endswith("/open_finding"):
            closed = {node.get("additionalProperties"), node.get("unevaluatedProperties")}
            assert False in closed, path
            assert set(node["required"]) == set(node["properties"]) or "$ref" in node, path
        for key, item in node.items():
            _is_strict(item, f"{path}/{key}")


def test_test(printed: Print) -> None:
    document = printed("test", RULE, "--no-measure", "--format", "json")
    _jsonschema.validator("test").validate(document)
    assert document["results"]


def test_test_with_problems(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "harness.yml").write_text("reference: 1\n", encoding="utf-8")
    assert run(["test", str(tmp_path), "--format", "json"]) == 2
    document = json.loads(capsys.readouterr().out)
    _jsonschema.validator("test").validate(document)
    assert document["problems"]


def test_report(printed: Print) -> None:
    _jsonschema.validator("test").validate(printed("report", RULE, "--format", "json"))


def test_explain(printed: Print, tmp_path: Path) -> None:
    event = tmp_path / "event.json"
    event.write_text('{"event": {"category": ["file"]}, "file": {"name": "a.pvk"}}')
    document = printed("explain", RULE, event, "--format", "json")
    _jsonschema.validator("explain").validate(document)
    assert document["explanations"][0]["parts"]


def test_scan(printed: Print, tmp_path: Path) -> None:
    events = [process("bad.exe", "x"), {"some": "thing"}]
    path = write_events(tmp_path / "e.jsonl", events)
    with path.open("a") as file:
        file.write("no event\n")
    expect = tmp_path / "expect.txt"
    expect.write_text("expect: [{rule: bad, exactly: 2}]")
    rule = write_sigma(tmp_path, "bad", {"product": "windows"}, {"selection": {"Image": "bad.exe"}})
    document = printed("scan", rule, path, "--expect", expect, "--no-cache", "--format", "json")
    _jsonschema.validator("scan").validate(document)
    assert document["files"][0]["troubles"]
    assert document["rules"][0]["first"]
    assert document["expectations"]


def test_fuzz(printed: Print) -> None:
    document = printed(
        "fuzz", RULE, "--schema", "endgame", "--seconds", "0.2", "--no-save", "--format", "json"
    )
    _jsonschema.validator("fuzz").validate(document)
    assert document["translations"]


def test_languages(printed: Print) -> None:
    document = printed("languages", "--format", "json")
    _jsonschema.validator("languages").validate(document)
    assert len(document["languages"]) > 1
    _jsonschema.validator("languages").validate(printed("languages", "eql", "--format", "json"))


def test_schemas(printed: Print) -> None:
    document = printed("schemas", "--format", "json")
    _jsonschema.validator("schemas").validate(document)
    assert len(document["schemas"]) > 1


def test_letter_case_words_are_those_of_the_semantics() -> None:
    schema = _jsonschema.validator("languages").schema
    assert isinstance(schema, dict)
    listed = schema["$defs"]["operator"]["properties"]["case"]["enum"]
    assert listed == [one.value for one in Case]


@pytest.mark.skipif(shutil.which("git") is None, reason="there is no git here")
def test_gate(printed: Print, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "rules" / "one"
    shutil.copytree(RULE, folder)
    for command in (
        ["init", "-q", "-b", "main"],
        ["add", "-A"],
        ["-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-q", "-m", "one"],
    ):
        subprocess.run(["git", *command], check=True, cwd=tmp_path)  # noqa: S603, S607 - tests
    query = folder / "elastic.toml"
    text = query.read_text(encoding="utf-8").replace('"ntds_capi_*.pfx", ', "")
    query.write_text(text, encoding="utf-8")
    document = printed("gate", "rules", "--base", "main", "--format", "json")
    _jsonschema.validator("gate").validate(document)
    assert document["rules"]
    assert document["new"] or document["fixed"] or document["unchanged"]
