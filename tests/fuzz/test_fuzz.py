"""``harness fuzz``: planted disagreements are found, shrunk, saved, and replayed."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import harness
from harness import corpus, mutations
from harness.cli import run as command
from harness.documents.document import Document
from harness.fuzz import _clock, _space, rules, search
from harness.fuzz.rules import Skipped, fuzz
from harness.fuzz.search import Searched
from harness.report import _jsonschema
from harness.ruleset import regressions
from harness.run.plan import Plan
from tests.support import findings, rule_of, run, selection, write_rule

REFERENCE = selection(Image__endswith="\\ntdsutil.exe", CommandLine__contains="ifm")
EQUAL = r'process where process.executable : "*\\ntdsutil.exe" and process.command_line : "*ifm*"'
LOST = EQUAL.replace(r"\\ntds", r"\ntds")  # in EQL \n is a line feed
RARE = EQUAL + r' and not (process.parent.executable : "*\\sc.exe" and user.name : "bak*")'
VERSIONED = EQUAL + ' and host.os.type == "windows"'
FEW, MORE = 20, 150
"""Activities that are drawn where a few are enough, and to find what is rare."""

Json = dict[str, Any]


def planted(folder: Path, more: Json | None = None, **queries: str) -> Path:
    return write_rule(
        folder / "rule",
        reference=REFERENCE,
        translations={name: ("eql", query, ["winlogbeat"]) for name, query in queries.items()},
        kind="process_creation",
        **(more or {}),
    )


def searched(folder: Path, examples: int = FEW, seconds: float = 60.0) -> Searched:
    plan = Plan(rules=(rule_of(folder),), measure=False)
    (found,) = fuzz(plan, seconds=seconds, examples=examples)
    assert isinstance(found, Searched)
    return found


def codes(found: Searched) -> set[str]:
    return {one.group.code for one in found.found}


def draw_only(examples: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the command draw few activities."""
    monkeypatch.setattr(rules.fuzz, "__kwdefaults__", {"examples": examples, "cache": None})


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Json]]:
    """A rule of which disagreements are saved, and what was found by translation."""
    place = tmp_path_factory.mktemp("saved")
    folder = planted(place, equal=EQUAL, lost=LOST, rare=RARE)
    output = place / "found.json"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mutations, "names", tuple)
        draw_only(MORE, patch)
        started = time.monotonic()
        assert command(["fuzz", str(folder), "-q", "-o", str(output)]) == 1
        assert time.monotonic() - started < 10
    document = json.loads(output.read_text("utf-8"))
    _jsonschema.validator("fuzz").validate(document)
    return folder, {one["translation"]: one for one in document["translations"]}


