"""Splunk detections and the macros beside them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import harness
from harness.ruleset.load import load
from harness.ruleset.mapping import AS_WRITTEN
from harness.ruleset.model import Rule
from tests.ruleset.conftest import Load
from tests.ruleset.texts import SPLUNK

MACRO = "name: endpoint_logs\ndefinition: index=main sourcetype=edr\ndescription: x\n"
CTIME = "name: ctime\narguments:\n- field\ndefinition: convert ctime($field$)\n"
CONF = """\
# the product's own
[endpoint_logs]
definition = index=main \\
sourcetype=edr

[ctime(1)]
args = field
definition = convert ctime($field$)

[computed]
definition = "index=" . "x"
iseval = 1
"""


def _macros(rule: Rule) -> dict[str, Any]:
    found: dict[str, Any] = rule.reference.options.get("macros", {})
    assert rule.translations[0].options == rule.reference.options
    return found


def test_metadata_and_search(load_files: Load) -> None:
    loaded = load_files({"d/archive_with_password.yml": SPLUNK})
    assert loaded.problems == []
    (rule,) = loaded.rules
    assert (rule.kind, rule.reference.language) == ("event", "spl")
    assert rule.translations[0].schemas == (AS_WRITTEN,)
    assert rule.metadata.title == "Archive With Password"
    assert rule.metadata.techniques == ("T1560.001",)
    assert rule.reference.source.line_column(0)[0] == 6


def test_own_filter_macro_passes_everything_and_others_are_named(load_files: Load) -> None:
    (rule,) = load_files({"archive_with_password.yml": SPLUNK}).rules
    assert _macros(rule) == {"archive_with_password_filter": "search *"}
    (note,) = rule.warnings
    assert note.message == "no file defines the macros ctime, endpoint_logs"
    assert note.severity == "note"


@pytest.mark.parametrize(
    "files",
    [
        {"macros/endpoint_logs.yml": MACRO, "macros/ctime.yml": CTIME},
        {"macros/all.yml": f"{MACRO}---\n{CTIME}"},
        {"default/macros.conf": CONF},
        {"macros.conf": CONF},
        {"detections/macros/endpoint_logs.yml": MACRO, "macros/ctime.yml": CTIME},
    ],
)
def test_macros_beside_and_above(load_files: Load, files: dict[str, str]) -> None:
    loaded = load_files({"detections/endpoint/x.yml": SPLUNK, **files})
    assert loaded.problems == []
    (rule,) = loaded.rules
    macros = _macros(rule)
    assert set(macros) == {"endpoint_logs", "ctime(field)", "archive_with_password_filter"}
    assert macros["endpoint_logs"].split() == ["index=main", "sourcetype=edr"]
    assert rule.warnings == ()
    event = {"index": "main", "sourcetype": "edr", "process_name": "RAR.exe", "process": "a -hp1"}
    other = {**event, "sourcetype": "other"}
    options = dict(rule.reference.options)
    text = rule.reference.source.text
    assert harness.match(text, language="spl", events=[event, other], options=options) == [
        True,
        False,
    ]


def test_nearest_macro_counts_and_those_of_other_folders_do_not(load_files: Load) -> None:
    near = MACRO.replace("edr", "near")
    loaded = load_files(
        {
            "macros/e.yml": MACRO,
            "a/macros/e.yml": near,
            "b/macros/e.yml": MACRO.replace("edr", "elsewhere"),
            "a/x.yml": SPLUNK,
        }
    )
    assert _macros(loaded.rules[0])["endpoint_logs"] == "index=main sourcetype=near"


def test_macros_inside_macros_are_found_and_others_left_out(load_files: Load) -> None:
    nested = "name: endpoint_logs\ndefinition: '`deep` sourcetype=edr'\n"
    files = {"x.yml": SPLUNK, "macros/a.yml": nested}
    files["macros/b.yml"] = "name: deep\ndefinition: index=deep\n"
    files["macros/c.yml"] = "name: unused\ndefinition: index=unused\n"
    (rule,) = load_files(files).rules
    assert {"deep", "endpoint_logs"} < set(_macros(rule))
    assert "unused" not in _macros(rule)


def test_macros_that_call_each_other_end(load_files: Load) -> None:
    files = {
        "x.yml": SPLUNK,
        "macros/a.yml": "name: endpoint_logs\ndefinition: '`endpoint_logs`'\n",
    }
    assert "endpoint_logs" in _macros(load_files(files).rules[0])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name: x\nsearch: 5\n", "the search is no text"),
        ("name: x\nsearch: [a]\n", "the search is no text"),
        ("name: x\nsearch: ''\n", "the search is no text"),
        ("name: [1]\nsearch: a\n", "the name is no text"),
        ("name: x\nsearch: 'a\n", "the YAML is broken"),
        ("name: x\nsearch: a\n---\n- 1\n", "no table"),
        ("name: x\nsearch: a\nname: y\n", "name"),
    ],
)
def test_what_is_wrong_has_a_place(load_files: Load, text: str, words: str) -> None:
    loaded = load_files({"bad.yml": text, "good.yml": SPLUNK})
    assert "good" in [one.name for one in loaded.rules]
    (problem,) = loaded.problems
    assert words in str(problem)
    assert "bad.yml:" in problem.place


def test_broken_macros_are_problems_and_stop_nothing(load_files: Load) -> None:
    files = {"x.yml": SPLUNK, "macros/a.yml": "name: a b c\ndefinition: x\n"}
    files["macros.conf"] = "[a b]\ndefinition = x\n[c]\nargs = y\n[default]\n"
    loaded = load_files(files)
    assert len(loaded.rules) == 1
    assert sorted(one.code for one in loaded.problems) == [
        "invalid-macro",
        "invalid-macro",
        "invalid-rule",
    ]
    assert all(one.hint for one in loaded.problems)


def test_tags_of_any_type_are_no_fault(load_files: Load) -> None:
    text = SPLUNK[: SPLUNK.index("tags:")]
    for tags in ("tags: 5", "tags: [a]", "tags:\n  mitre_attack_id: T1"):
        (rule,) = load_files({"x.yml": f"{text}{tags}\n"}).rules
        assert rule.metadata.techniques == ()


def test_macros_alone_are_no_rules(tmp_path: Path) -> None:
    (tmp_path / "macros.conf").write_text(CONF)
    (problem,) = load([tmp_path]).problems
    assert problem.code == "no-rules"
