"""The public functions of the package, and the errors that they document."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import harness
from harness.ruleset.model import Rule
from tests.support import IDENTIFIER, rule_of, selection, sigma, write_rule

EVENT = {"winlog": {"event_id": "4692"}, "user": {"name": "alice"}}
REFERENCE = selection(EventID=4692, SubjectUserName="backupsvc")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_rule(
        tmp_path / "r", reference=REFERENCE, translations={"t": ("sigma", REFERENCE, ["sigma"])}
    )


@pytest.fixture
def rule(folder: Path) -> Rule:
    return rule_of(folder)


def test_everything_public_is_there() -> None:
    for name in harness.__all__:
        assert getattr(harness, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = harness.nothing


def test_importing_the_package_imports_little() -> None:
    script = "import sys, harness; print({'numpy', 'jsonschema', 'yaml'} & set(sys.modules))"
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"


# match


def test_match_is_the_example_of_the_documentation() -> None:
    query = 'winlog.event_id:"4692" AND NOT user.name:*$'
    machine = {"winlog": {"event_id": "4692"}, "user": {"name": "DC01$"}}
    found = harness.match(
        query, language="lucene", events=[EVENT, machine], types={"user.name": "keyword"}
    )
    assert found == [True, False]


def test_match_answers_per_event() -> None:
    events: list[dict[str, Any]] = [{"EventID": 4692}, {"EventID": 4693}, {}]
    query = sigma({"selection": {"EventID": 4692}})
    assert harness.match(query, language="sigma", events=events) == [True, False, False]
    assert harness.match(query, language="sigma", events=[]) == []


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (None, [True]),
        ("2024-05-10T12:10:00Z", [True]),
        ("2024-05-10T14:00:00+02:00", [True]),
        ("2024-05-10T12:31:00", [False]),
        (datetime(2024, 5, 10, 12, 31, tzinfo=UTC), [False]),
        (datetime(2024, 5, 10, 12, 10), [True]),  # noqa: DTZ001 - a clock without a zone is UTC
    ],
    ids=str,
)
def test_match_has_a_clock(now: Any, expected: list[bool]) -> None:
    event = {"@timestamp": "2024-05-10T12:00:00Z"}
    query = "@timestamp:[now-30m TO *]"
    types = {"@timestamp": {"type": "date"}}
    found = harness.match(query, language="lucene", events=[event], types=types, now=now)
    assert found == expected


def test_match_with_a_clock_that_is_none() -> None:
    with pytest.raises(ValueError, match="'yesterday' is no ISO 8601 time"):
        harness.match("a:1", language="lucene", events=[], now="yesterday")


def test_match_takes_options() -> None:
    events = [{"a": "x", "b": "y"}]
    for operator, expected in (("AND", False), ("OR", True)):
        options = {"default_operator": operator}
        found = harness.match("a:x b:z", language="lucene", events=events, options=options)
        assert found == [expected]


def test_match_of_a_query_that_the_language_rejects() -> None:
    with pytest.raises(harness.QuerySyntaxError) as caught:
        harness.match("a:1 AND\n b:(c", language="lucene", events=[])
    error = caught.value
    assert error.place.startswith("<query>:2:")
    assert str(error).splitlines()[0].startswith(error.place)
    assert str(error).splitlines()[2].strip() == "^"
    assert isinstance(error, harness.HarnessError)


def test_match_of_a_query_that_is_not_evaluated_yet() -> None:
    with pytest.raises(harness.Unsupported) as caught:
        harness.match("a=1 | transaction host", language="spl", events=[])
    assert "transaction" in caught.value.feature
    assert caught.value.reason
    assert caught.value.place.startswith("<query>:1:")


def test_match_in_an_unknown_language() -> None:
    with pytest.raises(harness.InvalidInput, match="did you mean 'lucene'"):
        harness.match("a:1", language="lucine", events=[])


# load_rules


def test_load_rules(folder: Path) -> None:
    for path in (folder, str(folder), folder.parent, folder / "harness.yml"):
        (rule,) = harness.load_rules(path)
        assert (rule.name, rule.metadata.id, rule.metadata.title) == (
            "r",
            IDENTIFIER,
            "A tiny rule",
        )
        assert [one.name for one in rule.translations] == ["t"]
        assert rule.kind == "windows_security"


def test_load_rules_in_the_order_of_their_folders(tmp_path: Path) -> None:
    for name in ("b", "a", "c/d"):
        translations = {"t": ("sigma", REFERENCE, ["sigma"])}
        write_rule(tmp_path / name, reference=REFERENCE, translations=translations)
    assert [rule.name for rule in harness.load_rules(tmp_path)] == ["a", "b", "d"]


def test_load_rules_raises_with_everything(folder: Path, tmp_path: Path) -> None:
    (folder / "t.txt").unlink()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "harness.yml").write_text("kind: 1\n", "utf-8")
    with pytest.raises(harness.InvalidInput) as caught:
        harness.load_rules(tmp_path)
    codes = Counter(one.code for one in caught.value.diagnostics)
    assert codes["no-such-file"] == 1
    assert codes["invalid-manifest"] >= 3
    assert all(one.place.startswith(str(tmp_path)) for one in caught.value.diagnostics)


@pytest.mark.parametrize("name", ["", "nothing"])
def test_load_rules_where_there_are_none(tmp_path: Path, name: str) -> None:
    with pytest.raises(harness.InvalidInput):
        harness.load_rules(tmp_path / name)


# corpus


@pytest.mark.parametrize(
    "schema", ["sigma", "winlogbeat", "winlogbeat@7.0", "winlogbeat:forwarded"]
)
def test_corpus(rule: Rule, schema: str) -> None:
    documents = harness.corpus(rule, schema)
    assert {one.label for one in documents} == {"malicious", "benign"}
    assert {type(one.document) for one in documents} == {dict}
    assert {None, "value-case", "late-arrival"} <= {one.mutation for one in documents}
    assert len({one.name for one in documents}) == len(documents), "names are unique"
    json.dumps([one.document for one in documents])
    for one in documents:
        assert one.activity["kind"] == "windows_security"
        assert None not in one.activity.values()
        backup = one.activity["EventID"] == 4692
        named = str(one.activity.get("SubjectUserName", "")).lower() == "backupsvc"
        assert (one.label == "malicious") is (backup and named)
    plain = [one.mutation is None for one in documents]
    assert plain == sorted(plain, reverse=True), "unmutated documents come first"


def test_corpus_by_seed(rule: Rule) -> None:
    def shown(seed: int) -> list[Any]:
        return [
            (one.name, one.label, one.document) for one in harness.corpus(rule, "sigma", seed=seed)
        ]

    assert shown(3) == shown(3)
    assert shown(3) != shown(4)


def test_a_document_may_be_changed_freely(rule: Rule) -> None:
    first, again = harness.corpus(rule, "sigma")[0], harness.corpus(rule, "sigma")[0]
    first.document["EventID"] = "changed"
    assert first.document == again.document


def test_corpus_of_an_unknown_schema(rule: Rule) -> None:
    with pytest.raises(harness.InvalidInput, match="did you mean 'winlogbeat'"):
        harness.corpus(rule, "winlogbeet")


def test_corpus_of_a_schema_for_other_activities(rule: Rule) -> None:
    with pytest.raises(harness.InvalidInput, match="does not record 'windows_security'"):
        harness.corpus(rule, "elastic_defend")


def _with_reference(folder: Path, text: str) -> Rule:
    (folder / "sigma.yml").write_text(text, "utf-8")
    return rule_of(folder)


def test_corpus_of_a_reference_that_cannot_be_read(folder: Path) -> None:
    rule = _with_reference(folder, REFERENCE.replace("condition: selection", "condition: nothing"))
    with pytest.raises(harness.QuerySyntaxError):
        harness.corpus(rule, "sigma")


def test_corpus_of_a_reference_that_is_not_evaluated(folder: Path) -> None:
    rule = _with_reference(folder, f"{REFERENCE}\n---\n{REFERENCE}")
    with pytest.raises(harness.Unsupported):
        harness.corpus(rule, "sigma")


# test


def test_test(rule: Rule) -> None:
    document = harness.test([rule])
    assert document["schema"] == "harness/test/1"
    assert next(iter(document)) == "schema"
    assert document["summary"]["rules"] == 1
    assert document["summary"]["seconds"] == 0.0
    (result,) = document["results"]
    assert (result["status"], result["fn"], result["fp"]) == ("pass", 0, 0)
    assert (
        result["tp"] + result["fn"] + result["tn"] + result["fp"] < document["summary"]["verdicts"]
    )
    json.dumps(document)


def test_test_is_the_same_for_the_same_seed(rule: Rule) -> None:
    assert harness.test([rule], seed=5) == harness.test([rule], seed=5)


def test_test_measures_on_demand(rule: Rule) -> None:
    found = [harness.test([rule], measure=one)["results"][0] for one in (False, True)]
    budgets = [one["cost"]["budget"] for one in found]
    assert budgets == ["not measured", "ok"]


def test_test_of_no_rules() -> None:
    document = harness.test([])
    assert (document["results"], document["summary"]["findings"]) == ([], 0)


def test_test_takes_any_iterable(rule: Rule) -> None:
    assert harness.test(iter([rule]))["summary"]["rules"] == 1
