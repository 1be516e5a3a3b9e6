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
    {"a": "bob", "n": 5, "@rawstring": "User login failed", "#t": "x", "tags": ["p", "q"]},
    {"a": "", "n": "7.5", "ip": "10.0.0.1", "f": "id=12", "b": {"c": "x"}},
    {"a": None, "n": [], "_raw": "err", "f": "id=x", "x": "old"},
]
QUERIES = [
    '#t=x a=*ob or a!="c d" and not n>=5.5 /* note */ | "login failed" // end',
    r"f=/id=(?<uid>\d+)/i | uid > 3 | x := lower(a) + 1 | x=*",
    'a=1 | !in(a, values=["b*", c], ignoreCase=true) | cidr(ip, subnet=["10.0.0.0/8"])',
    "case { a=bob | t := if(n > 4, then=1, else=2) ; n=* ; * | drop([a]) } | t=1 or a=*",
    'a match { "b*" => u := a ; /^x/ => * ; in(values=[1]) => * ; * => rename(n, as=m) } | u=*',
    r'regex("(?<w>[a-z]+)\\d", field=f, strict=false) | wildcard(a, pattern=*) | w=id | test(w==a)',
    'err | array:contains("tags[]", value=p) | select([a, n]) | test(n * 2 == 10) | free*text',
    'a like "b*" and text:contains(string=a, substring="o") | default(value=1, field=z) | z=1',
]
WORDS = ["!=", "=~", ":=", " not ", " or ", " and ", "case {", " match {", "=>", "/*", "*/", "in("]
PIECES = [*'|()"\\[]{};,=-*?!/<>.$% 1aé', *WORDS]


def _judge(text: str) -> None:
    try:
        query, semantics = read(text, language="logscale", events=EVENTS)
    except (harness.QuerySyntaxError, harness.Unsupported):
        return
    fast = outcomes(query, EVENTS, semantics)
    stored = [query.prepare(event) for event in EVENTS]
    slow = [oracle.evaluate(query.predicate, event, semantics) for event in stored]
    assert fast == slow


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=60) | st.lists(st.sampled_from(PIECES), max_size=25).map("".join))
def test_any_text_is_read_or_refused(text: str) -> None:
    _judge(text)


@settings(max_examples=200, deadline=None)
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
        "!" * 5000 + "a",
        "not " * 5000 + "a=1",
        "a=1 or b=2 " * 300,
        "(a=1 or b=2 " * 50 + ")" * 50,
        "test(" + "(" * 5000,
        "x := " + "!" * 5000 + "a",
        "x := " + "+".join(["n"] * 5000) + " | x=1",
        "a:=a+a|" * 90 + "a=1",
        "case{a=1|x:=1;*|x:=x+1}|" * 60 + "x=1",
        "case{a=1|y:=1;*}|" * 49 + "x=1",
        "case{a=1|x:=2;*}|" * 49 + "x=1",
        "x:=1|" * 99 + "y=1",
        "case{" * 5000,
        "a" + "*a" * 3000,
        "/(x+x+)+y/",
        "in(a, values=[" + "b," * 20_000 + "c])",
        "|" * 5000,
        'a="' + "\\" * 5000,
    ],
    ids=range(19),
)
def test_excessive_queries_are_bounded(text: str) -> None:
    _judge(text)
