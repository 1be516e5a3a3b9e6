"""Whatever the text, Sigma reads it or says where and why it does not; in bounded time."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import harness
from harness.languages import get
from harness.languages.sigma.modifiers import MAX_MODIFIERS

EVENTS: list[dict[str, Any]] = [
    {},
    {"A": "abc", "B": ["x", None, 4.0]},
    {"A": "2024-05-06T03:00:00Z", "B": {"C": "10.0.0.1"}},
    {"A": 5, "B": True},
]
MODIFIERS = [name for name in get("sigma").semantics.operators if name.isalnum()]
WORDS = ["a", "b-1", "_c", "them", "and", "or", "not", "(", ")", "1 of", "all of", "*", "|", "é"]


def _rule(key: str, value: object, condition: str = "s") -> str:
    shown = json.dumps(value, ensure_ascii=False)
    return (
        "title: t\nlogsource: {category: test}\ndetection:\n"
        f"  s:\n    {json.dumps(key, ensure_ascii=False)}: {shown}\n  a: x\n  b-1: [{{A: x}}]\n"
        f"  condition: {json.dumps(condition, ensure_ascii=False)}\n"
    )


def _survives(text: str) -> None:
    try:
        outcome = harness.match(
            text, language="sigma", events=EVENTS, options={"placeholders": {"x": ["1", "*"]}}
        )
    except (harness.QuerySyntaxError, harness.Unsupported) as error:
        rendered = str(error)
        assert "\n" in rendered
    else:
        assert len(outcome) == len(EVENTS)


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(alphabet="abAB*?\\%x/-\u2013(|)[]^$.+ 10", max_size=12)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)
keys = st.builds(
    lambda field, names: "|".join([field, *names]),
    st.sampled_from(["A", "B", "", "B.C", "é"]),
    st.lists(st.sampled_from(MODIFIERS) | st.text(max_size=2), max_size=4),
)


@settings(max_examples=300)
@given(key=keys, value=values)
def test_any_item(key: str, value: object) -> None:
    _survives(_rule(key, value))


@given(condition=st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join) | st.text(max_size=9))
def test_any_condition(condition: str) -> None:
    _survives(_rule("A", "x", condition))


@given(text=st.text(max_size=80))
def test_any_text(text: str) -> None:
    _survives(text)


@given(data=st.data())
def test_any_mutilated_rule(data: st.DataObject) -> None:
    text = _rule("A|contains|all", ["x", "y*"], "s and not 1 of b*")
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 20)))
    _survives(text[:start] + data.draw(st.text(max_size=6)) + text[end:])


@pytest.mark.parametrize(
    "text",
    [
        _rule("A", "x", "not " * 50_000 + "s"),
        _rule("A", "x", "(" * 50_000),
        _rule("A", "x", " or ".join(["1 of them"] * 50_000)),
        _rule("A", "x", "1 of " + "a*" * 50_000),
        _rule("A" + "|contains" * (MAX_MODIFIERS + 1), "x"),
        _rule("A" + "|contains" * 100_000, "x"),
        _rule("A|" + "base64offset|" * 25 + "contains", "x"),
        _rule("A|" + "wide|" * 30 + "base64", "x"),
        _rule("A|windash|base64", " -x" * 20),
        _rule("A|windash|contains", " -x" * 20_000),
        _rule("A|expand", "%x%" * 40),
        _rule("A", "*a" * 5_000),
        _rule("A|re", "(a+)+" * 200 + "$"),
        _rule("A|re", "a{1000}{1000}"),
        _rule("A", 10**300),
        _rule("A", list(range(50_000))),
    ],
    ids=range(16),
)
def test_hostile_rules_end_soon(text: str) -> None:
    began = time.process_time()  # a guard against hanging, whatever else the machine does
    _survives(text)
    assert time.process_time() - began < 5
