"""Converters: in process, in another environment, as a command; and what they may do wrong."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

import harness
from harness import conversion
from harness.cache import Cache
from harness.conversion import _process, pysigma
from harness.conversion.translate import Request, convert, translated
from harness.errors import InvalidInput
from harness.ruleset.model import Rule
from tests.support import selection, sigma

WORKER = """#!{python}
import json, os, sys
with open({log!r}, "a") as log:
    log.write("started\\n")
for line in sys.stdin:
    request = json.loads(line)
    if not request:
        answer = {{"versions": {{"pysigma": "9.9"}}}}
    else:
        with open({log!r}, "a") as log:
            log.write(request["backend"] + "\\n")
        if "crash" in request["rule"]:
            os._exit(3)
        if "noise" in request["rule"]:
            print("this is no answer", flush=True)
            continue
        if "slow" in request["rule"]:
            import time
            time.sleep(60)
        if "bad" in request["rule"]:
            answer = {{"error": "SigmaError", "reason": "it cannot"}}
        else:
            answer = {{"queries": ["a=1"]}}
    print(json.dumps(answer), flush=True)
"""


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    """Return a program that stands for the Python of an environment with a converter."""
    path = tmp_path / "python"
    text = WORKER.format(python=sys.executable, log=str(tmp_path / "log"))
    path.write_text(text, "utf-8")
    path.chmod(0o755)
    return path


def _target(environment: Path, **more: Any) -> conversion.Target:
    settings = {"backend": "fake", "environment": str(environment), **more}
    return conversion.Target(name="fake@sigma", language="spl", **settings)


def _log(environment: Path) -> list[str]:
    return (environment.parent / "log").read_text("utf-8").split()


def test_a_rule_is_converted_once(environment: Path, tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    target = _target(environment)
    for _ in range(3):
        assert convert("title: x", target, cache).queries == ("a=1",)
    assert convert("title: y", target, cache).queries == ("a=1",)
    other = _target(environment, pipelines=("p",))
    assert convert("title: x", other, cache).queries == ("a=1",)
    assert _log(environment).count("fake") == 3


def test_a_failure_is_remembered_with_its_reason(environment: Path, tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    for _ in range(2):
        found = convert("bad", _target(environment), cache)
        assert (found.error, found.reason) == ("SigmaError", "it cannot")
    assert _log(environment).count("fake") == 1


@pytest.mark.parametrize("text", ["crash", "noise"])
def test_a_converter_that_dies_is_started_again(
    environment: Path, tmp_path: Path, text: str
) -> None:
    cache = Cache(tmp_path / "cache")
    assert convert(text, _target(environment), cache).error == "converter-died"
    assert convert("title: x", _target(environment), cache).queries == ("a=1",)
    assert convert(text, _target(environment), cache).error == "converter-died"
    assert _log(environment).count("started") == 2


def test_a_converter_that_hangs_is_ended(environment: Path) -> None:
    worker = _process.Worker([str(environment), "script"])
    answer = worker.ask({"rule": "slow", "backend": "b", "pipelines": []}, timeout=0.5)
    assert answer["error"] == "converter-died"
    worker.close()


def test_an_environment_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="there is no Python environment"):
        pysigma.worker(str(tmp_path / "nowhere"))


def _command(*lines: str) -> conversion.Target:
    code = "import sys; rule = sys.stdin.read()\n" + "\n".join(lines)
    command = (sys.executable, "-c", code)
    return conversion.Target(name="c", language="spl", converter="command", command=command)


def test_a_command_reads_the_rule_and_prints_the_query() -> None:
    target = _command("print('title=' + rule.split(': ')[1])")
    assert convert("title: x", target, Cache(None)).queries == ("title=x",)


@pytest.mark.parametrize(
    ("lines", "error", "reason"),
    [
        (["print('no field X', file=sys.stderr); sys.exit(4)"], "converter-failed", "no field X"),
        (["sys.exit(4)"], "converter-failed", "exit code 4"),
        (["pass"], "no-query", "it printed nothing"),
        (["print('x' * 3_000_000)"], "too-large", "more than"),
    ],
)
def test_a_command_that_fails(lines: list[str], error: str, reason: str) -> None:
    found = convert("title: x", _command(*lines), Cache(None))
    assert found.error == error
    assert reason in found.reason


def test_a_command_that_is_not_there() -> None:
    target = conversion.Target(
        name="c", language="spl", converter="command", command=("/no/such/program",)
    )
    found = convert("title: x", target, Cache(None))
    assert (found.error, "cannot be run" in found.reason) == ("no-converter", True)


def test_a_converter_sees_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_TEST_SECRET", "s3cret")
    target = _command("import os; print(os.environ.get('HARNESS_TEST_SECRET', 'nothing'))")
    assert convert("title: x", target, Cache(None)).queries == ("nothing",)


def _rule(folder: Path, text: str) -> Rule:
    path = folder / "rule.yml"
    path.write_text(text, "utf-8")
    (rule,) = harness.load_rules(path)
    return rule


def _translated(rule: Rule, target: conversion.Target) -> Rule:
    return translated(rule, Request(choices=((target,),)), Cache(None))


def test_several_queries_of_one_rule_are_one_translation(tmp_path: Path) -> None:
    """An event fires if any of them returns it, and places are those in the joined text."""
    rule = _rule(tmp_path, selection(a=["x", "y"]))
    target = conversion.Target(name="two", language="spl", backend="b")
    found = conversion.Conversion(queries=("a=x", "a=y"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("harness.conversion.translate.convert", lambda *_: found)
        made = _translated(rule, target)
    (translation,) = made.translations
    assert translation.source.text == "a=x\na=y"
    document = harness.test([made])
    (result,) = document["results"]
    assert (result["tp"], result["fn"], result["fp"]) == (2, 0, 0)


def test_what_cannot_be_converted_is_a_finding(tmp_path: Path, environment: Path) -> None:
    made = _translated(_rule(tmp_path, selection(a="bad")), _target(environment))
    assert made.translations == ()
    document = harness.test([made])
    found = _finding(document, "not-convertible")
    assert found["severity"] == "error"
    assert found["message"] == "no translation was made: it cannot [SigmaError]"
    assert document["problems"] == []


def test_a_source_without_the_kind_is_a_note(tmp_path: Path, environment: Path) -> None:
    target = _target(environment, schema="winlogbeat")
    document = harness.test([_translated(_rule(tmp_path, selection(a="x")), target)])
    found = _finding(document, "not-convertible")
    assert found["severity"] == "note"
    assert "has no shape for event activities yet" in found["message"]


def test_a_kind_without_a_data_source_is_a_note(tmp_path: Path, environment: Path) -> None:
    rule = _rule(tmp_path, selection(a="x"))
    document = harness.test([_translated(rule, _target(environment))])
    found = _finding(document, "kind-without-schema")
    assert found["severity"] == "note"
    assert "events have Sigma's names" in found["message"]


def _finding(document: dict[str, Any], code: str) -> dict[str, Any]:
    (found,) = [one for one in document["rules"][0]["findings"] if one["code"] == code]
    return dict(found)


sigma_installed = pytest.mark.skipif(
    not conversion.pysigma_installed(), reason="pySigma is not installed"
)


@sigma_installed
def test_pysigma_in_process(tmp_path: Path) -> None:
    rule = _rule(tmp_path, selection(Image__endswith="\\cmd.exe"))
    assert harness.convert(rule, "splunk") == ['Image="*\\\\cmd.exe"']


@sigma_installed
def test_pysigma_in_another_environment_says_the_same() -> None:
    """This very Python stands for the other environment."""
    texts = [selection(Image__endswith="\\cmd.exe"), sigma({"selection": {"a|nope": 1}}), "]["]
    for backend in ("splunk", "no-such-backend"):
        here = conversion.Target(name="a", language="spl", backend=backend)
        there = conversion.Target(
            name="a", language="spl", backend=backend, environment=sys.executable
        )
        for text in texts:
            assert convert(text, here, Cache(None)) == convert(text, there, Cache(None))


@sigma_installed
def test_a_rule_that_pysigma_refuses(tmp_path: Path) -> None:
    rule = _rule(tmp_path, sigma({"selection": {"a|fieldref": "b"}}))
    with pytest.raises(InvalidInput, match="SigmaFeatureNotSupportedByBackendError"):
        harness.convert(rule, "lucene@sigma")


def test_answers_are_read_as_data() -> None:
    answer = json.loads('{"queries": ["a", "b"], "more": 1}')
    assert conversion._base.from_answer(answer).queries == ("a", "b")