@pytest.fixture
def unmutated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out what takes most of the time where it is not what a test is about."""
    monkeypatch.setattr(mutations, "names", tuple)


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob("corpora/regressions/*/*.json"))


def test_equal_translation_has_no_disagreement(saved: tuple[Path, dict[str, Json]]) -> None:
    found = saved[1]["equal"]
    assert found["disagreements"] == []
    assert (found["status"], found["examples"]) == ("searched", MORE)


def test_lost_escape(saved: tuple[Path, dict[str, Json]]) -> None:
    found = {one["code"]: one for one in saved[1]["lost"]["disagreements"]}
    missed = found["missed-malicious"]
    assert missed["tests"] == [r'process.executable : "*\ntdsutil.exe"']
    assert missed["also_in_test"]
    assert {*missed["activity"]["values"]} == {"Image", "CommandLine", "Computer", "Timestamp"}
    # what only the translation's own text suggests: a line feed in a path
    assert found["false-alarm"]["activity"]["values"]["Image"].endswith("\ntdsutil.exe")
    assert not found["false-alarm"]["also_in_test"]


def test_two_tests_that_must_coincide(saved: tuple[Path, dict[str, Json]]) -> None:
    (one,) = saved[1]["rare"]["disagreements"]
    assert not one["also_in_test"]
    assert one["tests"] == [r'process.parent.executable : "*\\sc.exe"', 'user.name : "bak*"']
    # shrunk to what the two queries read, and what every activity of the kind has
    read = {"Image", "CommandLine", "ParentImage", "User"}
    assert {*one["activity"]["values"]} == {*read, "Computer", "Timestamp"}
    steps = {step["text"]: step["outcome"] for step in one["translation"]["steps"]}
    assert steps['user.name : "bak*"'] == "true"
    assert {step["outcome"] for step in one["reference"]["steps"]} == {"true"}
    assert one["saved"] in map(str, files(saved[0]))
    assert one["replay"].startswith("harness test ")


@pytest.mark.usefixtures("unmutated")
def test_what_was_saved_is_replayed(saved: tuple[Path, dict[str, Json]], tmp_path: Path) -> None:
    (one,) = saved[1]["rare"]["disagreements"]
    content = json.loads(Path(one["saved"]).read_text("utf-8"))
    assert content["values"] == one["activity"]["values"]
    assert content["provenance"] == {
        "harness": content["provenance"]["harness"],
        "seed": 0,
        "code": "missed-malicious",
        "mutation": None,
        "translation": "rare",
        "language": "eql",
        "schema": "winlogbeat@8.9",
    }
    planted(tmp_path, rare=RARE)
    placed(tmp_path / "rule", saved[0], json.dumps(content))
    (found,) = findings(run(tmp_path), "missed-malicious")
    assert (found["family"], found["count"]) == ("regression", 1)
    assert found["witness"]["document"]["user"]["name"].startswith("bak")


def placed(folder: Path, like: Path, text: str) -> Path:
    """Save a text where activities of a rule are saved."""
    place = folder / files(like)[0].relative_to(like)
    place.parent.mkdir(parents=True)
    place.write_text(text, "utf-8")
    return place


def test_label_of_a_saved_activity_is_made_anew(
    saved: tuple[Path, dict[str, Json]], tmp_path: Path
) -> None:
    content = json.loads(files(saved[0])[0].read_text("utf-8"))
    content["values"]["Image"] = "C:\\other.exe"
    folder = planted(tmp_path, equal=EQUAL)
    placed(folder, saved[0], json.dumps(content))
    one, *changed = replayed(folder)
    assert {"list-wrap", "value-case"} <= {other.mutation for other in changed}
    assert one.label == "benign"
    assert one.sample.because == r"Image is 'C:\\other.exe'"
    assert one.sample.atom is not None


def replayed(folder: Path) -> list[Document]:
    documents = corpus(rule_of(folder), "sigma")
    return [one for one in documents if one.sample.family == "regression"]


BAD: dict[str, Callable[[Json], object]] = {
    "no object": lambda _: [],
    "no values": lambda one: {key: one[key] for key in one if key != "values"},
    "another rule": lambda one: {**one, "rule": "x"},
    "another kind": lambda one: {**one, "kind": "dns_query"},
    "a nested value": lambda one: {**one, "values": {"Image": {"a": 1}}},
    "a nested list": lambda one: {**one, "values": {"Image": [[1]]}},
    "values no object": lambda one: {**one, "values": [1]},
    "an unknown key": lambda one: {**one, "more": 1},
    "another version": lambda one: {**one, "schema": "harness/regression/9"},
}
NO_JSON = ["{", "\x00", '{"schema": NaN}', "[" * 5000, " " * 70_000]


@pytest.mark.parametrize("bad", [*BAD, *NO_JSON], ids=lambda text: text[:16])
def test_bad_saved_files_are_problems_with_a_place(
    saved: tuple[Path, dict[str, Json]],
    tmp_path: Path,
    bad: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    good = json.loads(files(saved[0])[0].read_text("utf-8"))
    text = json.dumps(BAD[bad](good)) if bad in BAD else bad
    place = placed(planted(tmp_path, equal=EQUAL), saved[0], text)
    assert command(["explain", str(tmp_path), "-"]) == 2
    out = capsys.readouterr().err
    assert place.name in out
    assert "[bad-regression]" in out or "[too-large]" in out


def test_names_of_folders_stay_inside() -> None:
    names = [
        regressions.folder_name(key) for key in ("../../x", "a/b", "", ".", "x" * 300, "a b", "a-b")
    ]
    assert len(set(names)) == len(names)
    assert not [name for name in names if "/" in name or name.startswith(".") or len(name) > 100]
    assert names[-1] == "a-b"


def test_saved_files_lie_at_the_top_of_the_work_tree_and_are_no_rules(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    folder = planted(tmp_path / "rules", rare=RARE)
    rule = rule_of(folder)
    place = regressions.folder_of(rule) / "one.json"
    assert place.is_relative_to(tmp_path.resolve() / "corpora" / "regressions")
    place.parent.mkdir(parents=True)
    place.write_text(regressions.text_of(rule, {"Image": "x"}, {}), "utf-8")
    (again,) = harness.load_rules(tmp_path)
    assert [one.name for one in again.regressions] == ["one"]


@pytest.mark.skipif(shutil.which("git") is None, reason="there is no git here")
def test_a_gate_runs_both_states_on_what_is_saved_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = planted(tmp_path, rare=RARE)
    author = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    for words in (["init", "-q"], ["add", "-A"], [*author, "commit", "-q", "-m", "one"]):
        subprocess.run(["git", *words], check=True, cwd=tmp_path)  # noqa: S603, S607 - tests
    rule = rule_of(folder)
    place = regressions.folder_of(rule) / "one.json"
    place.parent.mkdir(parents=True)
    place.write_text(regressions.text_of(rule, {"Image": "x"}, {}), "utf-8")
    monkeypatch.chdir(tmp_path)
    assert command(["gate", "rule", "--base", "HEAD", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["rules"] == []  # no rule has changed


@pytest.mark.usefixtures("unmutated")
def test_what_the_owner_accepts_is_not_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search._Hunt, "_in_test", lambda _: [])
    known = [{"code": "missed-malicious", "reason": "accepted by its owner"}]
    assert codes(searched(planted(tmp_path, lost=LOST), MORE)) == {
        "missed-malicious",
        "false-alarm",
    }
    found = searched(planted(tmp_path, {"known": known}, lost=LOST), MORE)
    assert (found.excused, codes(found)) == (("missed-malicious",), {"false-alarm"})
    found = searched(planted(tmp_path, {"promises": {"precision": 0.5}}, equal=EQUAL), 1)
    assert found.excused == ("false-alarm",)


def test_a_promised_mutation_is_judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = planted(tmp_path, {"promises": {"robust": ["renamed-keys"]}}, versioned=VERSIONED)
    monkeypatch.setattr(search, "UNCHANGED", 1)
    monkeypatch.setattr(mutations, "names", lambda: ("list-wrap", "renamed-keys"))
    assert not searched(folder, 40).found  # harness test tells of it
    monkeypatch.setattr(search._Hunt, "_in_test", lambda _: [])
    found = searched(folder, 40)
    assert codes(found) == {"version-missed"}
    assert {one.mutation for one in found.found} == {"renamed-keys"}
    folder = planted(tmp_path, versioned=VERSIONED)
    assert not searched(folder, 40).found  # nothing is promised


@pytest.mark.usefixtures("unmutated")
def test_what_cannot_be_read_is_skipped_by_name(tmp_path: Path) -> None:
    folder = planted(tmp_path, broken="process where (")
    (skipped,) = fuzz(Plan(rules=(rule_of(folder),), measure=False), seconds=5)
    assert isinstance(skipped, Skipped)
    assert (skipped.translation, skipped.status) == ("broken", "rejected")


@pytest.mark.usefixtures("unmutated")
def test_time_holds_within_one_slow_example(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search._Hunt, "_group", lambda *_: time.sleep(30))
    monkeypatch.setattr(_clock, "_GRACE", 0.0)
    started = time.monotonic()
    found = searched(planted(tmp_path, equal=EQUAL), seconds=0.25)
    assert time.monotonic() - started < 3
    assert found.out_of_time


def test_the_clock_gives_back_the_alarm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_clock, "_GRACE", 0.0)
    with pytest.raises(_clock.TimeIsOver), _clock.limit(0.01):
        time.sleep(5)
    time.sleep(0.07)  # no alarm is left


@pytest.mark.usefixtures("unmutated")
def test_an_alarm_while_an_event_is_drawn_ends_the_search(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, count = _space._change, iter(range(10**6))

    def slow(*arguments: Any) -> Any:
        if next(count) > 5:
            time.sleep(30)
        return real(*arguments)

    monkeypatch.setattr(_space, "_change", slow)
    monkeypatch.setattr(_clock, "_GRACE", 0.0)
    found = searched(planted(tmp_path, equal=EQUAL), examples=MORE, seconds=0.25)
    assert found.out_of_time
    assert found.examples


@pytest.mark.usefixtures("unmutated")
def test_an_interrupt_leaves_what_was_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real = search._Hunt._add

    def add(*arguments: Any) -> None:
        real(*arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(search._Hunt, "_add", add)
    folder = planted(tmp_path, lost=LOST)
    assert command(["fuzz", str(folder), "-q"]) == 2
    out = capsys.readouterr().out
    assert "missed-malicious: " in out
    assert "interrupted" in out
    assert len(files(folder)) == 1


@pytest.mark.usefixtures("unmutated")
def test_same_seed_same_bytes_and_nothing_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    draw_only(3, monkeypatch)
    folder = planted(tmp_path, lost=LOST)
    texts = []
    for _ in range(2):
        assert command(["fuzz", str(folder), "--no-save", "--format", "json"]) == 1
        texts.append(capsys.readouterr().out)
    assert texts[0] == texts[1]
    assert not files(folder)


@pytest.mark.usefixtures("unmutated")
def test_exit_codes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    draw_only(1, monkeypatch)
    folder = planted(tmp_path, equal=EQUAL)
    assert command(["fuzz", str(folder), "-q"]) == 0
    assert "no disagreement" in capsys.readouterr().out
    assert command(["fuzz", str(folder), "--language", "spl"]) == 2
    assert command(["fuzz", str(folder), "-o", "x.html"]) == 2
    assert command(["fuzz", str(tmp_path / "none")]) == 2
