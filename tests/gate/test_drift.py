"""What another version of a converter changes, with a tiny package in the place of pySigma."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from harness import cli
from harness.gate import drift
from harness.gate.drift import task
from harness.report import _jsonschema
from tests.conversion.environments import environment

Json = dict[str, Any]

RULE = """title: {title}
id: 39a94fd1-8c9a-4ff6-bf22-{number:012d}
logsource: {{category: test}}
detection:
  selection: {{EventID: 4692}}
  filter: {{SubjectUserName: backupsvc}}
  condition: selection and not filter
level: high
"""
TARGETS = """[[target]]
name = "fake@sigma"
language = "sqlite"
backend = "fake"
"""
FROM = "SELECT * FROM logs WHERE"
GOOD = f"{FROM} EventID=4692 AND NOT COALESCE(SubjectUserName='backupsvc', 0)"
NULLS = f"{FROM} EventID=4692 AND NOT SubjectUserName='backupsvc'"
WIDE = f"{FROM} EventID=4692"
SPACED = f"{FROM}  EventID = 4692 AND (NOT COALESCE(SubjectUserName = 'backupsvc', 0))"
SWAPPED = f"{FROM} NOT COALESCE(SubjectUserName='backupsvc', 0) AND EventID=4692"
BROKEN = "SELECT * FROM <TABLE> WHERE EventID=4692"
OPEN = f"{WIDE} AND rowid IN (SELECT rowid FROM logs)"  # noqa: S608 - nothing runs it


class Bench:
    """Rules on disk, and the gate on two environments that convert them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.code = -1
        self.document: Json = {}
        self.err = ""
        self._made: dict[str, Path] = {}
        (root / "targets.toml").write_text(TARGETS, "utf-8")
        (root / "rules").mkdir()

    def rules(self, *titles: str) -> None:
        for number, title in enumerate(titles):
            path = self.root / "rules" / f"{number:03d}.yml"
            path.write_text(RULE.format(title=title, number=number), "utf-8")

    def environment(self, queries: Mapping[str, str], version: str = "1.0") -> Path:
        key = json.dumps([queries, version])
        if key not in self._made:
            place = self.root / f"environment{len(self._made)}"
            self._made[key] = environment(place, queries, version)
        return self._made[key]

    def run(self, old: object, new: object, *more: object) -> int:
        """Run the gate; its code, its document and what it said on standard error are kept."""
        sides = ("--converter", old, "--converter", new)
        target = ("--targets", self.root / "targets.toml", "--translate", "fake")
        command = ("gate", self.root / "rules", *sides, *target, "--format", "json", *more)
        with redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()) as err:
            self.code = cli.run([str(one) for one in command])
        self.err = err.getvalue()
        assert "Traceback" not in self.err
        self.document = json.loads(out.getvalue() or "{}")
        if self.document:
            _jsonschema.validator("drift").validate(self.document)
        return self.code

    def compare(self, pairs: Mapping[str, tuple[str | None, str | None]], *more: object) -> None:
        """Run the gate on a rule per title, with the query that each side makes of it."""
        self.rules(*pairs)
        old = {title: pair[0] for title, pair in pairs.items() if pair[0] is not None}
        new = {title: pair[1] for title, pair in pairs.items() if pair[1] is not None}
        self.run(self.environment(old), self.environment(new), *more)
        assert self.err == ""
        assert self.document["problems"] == []


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


CASES = {
    "same": (GOOD, GOOD, "same-text", 0),
    "spaces alone": (GOOD, SPACED, "text-changed", 0),
    "order alone": (GOOD, SWAPPED, "text-changed", 0),
    "a lost filter": (GOOD, WIDE, "verdicts-changed", 1),
    "a filter gained": (WIDE, GOOD, "verdicts-changed", 0),
    "null handled": (NULLS, GOOD, "verdicts-changed", 0),
    "null forgotten": (GOOD, NULLS, "verdicts-changed", 1),
    "rejected now": (GOOD, BROKEN, "newly-invalid", 1),
    "rejected before": (BROKEN, GOOD, "newly-readable", 0),
    "rejected twice": (BROKEN, f"{BROKEN} ", "text-changed", 0),
    "no query now": (GOOD, None, "newly-not-convertible", 1),
    "no query before": (None, GOOD, "newly-convertible", 0),
    "no query at all": (None, None, "not-converted", 0),
    "not evaluated": (GOOD, OPEN, "undecidable", 0),
}


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """Return a bench with all cases, and what came of them in ``drift.json`` and ``drift.md``."""
    made = Bench(tmp_path_factory.mktemp("everything"))
    made.compare({title: case[:2] for title, case in CASES.items()}, "-o", made.root / "drift.md")
    return made


