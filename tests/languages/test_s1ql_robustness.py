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
    {"TgtProcName": "cmd.exe", "DstPort": 443, "A": "x"},
    {"tgtprocname": "CMD.EXE", "DstPort": "many", "A": ""},
    {"TgtProcName": ["a", None], "DstPort": [], "A": None, "B": True},
]
QUERIES = [
    'TgtProcName = "cmd.exe" AND (NOT A != "x" OR DstPort > "5")',
    r'TgtProcName In Contains AnyCase ("\cmd", "a\"b") and not A Contains "X"',
    'NOT (DstPort Between "1" AND "500" AND A RegExp "(?i)^x+$") --end',
    'A Is Not Empty OR B Exists OR B Is True OR A Not In ("y", "z")',
    r'A Does Not ContainCIS "C:\\Temp" AND TgtProcName StartsWith "CMD"',
]
WORDS = [" AND ", " OR ", "NOT ", " In (", " RegExp ", "AnyCase", "Contains", '\\"', "--", "A"]
PIECES = [*"\"'()\\,=!<>*.-|5 \n", *WORDS]
READINGS = [{}, {"missing": "matches"}, {"missing": "drops", "plain_case": "any"}]


def _judge(text: str) -> None:
    for options in READINGS:
        try:
            query, semantics = read(text, language="s1ql", events=EVENTS, options=options)
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


@pytest.mark.parametrize("query", QUERIES)
def test_the_queries_to_damage_are_sound(query: str) -> None:
    assert len(harness.match(query, language="s1ql", events=EVENTS)) == len(EVENTS)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 5000,
        "NOT " * 5000 + 'A = "x"',
        "(" * 58 + 'A = "x"' + ")" * 58,
        'A RegExp "(x+x+)+y"',
        'A RegExp "' + "(" * 5000 + '"',
        "A " * 5000,
        'A = "' + "\\\\" * 5000 + 'x"',
        '"' * 5001,
        " OR ".join(f'A ContainsCIS "{number}"' for number in range(3000)),
        "A In (" + ",".join(f'"{number}"' for number in range(3000)) + ")",
    ],
    ids=range(10),
)
def test_excessive_queries_are_bounded(text: str) -> None:
    _judge(text)


@pytest.mark.parametrize("option", ["missing", "plain_case"])
def test_an_unknown_option_is_refused(option: str) -> None:
    with pytest.raises(harness.InvalidInput, match=option):
        harness.match('A = "x"', language="s1ql", events=[{}], options={option: "perhaps"})
