"""pytest as a front door: items, outcomes, and what a failure shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from harness import pytest_rules
from harness.checks import all_checks
from harness.run import engine
from tests.support import KEY_FILE, copy_rule, selection, write_rule

pytest_plugins = ["pytester"]

REFERENCE = selection(EventID=4692, SubjectUserName="backupsvc")
WIDE = selection(EventID=4692)
CELL = tuple(one.name for one in all_checks() if one.cell is not None)
RULE = tuple(one.name for one in all_checks() if one.rule is not None)


def _rule(pytester: pytest.Pytester, query: str = REFERENCE, **more: Any) -> Path:
    language, schema = more.pop("language", "sigma"), more.pop("schema", "sigma")
    return write_rule(
        pytester.path / "rules",
        reference=REFERENCE,
        translations={"t": (language, query, [schema])},
        **more,
    )


def _run(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return pytester.runpytest_inprocess("-p", "no:cacheprovider", *arguments, "rules")


def test_items_are_named_after_translation_schema_and_promise(
    pytester: pytest.Pytester,
) -> None:
    _rule(pytester)
    result = _run(pytester, "--collect-only", "-q")
    ids = [line for line in result.outlines if "::" in line]
    assert {"precision", "recall", "robustness"} <= set(CELL)
    assert ids == [
        *(f"rules/harness.yml::t on sigma: {name}" for name in CELL),
        *(f"rules/harness.yml::rule: {name}" for name in RULE),
    ]


def test_versions_and_schemas_have_items_of_their_own(pytester: pytest.Pytester) -> None:
    folder = copy_rule(KEY_FILE, pytester.path / "rules", "eql")
    manifest = yaml.safe_load((folder / "harness.yml").read_text("utf-8"))
    manifest["translations"][0]["versions"] = ["8", "9"]
    (folder / "harness.yml").write_text(yaml.safe_dump(manifest), "utf-8")
    result = _run(pytester, "--collect-only", "-q")
    ids = {line.partition("::")[2] for line in result.outlines if "::" in line}
    assert "eql 8 on elastic_defend: recall" in ids
    assert "eql 9 on crowdstrike_fdr@2.4.0: recall" in ids


def test_kept_promises_pass(pytester: pytest.Pytester) -> None:
    _rule(pytester)
    _run(pytester).assert_outcomes(passed=len(CELL) + len(RULE))


def test_a_broken_promise_fails_its_own_item_only(pytester: pytest.Pytester) -> None:
    _rule(pytester, WIDE)
    result = _run(pytester)
    result.assert_outcomes(failed=1, passed=len(CELL) + len(RULE) - 1)
    result.stdout.fnmatch_lines(
        [
            "*t on sigma: precision*",
            "false-alarm: fires on a benign event of Sigma taxonomy: *",
            "  benign event, fires:",
            "  {'EventID': 4692, 'SubjectUserName': 'unrelated'}",
            "  true      EventID: 4692   (EventID is 4692)",
            "  hint: the translation does not test what tells this event apart*",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*BrokenPromise*")


def test_a_known_finding_is_an_expected_failure(pytester: pytest.Pytester) -> None:
    reason = "the forwarder drops other accounts"
    _rule(pytester, WIDE, known=[{"code": "false-alarm", "reason": reason}])
    result = _run(pytester, "-rx")
    result.assert_outcomes(xfailed=1, passed=len(CELL) + len(RULE))
    result.stdout.fnmatch_lines([f"XFAIL *precision*{reason}*"])


def test_an_exception_that_is_no_more_true_fails(pytester: pytest.Pytester) -> None:
    known = [{"code": "false-alarm", "reason": "it was once so, long ago"}]
    _rule(pytester, REFERENCE, known=known)
    result = _run(pytester)
    result.assert_outcomes(failed=1, passed=len(CELL) + len(RULE))
    result.stdout.fnmatch_lines(["*rule: exceptions*", "known-no-more: the known exception*"])


def test_what_is_not_evaluated_is_skipped(pytester: pytest.Pytester) -> None:
    query, schema = "EventCode=4692 | transaction host", "splunk_wineventlog"
    _rule(pytester, query, language="spl", schema=schema)
    result = _run(pytester, "-rs")
    outcomes = result.parseoutcomes()
    assert outcomes["skipped"] >= 1
    assert "failed" not in outcomes
    result.stdout.fnmatch_lines(["SKIPPED*transaction*"])


def test_an_invalid_query_fails_the_item_that_asks_for_it(pytester: pytest.Pytester) -> None:
    _rule(pytester, "a:(b", language="lucene", schema="winlogbeat")
    result = _run(pytester)
    assert result.parseoutcomes()["failed"] == 1
    result.stdout.fnmatch_lines(["*: readable*", "invalid-query: *"])


def test_a_reference_that_cannot_be_read_fails_every_item(pytester: pytest.Pytester) -> None:
    folder = _rule(pytester)
    text = REFERENCE.replace("condition: selection", "condition: nothing")
    (folder / "sigma.yml").write_text(text, "utf-8")
    result = _run(pytester)
    result.assert_outcomes(failed=len(CELL) + len(RULE))
    result.stdout.fnmatch_lines(["*sigma.yml:*"])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_a_manifest_that_cannot_be_used_is_a_collection_error(
    pytester: pytest.Pytester,
) -> None:
    folder = _rule(pytester)
    manifest = folder / "harness.yml"
    manifest.write_text(f"{manifest.read_text('utf-8')}nonsense: 1\n", "utf-8")
    result = _run(pytester)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*harness.yml:*: the file: there is no key 'nonsense'*"])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_one_item_alone(pytester: pytest.Pytester) -> None:
    _rule(pytester, WIDE)
    identifier = "rules/harness.yml::t on sigma: recall"
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider", identifier)
    result.assert_outcomes(passed=1)


def test_items_can_be_chosen_by_keyword(pytester: pytest.Pytester) -> None:
    _rule(pytester, WIDE)
    _run(pytester, "-k", "precision").assert_outcomes(
        failed=1, deselected=len(CELL) + len(RULE) - 1
    )


def test_the_seed_is_an_option(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    seeds = []
    execute = engine.execute

    def recorded(plan: Any) -> Any:
        seeds.append(plan.seed)
        return execute(plan)

    monkeypatch.setattr(pytest_rules, "execute", recorded)
    _rule(pytester)
    _run(pytester, "--harness-seed", "7").assert_outcomes(passed=len(CELL) + len(RULE))
    assert seeds == [7], "a rule runs once, for all of its items"


def test_the_option_is_documented(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_inprocess("--help")
    result.stdout.fnmatch_lines(["detection rules:", "*--harness-seed*"])


@pytest.mark.parametrize("name", ["other.yml", "harness.yaml", "harness.yml.bak"])
def test_other_files_are_left_alone(pytester: pytest.Pytester, name: str) -> None:
    folder = _rule(pytester)
    (folder / "harness.yml").rename(folder / name)
    assert _run(pytester).ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_start_up_imports_little(pytester: pytest.Pytester) -> None:
    """The plugin is loaded at every start of pytest, also where there are no rules."""
    script = pytester.makepyfile(
        "import sys, harness.pytest_plugin\n"
        "print(sorted({'numpy', 'jsonschema', 'faker', 'harness.run'} & set(sys.modules)))"
    )
    assert pytester.runpython(script).outlines == ["[]"]
