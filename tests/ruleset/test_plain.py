"""Native query files beside rules, and alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.ruleset.load import Loaded, load
from harness.ruleset.mapping import AS_WRITTEN
from harness.ruleset.model import Rule
from tests.ruleset.conftest import Load
from tests.ruleset.texts import SIGMA, elastic

NETWORK = SIGMA.replace("category: process_creation", "category: proxy")
FILE_RULE = SIGMA.replace("process_creation", "file_event")


def _by_name(loaded: Loaded) -> dict[str, Rule]:
    assert [str(one) for one in loaded.problems] == []
    return {one.name: one for one in loaded.rules}


def test_files_beside_the_only_rule_are_its_translations(load_files: Load) -> None:
    files = {"a/rule.yml": SIGMA, "a/splunk.spl": "Image=x", "a/es.lucene": "Image:x"}
    (rule,) = _by_name(load_files(files)).values()
    assert [(one.name, one.language) for one in rule.translations] == [
        ("es", "lucene"),
        ("splunk", "spl"),
    ]


def test_same_stem_decides_among_several_rules(load_files: Load) -> None:
    other = SIGMA.replace("3d2f65e6", "ffffffff")
    rules = _by_name(
        load_files({"one.yml": SIGMA, "two.yml": other, "two.spl": "a=b", "three.spl": "c=d"})
    )
    assert rules["one"].translations == ()
    assert [one.name for one in rules["two"].translations] == ["spl"]
    assert rules["three.spl"].reference.source.text == "c=d"


def test_schema_of_a_translation(load_files: Load) -> None:
    files = {"a/rule.yml": NETWORK, "a/x.lucene": "Image:x"}
    files |= {"b/rule.yml": FILE_RULE, "b/x.lucene": "file.name:x", "b/y.spl": "a=b"}
    network, on_file = load_files(files).rules
    assert [(one.schemas, one.scoped) for one in network.translations] == [(("sigma",), True)]
    assert [(one.schemas, one.scoped) for one in on_file.translations] == [
        (("winlogbeat",), False),
        (("splunk_wineventlog",), False),
    ]


def test_elastic_rule_takes_translations_too(load_files: Load) -> None:
    files = {"r.toml": elastic(), "r.spl": "a=b", "r.eql": "any where true"}
    (rule,) = _by_name(load_files(files)).values()
    assert [one.name for one in rule.translations] == ["eql", "r.eql", "spl"]
    assert rule.translations[2].schemas == (AS_WRITTEN,)


def test_query_alone_is_a_rule(load_files: Load) -> None:
    (rule,) = _by_name(load_files({"q/hunt.eql": "process where pid > 4"})).values()
    assert (rule.name, rule.metadata.title, rule.kind) == ("hunt.eql", "hunt", "event")
    assert rule.reference.source == rule.translations[0].source
    assert rule.reference.schemas == (AS_WRITTEN,)


def test_shared_ending_asks_for_a_manifest(load_files: Load) -> None:
    loaded = load_files({"rule.yml": SIGMA, "query.json": "{}"})
    (problem,) = loaded.problems
    assert problem.message == "a file that ends in .json may be querydsl or watcher"
    assert "harness.yml" in problem.hint
    assert loaded.rules[0].translations == ()


def test_longest_ending_counts(load_files: Load) -> None:
    loaded = load_files({"rule.yml": SIGMA, "x.watch.json": "{}"})
    assert [one.language for one in loaded.rules[0].translations] == ["watcher"]


def test_files_of_common_kinds_are_passed_over_without_a_rule(load_files: Load) -> None:
    files = {"rules/a.yml": SIGMA, "package.json": "{}", "build.sh": "exit", "x.sql": "bad("}
    files |= {"run.ps1": "exit", "notes.md": "# x", "LICENSE": "x", "data.csv": "a,b"}
    assert len(_by_name(load_files(files))) == 1


def test_named_file_of_a_common_kind_is_a_rule(tmp_path: Path) -> None:
    (tmp_path / "x.sql").write_text("SELECT * FROM logs WHERE a = 'b'")
    (tmp_path / "y.json").write_text("{}")
    loaded = load([tmp_path / "x.sql", tmp_path / "y.json"])
    assert [one.reference.language for one in loaded.rules] == ["sqlite"]
    assert [one.code for one in loaded.problems] == ["ambiguous-language"]


def test_file_of_several_rules_cannot_be_meant(load_files: Load) -> None:
    other = SIGMA.replace("3d2f65e6", "ffffffff")
    loaded = load_files({"rules.yml": f"{SIGMA}---\n{other}", "rules.spl": "a=b"})
    assert len(loaded.rules) == 2
    (problem,) = loaded.problems
    assert problem.code == "ambiguous-rule"


@pytest.mark.parametrize("content", [b"\xff\xfe\x00bad", b"x" * 3_000_000])
def test_unreadable_query_is_a_problem(load_files: Load, content: bytes) -> None:
    loaded = load_files({"rule.yml": SIGMA, "q.spl": content})
    assert len(loaded.rules) == 1
    assert loaded.problems[0].code in {"not-utf-8", "too-large"}


def test_folder_with_a_manifest_is_left_alone(load_files: Load) -> None:
    manifest = """\
reference: {file: sigma.yml, language: sigma, schema: sigma}
kind: file_event
translations:
  - {name: mine, file: q.lucene, language: lucene, schemas: [winlogbeat]}
"""
    files = {"a/harness.yml": manifest, "a/sigma.yml": FILE_RULE, "a/q.lucene": "x:y"}
    (rule,) = _by_name(load_files({**files, "a/other.spl": "a=b"})).values()
    assert [one.name for one in rule.translations] == ["mine"]
