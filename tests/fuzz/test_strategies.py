"""``harness.strategies``: properties that users write, and the one that the page shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings

from harness import strategies
from harness.documents.document import Document
from harness.events.intent import intent_of
from harness.events.model import Activity
from tests.support import KEY_FILE, MASTER_KEY, rule_of

ROOT = Path(__file__).parents[2]
RULE = rule_of(MASTER_KEY)


@settings(deadline=None, max_examples=15)
@given(strategies.documents(RULE, "winlogbeat"))
def test_labels_are_the_references(event: Document) -> None:
    assert event.malicious is (event.label == "malicious")
    assert intent_of(RULE).label(event.values) is event.sample.label
    assert event.document == dict(event.body)


@settings(deadline=None, max_examples=10)
@given(strategies.activities(rule_of(KEY_FILE), schema="endgame"))
def test_activities_are_of_the_rules_kind(activity: Activity) -> None:
    assert activity.kind == "file_event"
    action = {11: "creation", 23: "deletion", 26: "deletion"}
    event = activity.values.get("EventID")
    if isinstance(event, int) and event in action:
        assert activity.values["Action"] == action[event]


def test_near_misses_hold_what_languages_read_differently() -> None:
    found: set[object] = set()

    @settings(deadline=None, max_examples=400, database=None, derandomize=True)
    @given(strategies.near_misses("C:\\tasks\\*.exe"))
    def collect(text: object) -> None:
        found.add(text)

    collect()
    assert {"", "C:\\\\tasks\\\\*.exe", "c:\\tasks\\*.exe", "C:\\tas\u212as\\*.exe"} <= found
    assert {"C:\\tasks\\x.exe", "C:\\tasks\\*.ex*", "C:\\tasks\\n.exe"} <= found


def test_the_property_on_the_page_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    page = (ROOT / "docs" / "fuzz.md").read_text("utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    monkeypatch.chdir(ROOT)
    exec(compile(code.replace("max_examples=50", "max_examples=10"), "fuzz.md", "exec"), {})  # noqa: S102 - our page
