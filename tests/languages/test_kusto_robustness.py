"""Whatever the text, reading it gives a predicate, a syntax error or Unsupported; nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import harness
from harness.evaluate import masks, oracle
from harness.evaluate.columns import Columns
from harness.evaluate.verdicts import outcomes, read
from harness.ir.regexes import RegexError, compile_regex

EVENTS: list[dict[str, Any]] = [
    {},
    {"S": "C:\\Temp\\cmd.exe /c whoami", "N": 5, "B": True, "J": {"a": "x", "b": [1, 2]}},
    {"S": "", "N": "5", "B": None, "J": ["x", "y"], "D": "2024-05-01T10:00:00Z"},
    {"S": "Ünïcode ÄB", "N": -7.5, "B": "true", "J": '{"a":1}', "D": "soon"},
    {"S": ["a", "b"], "N": 10**30, "J": 5, "D": 7},
]
TYPES = {
    "S": "string",
    "N": "long",
    "B": "bool",
    "J": "dynamic",
    "D": "datetime",
    "R": "real",
}
QUERIES = [
    'Events | where S has "cmd" and (N == 5 or not(N in (1, 2))) and S !contains @"\\x"',
    """let w = dynamic(["a", "b"]); let f = (x:string) { x endswith ".exe" };
    Events | where S in~ (w) or f(S) | take 3""",
    'Events | extend L = tolower(S), P = J.a | where L == "x" or P != 5 | project-away L',
    "Events | where D > ago(1d) or D between (datetime(2024-01-01) .. 2h) | sort by N asc",
    'Events | parse S with * "cmd" X:string " " * | where X startswith ".e" | top 2 by N',
    'search "cmd*" or S:"who" | where isempty(J) or isnull(N)',
    "union Events, T1 | where iff(B, strlen(S), N % 3) >= 2 // note",
    "S =~ 'a' 'b' or \"q\" == `x` or S matches regex '(?i)a[b-d&&[^c]]+$'",
    'Events | where extract("(c..)", 1, S) == "cmd" or ipv4_is_in_range(S, "10.0.0.0/8")',
    'Events | where tostring(parse_json(S).a) has_any ("x", "y") and J["b"][0] + 1 > N * -2',
]
WORDS = [
    " and ",
    " or ",
    " not(",
    " has ",
    " !in (",
    "| where ",
    "let x = ",
    "dynamic(",
    "1d",
    "=~",
]
PIECES = [*"|()\"'[]{},;=-*/.@\\ 1aSNJ", *WORDS]


def _judge(text: str, types: dict[str, str] | None = None) -> None:
    try:
        query, semantics = read(text, language="kusto", events=EVENTS, types=types)
    except (harness.QuerySyntaxError, harness.Unsupported):
        return
    outcomes(query, EVENTS, semantics)
    assert query.prepare is not None
    rows = [query.prepare(event) for event in EVENTS]
    fast = list(masks.evaluate(query.predicate, Columns(rows), semantics))
    assert fast == [oracle.evaluate(query.predicate, event, semantics) for event in rows]


@settings(max_examples=100, deadline=None)
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
    _judge(text, data.draw(st.sampled_from([None, TYPES])))


@pytest.mark.parametrize(
    "text",
    [
        "(" * 5000,
        "not(" * 5000 + "B",
        "a" + ".b" * 5000 + "==1",
        "N" + "+1" * 5000 + "==1",
        "- " * 5000 + "1",
        "J" + "[0]" * 5000,
        "dynamic(" + "[" * 5000,
        "Events " + "| where N == 1 " * 3000,
        'S in ("' + '","'.join("x" * 20000) + '")',
        "let a0 = N; "
        + "".join(f"let a{i} = strcat(a{i - 1}, a{i - 1}); " for i in range(1, 60))
        + "Events | where a59 == 1",
        'let a0 = "x"; '
        + "".join(f"let a{i} = strcat(a{i - 1}, a{i - 1}); " for i in range(1, 60))
        + "Events | where S == a59",
        "let f0 = (x:long) { x }; "
        + "".join(f"let f{i} = (x:long) {{ f{i - 1}(x) + f{i - 1}(x) }}; " for i in range(1, 40))
        + "Events | where f39(N) == 1",
        "Events" + "| extend N = N + N" * 200 + "| where N == 1",
        "let f = (x:long) { f(x) }; Events | where f(N) == 1",
        'S matches regex "' + "(a" * 3000 + '"',
        'S matches regex "(x+x+)+y"',
        "/" * 5000,
        "`" * 5000,
    ],
    ids=range(18),
)
def test_excessive_queries_are_bounded(text: str) -> None:
    _judge(text)


@settings(max_examples=150, deadline=None)
@given(st.text("ab(|)[]^-&\\{}12,*+?.$pwd<P:=!xi~ ", max_size=14), st.text("ab1 -&\n", max_size=6))
def test_any_expression_is_compiled_or_refused(pattern: str, text: str) -> None:
    try:
        regex = compile_regex(pattern, "rust")
    except RegexError:
        return
    assert regex.matches(text) in {True, False}
