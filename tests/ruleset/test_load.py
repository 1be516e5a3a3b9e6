"""Directories as they are: formats side by side, and files that are broken in every way."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.ruleset.load import load, load_rules
from harness.ruleset.sources import RuleFile, all_sources
from harness.ruleset.sources._base import Loaded
from tests.ruleset.conftest import Load
from tests.ruleset.texts import SIGMA, SIGMA_FILTER, SPLUNK, elastic

MANIFEST = """\
reference: {file: sigma.yml, language: sigma, schema: sigma}
kind: file_event
translations:
  - {name: es, file: q.lucene, language: lucene, schemas: [winlogbeat]}
"""
GOOD = {
    "sigma/rule.yml": SIGMA,
    "elastic/rule.toml": elastic(),
    "elastic/counted.toml": elastic(type="threshold", language="kuery", query="a:b"),
    "splunk/rule.yml": SPLUNK,
    "hunts/q.spl": "a=b",
    "own/harness.yml": MANIFEST,
    "own/sigma.yml": SIGMA.replace("process_creation", "file_event"),
    "own/q.lucene": "x:y",
    "README.md": "# rules",
}


def test_all_formats_in_one_run(load_files: Load) -> None:
    loaded = load_files(GOOD)
    assert loaded.problems == []
    spoken = sorted((one.reference.language, one.name) for one in loaded.rules)
    assert spoken == [
        ("eql", "rule"),
        ("kuery", "counted"),
        ("sigma", "own"),
        ("sigma", "rule"),
        ("spl", "q.spl"),
        ("spl", "rule"),
    ]


def test_rules_that_share_an_id_are_told_apart(load_files: Load) -> None:
    files = {"a.yml": SIGMA, "b.yml": SIGMA, "c.yml": SIGMA.replace("3d2f65e6", "3d2f65e7")}
    rules = load_files(files).rules
    assert [one.shares_id for one in rules] == [True, True, False]
    assert len({one.key for one in rules}) == len(rules)
    first, second = (one.warnings[0] for one in rules[:2])
    assert first.code == second.code == "duplicate-id"
    assert "b.yml" in first.message
    assert "a.yml" in second.message
    assert rules[2].warnings == ()


def test_rules_travel_to_other_processes(load_files: Load) -> None:
    for rule in load_files(GOOD).rules:
        again = pickle.loads(pickle.dumps(rule))  # noqa: S301 - made here
        assert repr(again) == repr(rule)


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("bad.yml", b"detection:\n  x: \xff\n", "not-utf-8"),
        ("bad.toml", b'[rule]\nname = "\xff"\n', "not-utf-8"),
        ("bad.yml", b"detection:\n  x: [1\n", "invalid-query"),
        ("bad.yml", b"detection: 5\n", "invalid-query"),
        ("bad.toml", b"[rule]\nname = \n", "toml"),
        ("bad.toml", b"[rule]\nname = " + b"[" * 5000, "toml"),
        ("bad.toml", b"[[rule]]\n[rule]\n", "toml"),
        ("bad.toml", b"rule = 5\n", "no-rule"),
        ("bad.toml", b"[rule]\n", "invalid-rule"),
        ("bad.yml", b"name: x\nsearch: {a: [}\n", "yaml"),
        ("bad.yml", b"name: x\nsearch: a\nb: " + b"[" * 500, "yaml"),
        ("bad.yml", b"#" * 10_000_000, "too-large"),
        ("bad.toml", b"#" * 10_000_000, "too-large"),
        ("bad.spl", b"a" * 10_000_000, "too-large"),
        ("sub/harness.yml", b"kind: [", "yaml"),
    ],
)
def test_broken_file_is_a_problem_with_a_place_and_stops_nothing(
    load_files: Load, name: str, content: bytes, code: str
) -> None:
    loaded = load_files({"good/rule.yml": SIGMA, "good/rule.toml": elastic(), name: content})
    assert len(loaded.rules) == 2
    assert loaded.problems
    for problem in loaded.problems:
        assert problem.code == code
        assert name in problem.place


def test_several_sigma_documents_in_one_file_and_filters_in_another(load_files: Load) -> None:
    other = SIGMA.replace("3d2f65e6", "ffffffff").replace("Archive", "Other archive")
    loaded = load_files({"rules.yml": f"{SIGMA}---\n{other}", "sub/filter.yml": SIGMA_FILTER})
    assert loaded.problems == []
    first, second = loaded.rules
    assert {first.metadata.title, second.metadata.title} == {
        "Archive with a password",
        "Other archive with a password",
    }
    filtered = next(one for one in loaded.rules if one.metadata.id.startswith("3d2f"))
    plain = next(one for one in loaded.rules if one.metadata.id.startswith("ffff"))
    assert "backupsvc" in filtered.reference.source.text
    assert "backupsvc" not in plain.reference.source.text


def test_broken_document_does_not_stop_the_others_of_other_files(load_files: Load) -> None:
    loaded = load_files({"a.yml": SIGMA, "b.yml": SIGMA.replace("title:", "title: [")})
    assert [one.name for one in loaded.rules] == ["a"]
    assert len(loaded.problems) == 1


def test_each_path_without_a_rule_is_named(load_files: Load, tmp_path: Path) -> None:
    load_files({"full/a.yml": SIGMA, "empty/x.md": "", "full/other.toml": "[tool.x]\n"})
    loaded = load([tmp_path / "full", tmp_path / "empty", tmp_path / "full" / "other.toml"])
    assert [(one.code, Path(one.place).name) for one in loaded.problems] == [
        ("no-rules", "empty"),
        ("no-rules", "other.toml"),
    ]


def test_load_rules_gives_the_rules(load_files: Load, tmp_path: Path) -> None:
    load_files({"a.yml": SIGMA, "b.toml": elastic()})
    assert len(load_rules(tmp_path)) == 2


PIECES = st.sampled_from(
    ["[rule]\n", "type = ", '"eql"', "name: x\n", "search: ", "detection:\n", "  a: b\n", "'''",
     "---\n", "- ", "[", "]", "{", "}", "\n", "query = ", "index = ", "1", "definition: ", "\x00",
     "title: t\n", "logsource:\n", "condition: a\n", "&a ", "*a", "[m(1)]\n", "é", '"""']
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(PIECES, max_size=14).map("".join))
def test_no_text_ever_raises(text: str) -> None:
    names = {"elastic": "x.toml", "sigma": "x.yml", "splunk": "x.yml", "manifest": "harness.yml"}
    for source in all_sources():
        if source.name in names:
            loaded = Loaded()
            source.read([RuleFile(path=Path(names[source.name]), text=text)], loaded)
    loaded = Loaded()
    splunk = next(one for one in all_sources() if one.name == "splunk")
    splunk.read([RuleFile(path=Path("macros.conf"), text=text)], loaded)
