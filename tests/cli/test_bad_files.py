"""Files, folders and queries that cannot be used: exit code 2, with a place and a hint."""

from __future__ import annotations

import errno
import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from harness.ruleset.files import MAX_BYTES
from tests.cli.support import GOOD, Run, rule
from tests.support import KEY_FILE, change, copy_rule, selection

# files and folders


def test_paths_that_hold_no_rule(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file.yml").mkdir()
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "manifest").mkdir()
    (tmp_path / "manifest" / "harness.yml").mkdir()
    os.mkfifo(tmp_path / "pipe")
    names = ["nothing", "empty", "file.yml", "loop", "manifest", "pipe", "x" * 5000]
    answer = run("test", *(tmp_path / name for name in names))
    assert answer.code == 2
    assert answer.codes() == ["no-such-file"] * 3 + ["no-rules"] * 4
    assert "docs/rules.md" in answer.said


@pytest.mark.parametrize("what", ["folder", "pipe", "loop"])
def test_a_query_that_is_no_file(run: Run, tmp_path: Path, what: str) -> None:
    folder = rule(tmp_path / "r")
    (folder / "t.txt").unlink()
    if what == "folder":
        (folder / "t.txt").mkdir()
    elif what == "pipe":
        os.mkfifo(folder / "t.txt")
    else:
        (folder / "t.txt").symlink_to("t.txt")
    answer = run("test", folder)
    assert answer.code == 2
    assert answer.codes()[0] in {"not-a-file", "no-such-file", "unreadable"}


def test_a_loop_of_folders_is_not_followed(run: Run, tmp_path: Path) -> None:
    folder = rule(tmp_path / "r")
    (folder / "below").mkdir()
    (folder / "below" / "up").symlink_to("..")
    answer = run("test", folder, "--no-measure", "--format", "json")
    assert (answer.code, json.loads(answer.out)["summary"]["rules"]) == (0, 1)


