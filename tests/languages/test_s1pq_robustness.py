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
    {"a": "Evil.exe", "n": 5, "ok": True, "message": "an error", "dst.ip": "10.1.2.3"},
    {"a": "", "n": -2.5, "ok": False, "message": "", "src": {"b": "x"}, "dst.ip": "8.8.8.8"},
    {"a": ["x", "y"], "n": "7", "ok": None, "dst.ip": []},
]
QUERIES = [
    r"""a contains "\\evil" and (n > 4 or not ok = true) b !contains ('x', 'y') // end""",
    r"""error a matches:matchcase '^E\\w+' * contains 'exe' | filter n != 7 | sort -n | limit 3""",
    "| let u = a ? a : 'none', v = (n + 1) * 2 | filter u = 'none' || v >= 12.5 | columns u, w = v",
    "src.b = * !(a in:anycase ('EVIL.EXE', 5, true)) | let p = net_private(dst.ip) | filter !p",
    "| filter lower(a).len() > 3 and replace(a, '(e)', '$1!') contains 'x' or isblank(a)",
    r"""$"er+or\s?" "an" | columns a, z = n % 2 = 1 | filter z = true && a != null""",
]
WORDS = [" and ", " or ", "not ", " in (", " matches ", "| let x = ", "| filter ", "||", "= *"]
PIECES = [*"\"'()\\,=!<>*./+-%|?:[]$#5 \n", *WORDS, "null", "len(", "a"]
READINGS = [{}, {"missing": "matches"}, {"missing": "drops"}]


def _judge(text: str) -> None:
    for options in READINGS:
        try:
            query, semantics = read(text, language="s1pq", events=EVENTS, options=options)
        except (harness.QuerySyntaxError, harness.Unsupported):
            return
        fast = outcomes(query, EVENTS, semantics)
        slow = [oracle.evaluate(query.predicate, event, semantics) for event in EVENTS]
        assert fast == [semantics.unknown if item == 2 else item for item in slow]


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


@pytest.mark.parametrize("query", QUERIES)
def test_the_queries_to_damage_are_sound(query: str) -> None:
    assert len(harness.match(query, language="s1pq", events=EVENTS)) == len(EVENTS)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 5000,
        "!" * 5000 + "a",
        "not " * 5000 + "a='x'",
        "(" * 58 + "a='x'" + ")" * 58,
        "| let u = " + "a ? " * 500 + "b",
        "| let u = " + "+".join(["n"] * 5000),
        "| let u = " + "-" * 5000 + "n",
        "".join(f"| let a{i + 1} = a{i} + a{i} " for i in range(90)) + "| filter a90 = 1",
        "| filter a" + ".len()" * 5000,
        "| filter " + "len(" * 5000,
        "a matches '(x+x+)+y'",
        "|" * 5000,
        "| filter replace(a, '(x+x+)+y', '$1') = 'x'",
        " or ".join(f"a contains '{number}'" for number in range(3000)),
        "a in (" + ",".join(f"'{number}'" for number in range(3000)) + ")",
        "| let u = a | filter u in (" + ",".join(f"'{n}'" for n in range(3000)) + ")",
        "n = " + "9" * 5000,
        "n = 1e999",
    ],
    ids=range(18),
)
def test_excessive_queries_are_bounded(text: str) -> None:
    _judge(text)


def test_an_unknown_option_is_refused() -> None:
    with pytest.raises(harness.InvalidInput, match="missing"):
        harness.match("a = 'x'", language="s1pq", events=[{}], options={"missing": "perhaps"})
