"""Many rules at once: the same results in one process or two, from memory or anew."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import harness
from harness import batch
from harness.batch import memory, pool, work
from harness.cache import Cache
from harness.events import solve
from harness.report.results import Collector, Part
from harness.ruleset.model import Rule
from harness.run.plan import Plan
from tests.support import SHIPPED, change, selection, write_rule

Json = dict[str, Any]


def _rules(folder: Path, count: int = 3) -> list[Rule]:
    for number in range(count):
        write_rule(
            folder / f"rule{number}",
            reference=selection(EventID=4600 + number).replace("39a94fd1", f"39a94f{number:02d}"),
            translations={"spl": ("spl", f"EventCode={4600 + number}", ["splunk_wineventlog"])},
        )
    return harness.load_rules(folder)


def _run(rules: Sequence[Rule], **settings: Any) -> Json:
    collector = Collector()
    batch.run(Plan(rules=tuple(rules), measure=False), collector, **settings)
    return collector.document(times=False)


def test_two_processes_say_what_one_says(tmp_path: Path) -> None:
    rules = _rules(tmp_path, 4)
    assert _run(rules, jobs=2) == _run(rules)


def test_the_shipped_rules_are_remembered_as_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path))
    rules = harness.load_rules(SHIPPED)
    fresh = _run(rules)
    assert _run(rules, remember=True) == fresh
    monkeypatch.setattr(work, "run_rule", None)  # nothing is run any more
    assert _run(rules, remember=True) == fresh


def test_a_change_of_a_text_is_run_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    before = _run(_rules(tmp_path / "rules"), remember=True)
    change(tmp_path / "rules" / "rule1" / "spl.txt", "EventCode=4601", "EventCode=9999")
    after = _run(harness.load_rules(tmp_path / "rules"), remember=True)
    assert [one["status"] for one in after["results"]] == ["pass", "fail", "pass"]
    assert before["results"][0] == after["results"][0]


def test_every_setting_is_part_of_what_is_remembered(tmp_path: Path) -> None:
    (rule,) = _rules(tmp_path / "rules", 1)
    cache = Cache(tmp_path / "cache")
    plans = [
        Plan(rules=(rule,)),
        Plan(rules=(rule,), seed=1),
        Plan(rules=(rule,), measure=False),
        Plan(rules=(rule,), schemas=frozenset({"winlogbeat"})),
    ]
    keys = {memory.Memory(work.Work(plan=plan, remember=True), cache)._key(rule) for plan in plans}
    assert len(keys) == len(plans)


def test_a_cache_that_cannot_be_used_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = _rules(tmp_path / "rules", 1)
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "file" / "below"))
    fresh = _run(rules, remember=True)
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "cache.sqlite").write_bytes(b"this is no database" * 100)
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    assert _run(rules, remember=True) == fresh


def test_a_fault_of_ours_is_a_problem_of_one_rule(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = _rules(tmp_path)
    build = solve.samples

    def broken(intent: Any, *, seed: int) -> Any:
        if "4601" in repr(intent.predicate):
            raise ZeroDivisionError
        return build(intent, seed=seed)

    monkeypatch.setattr(solve, "samples", broken)
    document = _run(rules)
    assert [one["status"] for one in document["results"]] == ["pass", "pass"]
    (problem,) = document["problems"]
    assert problem["code"] == "internal-error"
    assert problem["place"].endswith("rule1/sigma.yml")


def _die(rule: Rule) -> Part:
    if rule.name == "rule1":
        os.kill(os.getpid(), signal.SIGKILL)
    return pool._part_of(rule)


def test_a_process_that_dies_loses_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "_run", _die)
    document = _run(_rules(tmp_path, 4), jobs=2)
    assert [one["status"] for one in document["results"]] == ["pass"] * 3
    (problem,) = document["problems"]
    assert "its process died" in problem["message"]
    assert problem["place"].endswith("rule1/sigma.yml")
    assert [one["name"] for one in document["rules"]] == ["rule0", "rule1", "rule2", "rule3"]
