"""Whatever the text, reading SPL gives a predicate, a syntax error or Unsupported; nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import harness
from harness.evaluate import oracle
from harness.evaluate.verdicts import outcomes, read

DETECTIONS = Path(__file__).parents[3] / "shared" / "data" / "splunk-detections"
EVENTS: list[dict[str, Any]] = [
    {},
    {"a": "x", "b": "10.1.2.3", "n": 5, "_raw": "a=x b=10.1.2.3 failed login"},
    {"a": ["x", "y"], "b": "", "n": "7.5", "_raw": ""},
    {"a": "y", "b": '[{"k": 1}, {"k": null}]', "n": "-", "_raw": '{"a": [{"b": "x"}]}'},
    {"a": None, "b": True, "n": [], "Image": "C:\\Windows\\cmd.exe"},
]
QUERIES = [
    'index=w (a="x*" OR NOT b!=y) "two words" TERM(1.2.3.4) n>=5 | where match(a, "(?i)^x")',
    'a IN ("x", y*) b=10.0.0.0/8 CASE(Foo) ```note``` | regex Image!="\\\\\\\\cmd\\.exe$"',
    '* | eval c=if(n>4 AND a!="x", lower(a).":".n, coalesce(b, "z")), d=mvindex(split(b, "."), 0)',
    '* | rex field=b "(?<net>\\d+)\\." max_match=2 | search net=10 | stats count by net, a',
    '* | rename a AS z, foo.* AS * | fields - b | where isnull(b) XOR like(z, "x%_") OR n in(5)',
    "* | fillnull value=- b | dedup a | eval e=case(n>1, 1, true(), null()) | where isnotnull(e)",
    '* | where searchmatch("failed NOT root") AND (cidrmatch("10.0.0.0/8", b) OR n*2-1 > 8)',
    "`m(a, x)` | table a b | head 5 | `n`",
    '* | spath path=a{0}.b output=c | spath input=b | strcat a "-" n d | search d=x "{}.k"=1',
    '* | replace "x*" WITH *, y WITH z IN a | rex mode=sed field=b "s/(\\.)/\\1N/g" | where b="N"',
]
PIECES = ["|", "(", ")", '"', "'", "\\", "`", "```", "[", "]", ",", "=", "!=", "NOT ", " OR ",
          " AND ", "*", "IN (", "where ", "eval ", "x=", "1", ".", "in(", "case(", " "]  # fmt: skip
OPTIONS = {"macros": {"m(f, v)": "$f$=$v$ OR `n`", "n": "search a=*", "loop": "`loop`"}}


def _judge(text: str) -> None:
    try:
        query, semantics = read(text, language="spl", events=EVENTS, options=OPTIONS)
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
        "NOT " * 5000 + "a=1",
        "(a=1 NOT " * 55 + "b=2" + ")" * 55,
        "* | where " + "(" * 5000,
        "* | where " + "NOT (a=b AND " * 55 + "c=d" + ")" * 55,
        "* | where " + "if(" * 3000,
        "* | where " + "-" * 5000 + "1=1",
        "* | where a=" + "+".join(["n"] * 5000),
        "* " + "| eval a=a.a " * 90 + "| where a=1",
        "* " + "| eval a=if(a=1,a,b) " * 90 + "| where a=1",
        "* " + "| rename a AS b, b AS a " * 90 + "| where a=1",
        "`loop`",
        '* | where match(a, "(x+x+)+y")',
        "|" * 5000,
        "a" + "*a" * 3000,
        '* | rex "' + "(?<a>a)" * 2000 + '"',
    ],
    ids=range(16),
)
def test_excessive_queries_are_bounded(text: str) -> None:
    _judge(text)


def _stubs(text: str) -> dict[str, str]:
    """Return a definition that changes nothing for each macro of a search."""
    found = {}
    for call in text.split("`")[1::2]:
        name, _, arguments = call.partition("(")
        count = len(arguments.split(",")) if arguments else 0
        key = f"{name.strip()}({count})" if count else name.strip()
        found[key] = "localop" if count else "search *" if name.endswith("_filter") else "index=*"
    return found


def test_splunks_own_detections_are_read_or_refused() -> None:
    paths = sorted(DETECTIONS.glob("**/*.yml"))[::4]
    if not paths:
        pytest.skip("Splunk's detections are not beside this checkout")
    read_count = 0
    for path in paths:
        text = yaml.load(path.read_text("utf-8"), yaml.CSafeLoader).get("search", "*")
        try:
            read(text, language="spl", options={"macros": _stubs(text)})
        except (harness.QuerySyntaxError, harness.Unsupported):
            continue
        read_count += 1
    assert read_count > len(paths) / 5
