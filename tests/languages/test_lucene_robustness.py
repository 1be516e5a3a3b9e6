"""Whatever the text, a Lucene query is read or refused with a place; in bounded time."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import harness

TYPES: dict[str, Any] = {
    "k": "keyword",
    "t": {"type": "text", "fields": {"raw": "keyword"}},
    "n": "long",
    "d": "double",
    "ts": "date",
    "ip": "ip",
    "b": "boolean",
    "o.x": "wildcard",
    "c": {"type": "constant_keyword", "value": "fixed"},
}
EVENTS: list[dict[str, Any]] = [
    {},
    {"k": "abc", "t": "a quick Fox", "n": 7, "ts": "2024-05-06T03:00:00Z", "ip": "10.0.0.1"},
    {"k": [None, "x", 4.0], "b": True, "d": -0.5, "o": [{"x": "é"}, {"x": "\ud83d\ude00"}]},
]
TOKENS = [
    "AND",
    "OR",
    "NOT",
    "&&",
    "||",
    "!",
    "+",
    "-",
    "(",
    ")",
    ":",
    "k:",
    "t:",
    "n:",
    "ts:",
    "ip:",
    "b:",
    "o.x:",
    "c:",
    "d:",
    "ghost:",
    "t.raw:",
    "_exists_:",
    "*",
    "?",
    "a",
    "abc*",
    "b?c",
    '"a',
    'b"',
    '"--',
    "~",
    "~1",
    "~9",
    "^2",
    "^",
    "[",
    "]",
    "{",
    "}",
    "TO",
    "[1",
    "TO",
    "5]",
    "{a",
    "TO",
    "*]",
    ">",
    ">=",
    "<5",
    ">now-1d/d",
    "now",
    "2024-05",
    "/a.*/",
    "/~(a&b)<1-9>@#/",
    "/[",
    "/",
    "//",
    "\\",
    "\\u0041",
    "\\u",
    "\\:",
    "10.0.0.0\\/8",
    "1e999",
    "99999999999999999999",
    "é",
    "漢字",
    "��",
    "||/M",
    "+1y",
    "true",
    "0x1",
    "proc\\*",
]


def assert_placed(error: Exception) -> None:
    assert "\n" in str(error)


def survives(text: str, language: str, **options: Any) -> None:
    try:
        outcome = harness.match(
            text, language=language, events=EVENTS, types=TYPES, options=options
        )
    except (harness.QuerySyntaxError, harness.Unsupported) as error:
        assert_placed(error)
    else:
        assert len(outcome) == len(EVENTS)


queries = st.lists(st.sampled_from(TOKENS), max_size=12).flatmap(
    lambda words: st.sampled_from([" ", ""]).map(lambda glue: glue.join(words))
)


@given(
    text=st.text(max_size=30) | queries,
    lenient=st.booleans(),
    operator=st.sampled_from(["AND", "OR"]),
)
@settings(max_examples=300, deadline=None)
def test_text_is_read_or_refused(text: str, lenient: bool, operator: str) -> None:  # noqa: FBT001
    survives(text, "lucene", lenient=lenient, default_operator=operator)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 5000 + "a" + ")" * 5000,
        "NOT " * 5000 + "a",
        "k:" + "\\" * 5001,
        "k:/" + "(" * 900 + "/",
        "k:/" + "(a|b)*" * 150 + "/",
        "k:/(((a{1,100}){1,100}){1,100})/",
        "k:/~(~(~(.*a.{9})&.*b.{9}).*c.{9})/",
        't:"' + "a " * 3000 + '"~50',
        "a " * 5000,
        "k:" + "*a" * 2000,
        "k:" + "9" * 5000,
        "n:" + "9" * 5000,
        "ts:now" + "+1d" * 5000,
        "ts:9999||+99999999999999999999y",
        "ip:[:: TO ffff::]",
    ],
)
def test_hostile_text(text: str) -> None:
    survives(text, "lucene")
    survives(text, "lucene", lenient=False)
