"""Whatever the text, reading it gives a predicate, a syntax error or Unsupported; nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import harness
from harness.evaluate import oracle
from harness.evaluate.verdicts import outcomes, read

EVENTS: list[dict[str, Any]] = [
    {},
    {"user": "bob", "n": 5, "msg": "User login failed", "label": ["Process", "Create"]},
    {"user": "", "n": "7.5", "msg": "", "command": "ps -enc AA"},
    {"user": None, "n": [], "label": [], "command": ["a", "b"]},
]
QUERIES = [
    'label="Process" label=Create -(user="*$" OR user=SYSTEM) "login failed" n >= 5',
    'user IN ["b*", \'c"d\', 7] not n=7.5 and command!=* /* note */ log*',
    r'n=5 | process regex("(?P<m>-enc\s)", command) | search m=* or -m="x?"',
    "* | process eval(\"c=case(isnotnull(m) -> 'true', n=5 -> 'x', 'false')\") | search c=true",
    "| process eval(\"x=issubstr('abc', user) || match(user, '(?i)^B')\") | search x=true",
    '* | process regex("b.b", user, "filter=true") | rename user as u | fields u | filter u=bob',
    "user=* | chart count() by user, n | search n=5",
]
WORDS = ["!=", "not ", " or ", " and ", " IN [", "process ", "eval(", "x=", "->", "||", "/*", "*/"]
PIECES = [*"|()\"'\\[],=-*? 1.", *WORDS]


def _judge(text: str) -> None:
    try:
        query, semantics = read(text, language="logpoint", events=EVENTS)
    except (harness.QuerySyntaxError, harness.Unsupported):
        return
    fast = outcomes(query, EVENTS, semantics)
    slow = [oracle.evaluate(query.predicate, event, semantics) for event in EVENTS]
    assert fast == [semantics.unknown if item == 2 else item for item in slow]


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=60) | st.lists(st.sampled_from(PIECES), max_size=25).map("".join))
def test_any_text_is_read_or_refused(text: str) -> None:
    _judge(text)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damaged_queries_are_read_or_refused(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(QUERIES))
    for _ in range(data.draw(st.integers(0, 3))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 6)))
        text = text[:start] + data.draw(st.sampled_from(["", *PIECES])) + text[end:]
    _judge(text)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 5000,
        "-" * 5000 + "a",
        "not " * 5000 + "a=1",
        "(a=1 -" * 55 + "b=2" + ")" * 55,
        '| process eval("x=' + "(" * 5000 + '")',
        '| process eval("x=' + "!" * 5000 + 'a")',
        '| process eval("x=' + "+".join(["n"] * 5000) + '") | search x=1',
        '| process eval("a=a+a")' * 90 + "| search a=1",
        "a" + "*a" * 3000,
        '* | process regex("(x+x+)+y", msg, "filter=true")',
        "|" * 5000,
    ],
    ids=range(11),
)
def test_excessive_queries_are_bounded(text: str) -> None:
    _judge(text)
