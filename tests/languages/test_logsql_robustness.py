"""Whatever the text, reading LogsQL gives a predicate, a syntax error or Unsupported."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import harness
from harness.evaluate import oracle
from harness.evaluate.verdicts import outcomes, read
from harness.ir import Context
from harness.languages.logsql import LANGUAGE
from harness.languages.logsql import _numbers as numbers
from harness.source import Source

EVENTS: list[dict[str, Any]] = [
    {},
    {"_msg": "an error: 42 here", "a": "x", "b": {"c": 5}, "app": "web"},
    {"_msg": "naïve\n10.0.0.1", "a": -5, "b": [1, "x"], "_time": "2024-05-12T14:55:22.5Z"},
    {"a": "1_0", "b": "010.0.0.1", "d": "\udc80\ufffd", "": {"": "x"}, "t": "2024-05-12 1:2"},
    {"a": None, "k" * 200: 1, "b": 1e300},
]  # fmt: skip
QUERIES = [
    '{app="web", env!~"p.*" or a in (b, "c")} error !a:="x y" (b.c:>5 or _msg:~"(?i)err") # end',
    "_time:[2024-05-12, now-1h) offset 5m _time:day_range(08:00, 18:00] i(ERR*) a:*x* | filter b:*",
    "a:in(1, `2`, '3') b:contains_any(x, \"y z\") d:seq(a, b) | fields a, b* | a:range(1, 1.5KB]",
    'pattern_match_full("<N> <W>") a:ipv4_range("10.0.0.0/8") b:ipv6_range("::/0") d:le_field(a)',
    "options(concurrency=2) a:len_range(0, inf) | mv a as z, b z2 | sort by (z desc) limit 5 | z:5",
    'b:json_array_contains_any(1, x) a:string_range("", z) a:contains_common_case(AbC) | head | x',
]
PIECES = [
    *("|", "{", "}", "(", ")", '"', "`", "'", "\\", "=", "=~", "!~", "!=", "~", ">", ",", ":", "*"),
    *(
        " or ",
        " and ",
        "not ",
        "a",
        "5",
        "_time:",
        "-",
        "[",
        "]",
        "in(",
        "#",
        "\n",
        "range(",
        "<N>",
    ),
    *("filter ", "fields ", "\x00", "é", "options(", "now", "_stream:", "i(", "\udc80", ".", "+"),
]


def _judge(text: str) -> None:
    options = {"stream_fields": "app"}
    try:
        query, semantics = read(text, language="logsql", events=EVENTS, options=options)
    except (harness.QuerySyntaxError, harness.Unsupported):
        return
    fast = outcomes(query, EVENTS, semantics)
    if query.upstream is None and not query.stages and query.prepare is not None:
        prepared = [query.prepare(event) for event in EVENTS]
        slow = [oracle.evaluate(query.predicate, event, semantics) for event in prepared]
        assert fast == [semantics.unknown if item == 2 else item for item in slow]


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60) | st.lists(st.sampled_from(PIECES), max_size=25).map("".join))
def test_any_text_is_read_or_refused(text: str) -> None:
    _judge(text)
    _judge(f"a:x | {text}")


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_damaged_queries_are_read_or_refused(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(QUERIES))
    for _ in range(data.draw(st.integers(0, 3))):
        at = data.draw(st.integers(0, len(text)))
        cut = data.draw(st.integers(0, 4))
        text = text[:at] + data.draw(st.sampled_from(["", *PIECES])) + text[at + cut :]
    _judge(text)


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="0123456789-+._eExXKMiBsmhd:TZ na", max_size=40) | st.text(max_size=12))
def test_any_text_is_a_number_or_none(text: str) -> None:
    for reads in (numbers.number, numbers.count, numbers.milliseconds, numbers.clock):
        reads(text)


@pytest.mark.parametrize("text", ["(" * 5000, "!" * 5000, '"":' * 3000, "a:(" * 3000])
def test_deep_nesting_is_refused(text: str) -> None:
    with pytest.raises((harness.QuerySyntaxError, harness.Unsupported)):
        read(f"{text}x", language="logsql")


PIPES = ["rename a b, b a", "fields a", "limit 5 | a", "sort limit 1 | a"]


@pytest.mark.parametrize("pipe", PIPES)
def test_pipes_that_move_fields_are_bounded(pipe: str) -> None:
    _judge("* | " + " | ".join([pipe] * 50) + " | a:x")
    with pytest.raises(harness.Unsupported, match="so many pipes"):
        read("* | " + " | ".join([pipe] * 2000) + " | a:x", language="logsql")


def test_many_filters_behind_each_other_are_read() -> None:
    _judge(" | ".join(["a"] * 1000))


def test_an_option_of_another_kind_is_refused() -> None:
    with pytest.raises(harness.InvalidInput, match="stream_fields"):
        read("a", language="logsql", options={"stream_fields": 5})


@pytest.mark.parametrize("query", [">nan", "a:<=NaN", "a:range(nan, 5)", "a:range[1, nan)"])
def test_what_is_no_number_is_read_alike_each_time(query: str) -> None:
    source = Source(query)
    first, second = (LANGUAGE.parse(source, Context()).predicate for _ in range(2))
    assert first == second