@pytest.mark.parametrize("title", CASES)
def test_a_change_has_its_class(everything: Bench, title: str) -> None:
    _, _, expected, code = CASES[title]
    entries = [one for one in everything.document["changes"] if one["title"] == title]
    if expected in {"same-text", "not-converted"}:
        assert entries == []
        return
    (entry,) = entries
    assert (entry["change"], entry["worse"]) == (expected, code == 1)
    assert (entry["old"]["text"], entry["new"]["text"]) == tuple(
        text or "" for text in CASES[title][:2]
    )


def test_the_counts(everything: Bench) -> None:
    (target,) = everything.document["targets"]
    expected = Counter(change for _, _, change, _ in CASES.values())
    assert target["target"] == "fake@sigma"
    assert Counter(target["changes"]) == expected
    assert target["worse"] == sum(code for *_, code in CASES.values())
    assert (everything.code, everything.document["passes"]) == (1, False)


def test_the_worst_comes_first(everything: Bench) -> None:
    changes = [(one["change"], one["worse"]) for one in everything.document["changes"]]
    assert changes[:4] == [
        ("verdicts-changed", True),
        ("verdicts-changed", True),
        ("verdicts-changed", False),
        ("verdicts-changed", False),
    ]


def _verdicts(bench: Bench, title: str, direction: str) -> Json:
    """Return what is said of a rule's events that change in a direction."""
    (entry,) = (one for one in bench.document["changes"] if one["title"] == title)
    (found,) = (one for one in entry["verdicts"] if one["direction"] == direction)
    return dict(found)


def test_the_witness_of_a_lost_filter(everything: Bench) -> None:
    worse = _verdicts(everything, "a lost filter", "worse")
    witness = worse["witness"]
    assert worse["unmutated"] == 1
    assert witness["mutation"] is None
    assert (witness["label"], witness["old"], witness["new"]) == ("benign", "stays silent", "fires")
    assert witness["document"] == {"EventID": 4692, "SubjectUserName": "backupsvc"}
    assert "SubjectUserName='backupsvc'" in witness["reason"]
    assert [one["outcome"] for one in witness["new_steps"]] == ["true"]


def test_the_witness_of_null(everything: Bench) -> None:
    """A malicious event without the field: SQL's null made the old query miss it."""
    witness = _verdicts(everything, "null handled", "better")["witness"]
    assert (witness["label"], witness["mutation"]) == ("malicious", None)
    assert witness["document"] == {"EventID": 4692}
    assert "SubjectUserName is absent" in witness["reason"]


def test_the_summary(everything: Bench) -> None:
    text = (everything.root / "drift.md").read_text("utf-8")
    assert text.startswith("## Converter drift fails\n")
    assert "### a lost filter: fake@sigma" in text
    assert "- **worse** on " in text
    assert "| fake@sigma | 4 | 1 | 1 | 1 | 1 | 1 | 3 | 1 | 1 | 4 |" in text
    assert text.endswith("14 rules, 14 translations: 4 for the worse.\n")


def test_nothing_breaks_out_of_the_summary(bench: Bench) -> None:
    """What it quotes may come from anybody."""
    hostile = "a | b ![i](http://e.example/i.png) <img src=x> `c` \u202e"
    bench.compare({hostile: (f"{GOOD} -- ``` <b> {hostile}", f"{WIDE} -- ``` {hostile}")})
    shown = (
        MarkdownIt("commonmark", {"html": True})
        .enable("table")
        .render(drift.markdown(bench.document))
    )
    allowed = {"h2", "h3", "p", "code", "pre", "strong", "ul", "li"}
    allowed |= {"table", "thead", "tbody", "tr", "th", "td"}
    assert set(re.findall(r"</?([a-z]\w*)", shown)) <= allowed
    assert "\u202e" not in shown


@pytest.mark.parametrize("title", ["a lost filter", "null handled", "spaces alone"])
def test_the_exit_code_of_one_change(bench: Bench, title: str) -> None:
    *pair, _, code = CASES[title]
    bench.compare({title: (pair[0], pair[1])})
    assert (bench.code, bench.document["passes"]) == (code, not code)


def test_the_same_environment_twice(bench: Bench) -> None:
    """The corrected twin of everything else: nothing changes, so nothing is said."""
    bench.rules("one", "two")
    place = bench.environment({"one": GOOD, "two": NULLS})
    assert bench.run(place, place) == 0
    assert (bench.document["changes"], bench.document["passes"]) == ([], True)
    assert bench.document["summary"]["documents"] == 0


def test_two_processes_say_what_one_says(bench: Bench) -> None:
    pairs = {title: CASES[title][:2] for title in ("a lost filter", "rejected now", "same")}
    bench.compare(pairs, "--jobs", 2)
    document = bench.document
    bench.compare(pairs, "--jobs", 1)
    assert bench.document == document


