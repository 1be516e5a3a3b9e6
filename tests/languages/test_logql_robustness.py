"""Whatever the text, reading LogQL gives a predicate, a syntax error or Unsupported."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import harness
from harness.evaluate import oracle
from harness.evaluate.verdicts import outcomes, read
from harness.languages.logql._changes import json_labels
from harness.languages.logql._entry import Entry

EVENTS: list[dict[str, Any]] = [
    {},
    {"labels": {"job": "w", "app": "a"}, "line": '{"a": "x", "b": {"c": 5}, "app": "b"}'},
    {"labels": {"job": "w"}, "line": 'a=x b="10.1.2.3" c=10ms', "metadata": {"m": "1"}},
    {"_raw": "plain\nline 10.0.0.1"},
    {"a": "y", "b": {"c": ["d", None]}, "n": 7.5, "ok": True},
    {"a": None, "": {"": "x"}, "b": "\udc80\ufffd"},
]
QUERIES = [
    '{job="w", app!~"b.*"} |= "a" or "b" != `c` | json | a=~"(?i)x.*" or n > 5 and ok="true"',
    '{job=~".+"} | logfmt --strict | c >= 5ms, b = ip("10.0.0.0/8") | __error__="" | drop a',
    '{job="w"} | json x="b.c[0]", y="a" | x!="" | label_format z=y,t="{{.x}}-{{__line__}}" | z="x"',
    '{job="w"} | regexp `(?P<u>\\w+)=(?P<v>.*)` | line_format "{{.u}}" |~ "^a" !> "<_>x" | keep u',
    '{job="w"} | pattern "<p>=<q> <_>" | unpack | decolorize | s < 5KiB | a!="x" b=~"y|yz" # end',
    '{job="w"} | label_format m=`{{ if eq .a .b }}true{{ else }}false{{ end }}` | m!=`true`',
]
PIECES = ["|", "{", "}", "(", ")", '"', "`", "'", "\\", "=", "=~", "!~", "!=", "|=", "|~", "|>",
          "!>", ">", ",", " or ", " and ", "json ", "logfmt ", "a", "5", "5m", "-", "--strict ",
          "ip(", "[5m]", "drop ", "{{.a}}", "#", "/*", "(?i)", ".*", "<_>"]  # fmt: skip


def _judge(text: str) -> None:
    try:
        query, semantics = read(text, language="logql", events=EVENTS)
    except (harness.QuerySyntaxError, harness.Unsupported):
        return
    fast = outcomes(query, EVENTS, semantics)
    prepared = [query.prepare(event) for event in EVENTS]
    slow = [oracle.evaluate(query.predicate, event, semantics) for event in prepared]
    assert fast == [semantics.unknown if item == 2 else item for item in slow]


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=60) | st.lists(st.sampled_from(PIECES), max_size=25).map("".join))
def test_any_text_is_read_or_refused(text: str) -> None:
    _judge(text)
    _judge(f'{{job="w"}} {text}')


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_damaged_queries_are_read_or_refused(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(QUERIES))
    for _ in range(data.draw(st.integers(0, 3))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 6)))
        text = text[:start] + data.draw(st.sampled_from(["", *PIECES])) + text[end:]
    _judge(text)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=80) | st.lists(st.sampled_from(PIECES), max_size=20).map("".join))
def test_any_line_goes_through_every_parser(line: str) -> None:
    events = [{"labels": {"job": "w"}, "line": text} for text in (line, f'{{"a":"{line}","b":1}}')]
    for query in QUERIES:
        answer = harness.match(query, language="logql", events=events)
        assert len(answer) == len(events)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.dictionaries(st.text(max_size=4), inner, max_size=4) | st.lists(inner),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.text(max_size=4), _JSON, max_size=5))
def test_a_document_has_the_labels_of_its_line(document: dict[str, Any]) -> None:
    if {"_raw", "_raw_b64", "line"} & set(document):
        return
    direct, from_line = Entry(document, {}), Entry(document, {})
    from_line.line = str(from_line.line)
    json_labels(direct)
    json_labels(from_line)
    assert direct.parsed == from_line.parsed


@pytest.mark.parametrize(
    "text",
    [
        '{job="w"} | ' + "(" * 5000,
        "(" * 5000 + '{job="w"}',
        '{job="w"} | ' + ",".join(['a="1"'] * 15_000),
        '{job="w"} | ' + " or ".join(['a="1"'] * 10_000),
        '{job="w"} | ' + " or ".join(["a=1"] * 10_000),
        '{job="w"} |= "a"' + ' or "a"' * 15_000,
        '{job="w"} ' + "| json " * 15_000,
        '{job="w"} |~ "' + "(" * 3000 + '"',
        '{job="w"} |~ "' + "(a|" * 3000 + "b" + ")" * 3000 + '"',
        '{job="w"} | a=~"' + "|".join(f"x{n}" for n in range(900)) + '"',
        '{job="w"} |~ "' + ".*a" * 3000 + '"',
        '{job="w"} | a > 9' + "9" * 5000,
        '{job="w"} | a > 5' + "h" * 5000,
        '{job="w"} | pattern "' + "<a> " * 3000 + '"',
        '{job="w"} | line_format "' + "{{.a}}" * 3000 + '"',
        '{job="w"} |= "' + "x" * 140_000 + '"',
        '{job="w"} |~ "((a{1,100}){1,100}){1,100}"',
    ],
    ids=range(17),
)
def test_excessive_queries_are_bounded(text: str) -> None:
    _judge(text)


def test_deep_json_is_bounded() -> None:
    line = '{"a":' * 3_000
    events = [{"labels": {"job": "w"}, "line": text} for text in (line, line + "1" + "}" * 20_000)]
    query = '{job="w"} | json | a="" | json x="a.a"'
    assert harness.match(query, language="logql", events=events) == [True, True]