def test_a_file_that_may_not_be_read(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Simulated: root may read everything."""
    folder = rule(tmp_path / "r")
    opened = Path.open

    def denied(path: Path, *arguments: Any, **more: Any) -> Any:
        if path.name == "t.txt":
            raise PermissionError(errno.EACCES, "Permission denied")
        return opened(path, *arguments, **more)

    monkeypatch.setattr(Path, "open", denied)
    answer = run("test", folder)
    assert (answer.code, answer.codes()) == (2, ["unreadable"])
    assert "the file cannot be read: Permission denied" in answer.said


@pytest.mark.parametrize("data", [b"a: \xff", b"#" * (MAX_BYTES + 1)], ids=["bytes", "size"])
def test_a_query_file_that_cannot_be_read(run: Run, tmp_path: Path, data: bytes) -> None:
    answer = run("test", rule(tmp_path / "r", query=data))
    assert answer.code == 2
    assert str(tmp_path / "r" / "t.txt") in answer.said


@pytest.mark.parametrize(
    ("query", "language", "code"),
    [
        ("a:(b", "lucene", "invalid-query"),
        ("a:1 OR " * 20_000 + "a:1", "lucene", "invalid-query"),
        ("(" * 50_000, "lucene", "invalid-query"),
        ("x" * 1_900_000, "lucene", "invalid-query"),
        (selection(SubjectUserName__re="("), "sigma", "invalid-query"),
        ("", "sigma", "invalid-query"),
        ('{"trigger": [1,}', "watcher", "invalid-query"),
        ("[" * 100_000, "watcher", "invalid-query"),
        ("[1]", "watcher", "invalid-query"),
        ("", "watcher", "invalid-query"),
    ],
    ids=[
        "unclosed",
        "long",
        "deep",
        "long word",
        "broken pattern",
        "no rule",
        "broken watch",
        "deep watch",
        "no watch",
        "empty watch",
    ],
)
def test_a_query_that_its_language_rejects_is_a_finding(
    run: Run, tmp_path: Path, query: str, language: str, code: str
) -> None:
    folder = rule(tmp_path / "r", query=query, language=language)
    answer = run("test", folder, "--format", "json")
    (result,) = json.loads(answer.out)["results"]
    (found,) = result["findings"]
    assert (answer.code, found["code"], result["status"]) == (1, code, "error")
    assert re.fullmatch(rf"{re.escape(str(folder / 't.txt'))}:\d+:\d+", found["place"])
    assert "^" in found["excerpt"]
    assert len(found["excerpt"]) < 300
    assert run("test", folder, "-q").said


@pytest.mark.parametrize(
    ("reference", "place"),
    [
        (selection(SubjectUserName__re="("), 7),
        (GOOD.replace("condition: selection", "condition: selection and"), 8),
        (GOOD.replace("condition: selection", "condition: nothing"), 8),
        (GOOD.replace("4692", "9" * 5000), 7),
        (GOOD.replace("4692", "0x" + "F" * 5000), 7),
        (GOOD.replace("EventID: 4692", "EventID|nosuch: 4692"), 7),
        ("[1, 2]", 1),
        ("", None),
    ],
    ids=["pattern", "syntax", "name", "number", "hexadecimal", "modifier", "a list", "empty"],
)
def test_a_reference_that_cannot_be_read_next_to_a_good_rule(
    run: Run, tmp_path: Path, reference: str, place: int | None
) -> None:
    broken, good = rule(tmp_path / "broken"), rule(tmp_path / "good")
    (broken / "sigma.yml").write_text(reference, "utf-8")
    answer = run("test", tmp_path, "--format", "json", "--no-measure")
    document = json.loads(answer.out)
    assert answer.code == 2
    assert {one["place"].split(":")[0] for one in document["problems"]} == {
        str(broken / "sigma.yml")
    }
    if place is not None:
        assert int(document["problems"][0]["place"].split(":")[1]) == place
        assert "^" in document["problems"][0]["excerpt"]
    results = [(one["translation"], one["status"]) for one in document["results"]]
    assert results == [("t", "pass")], "the good rule is run and its results are kept"
    assert run("test", good, "--no-measure").code == 0


def test_an_option_that_a_language_does_not_take(run: Run, tmp_path: Path) -> None:
    """Found only when the query is read; the rest of the run goes on."""
    options = {"default_operator": [1]}
    broken = rule(tmp_path / "broken", query="a:1", language="lucene")
    data = yaml.safe_load((broken / "harness.yml").read_text("utf-8"))
    data["translations"][0]["options"] = options
    (broken / "harness.yml").write_text(yaml.safe_dump(data), "utf-8")
    rule(tmp_path / "good")
    answer = run("test", tmp_path, "--format", "json", "--no-measure")
    document = json.loads(answer.out)
    (problem,) = document["problems"]
    assert (answer.code, problem["code"]) == (2, "bad-option")
    assert problem["place"] == str(broken / "harness.yml")
    assert [one["status"] for one in document["results"]] == ["pass"]


@pytest.mark.parametrize(
    ("before", "after", "codes"),
    [
        ('severity = "high"', 'severity = "high', ["toml"]),
        ("[rule]", "[rules]", ["no-query"]),
        ("query = '''", "querry = '''", ["no-query"]),
        ("[rule]", "[rule]\n[rule]", ["toml"]),
        ("risk_score = 73", "risk_score = " + "[" * 3000, ["toml"]),
    ],
    ids=["unclosed text", "no rule", "no query", "twice", "deep"],
)
def test_broken_toml(run: Run, tmp_path: Path, before: str, after: str, codes: list[str]) -> None:
    folder = copy_rule(KEY_FILE, tmp_path / "r", "eql")
    change(folder / "elastic.toml", before, after)
    answer = run("test", folder)
    assert (answer.code, answer.codes()) == (2, codes)
    assert str(folder / "elastic.toml") in answer.said
    assert ("^" in answer.said) is (codes == ["toml"])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('author = ["Elastic"]', "author = 5"),
        ('from = "now-9m"', "from = 9"),
        ("max_signals = 100", 'max_signals = "many"'),
        ("risk_score = 73", "risk_score = true"),
        ("[[rule.threat]]", 'threat = ["x"]\n[[rule.other]]'),
        ("[[rule.threat.technique.subtechnique]]", "[rule.threat.technique.subtechnique]"),
        ("[rule.threat.tactic]", "[[rule.threat.tactic]]"),
    ],
    ids=["author", "from", "alerts", "score", "threat", "subtechnique", "tactic"],
)
def test_toml_of_another_shape(run: Run, tmp_path: Path, before: str, after: str) -> None:
    folder = copy_rule(KEY_FILE, tmp_path / "r", "eql")
    text = (folder / "elastic.toml").read_text("utf-8")
    if "threat = [" in after:
        text = text[: text.index("[[rule.threat.technique]]")]
    (folder / "elastic.toml").write_text(text, "utf-8")
    change(folder / "elastic.toml", before, after)
    answer = run("test", folder, "--no-measure", "-q", "--schema", "elastic_defend")
    assert answer.code in {0, 1}
    assert answer.said