def test_what_is_remembered_is_told_by_content(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two states of a backend that is being written have one version number."""
    monkeypatch.setenv("HARNESS_CACHE", str(bench.root / "cache"))
    bench.rules("one")
    good, wide = (bench.environment({"one": text}) for text in (GOOD, WIDE))
    assert bench.run(good, wide) == 1
    first = bench.document
    monkeypatch.setattr(task, "drift_of", None)  # nothing is compared any more
    assert bench.run(good, wide) == 1
    assert bench.document == first
    monkeypatch.undo()
    monkeypatch.setenv("HARNESS_CACHE", str(bench.root / "cache"))
    assert bench.run(wide, good) == 0


def test_a_version_is_named(bench: Bench) -> None:
    bench.rules("one")
    old, new = bench.environment({"one": GOOD}, "1.0"), bench.environment({"one": GOOD}, "2.0")
    assert bench.run(old, new) == 0
    assert bench.document["old"] == {"converter": str(old), "versions": {"pysigma": "1.0"}}
    assert bench.document["new"]["versions"] == {"pysigma": "2.0"}


def test_a_converter_that_dies_decides_nothing(bench: Bench) -> None:
    """Its death says nothing about the rule: neither better nor worse, and not remembered."""
    bench.rules("one", "two")
    good = bench.environment({"one": GOOD, "two": GOOD})
    bad = bench.environment({"one": "die", "two": GOOD})
    assert bench.run(good, bad) == 2
    assert bench.document["changes"] == []
    (problem,) = bench.document["problems"]
    assert problem["code"] == "converter-died"
    assert problem["place"].endswith("000.yml")


def test_a_fault_of_ours_is_a_problem_of_one_rule(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.rules("one")
    place = bench.environment({"one": GOOD})
    monkeypatch.setattr(task, "drift_of", None)
    assert bench.run(place, place) == 2
    assert [one["code"] for one in bench.document["problems"]] == ["internal-error"]


def test_a_backend_that_is_not_there(bench: Bench) -> None:
    bench.rules("one")
    place = bench.environment({"one": GOOD})
    (bench.root / "targets.toml").write_text(TARGETS.replace('"fake"\n', '"other"\n'), "utf-8")
    assert (bench.run(place, place), bench.document) == (2, {})
    assert "no backend 'other'" in bench.err
    assert "pysigma 1.0" in bench.err


def test_a_command_has_no_environment(bench: Bench) -> None:
    bench.rules("one")
    place = bench.environment({"one": GOOD})
    text = TARGETS.replace('backend = "fake"', 'command = ["cat"]')
    (bench.root / "targets.toml").write_text(text, "utf-8")
    assert bench.run(place, place) == 2
    assert "a command of its own" in bench.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "give --base REF, or --converter twice"),
        (["--converter", "a"], "--converter is given twice"),
        (["--converter", "a"] * 3, "--converter is given twice"),
        (["--converter", "a", "--converter", "b"], "needs --translate"),
        (["--converter", "a", "--converter", "b", "--base", "main"], "give one of them"),
        (["--base", "main", "--translate", "sqlite"], "give one of them"),
        (["--converter", "no/such", "--converter", "b", "--translate", "sqlite"], "no converter"),
    ],
)
def test_wrong_use(
    arguments: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "one.yml").write_text(RULE.format(title="one", number=1), "utf-8")
    assert cli.run(["gate", str(tmp_path), *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err


@pytest.mark.skipif(
    not os.environ.get("HARNESS_TEST_NETWORK"),
    reason="HARNESS_TEST_NETWORK is not set: two real converters are installed for this test",
)
def test_a_real_converter(tmp_path: Path, bench: Bench) -> None:
    """pySigma's SQLite backend wraps a negation since 2.0, so that null does not swallow it."""
    bench.rules("one")
    pipeline = tmp_path / "table.yml"
    pipeline.write_text(
        "name: table\npriority: 10\ntransformations:\n"
        "  - {id: table, type: set_state, key: table, val: logs}\n",
        "utf-8",
    )
    real = TARGETS.replace('"fake"\n', '"sqlite"\n') + f"pipelines = [{json.dumps(str(pipeline))}]"
    (tmp_path / "targets.toml").write_text(real, "utf-8")
    for name, version in (("old", "1.2.4"), ("new", "2.0.0")):
        text = f"pysigma==1.5.1\npysigma-backend-sqlite=={version}\n"
        (tmp_path / f"{name}.txt").write_text(text, "utf-8")
    assert bench.run(tmp_path / "old.txt", tmp_path / "new.txt") == 0
    (entry,) = bench.document["changes"]
    assert entry["change"] == "verdicts-changed"
    assert "COALESCE" in entry["new"]["text"]
    assert entry["verdicts"][0]["direction"] == "better"
