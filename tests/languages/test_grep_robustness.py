"""Whatever the text, reading a grep command line gives a predicate or a declared refusal."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

import harness
from harness.evaluate import oracle
from harness.evaluate.verdicts import outcomes, read

EVENTS = [
    {},
    {"_raw": ""},
    {"_raw": "aaa foo bar C:\\Windows é"},
    {"_raw": "a\nb\0c"},
    {"_raw": "\ud800 lone"},
    {"_raw_b64": "Yf9i"},
]
QUERIES = [
    "grep -iE '^(foo|bar)+.*[[:digit:]]{2,3}$' FILE",
    "grep -P '(?<=a)\\bfoo(?!bar)\\d+' FILE | grep -v -e x -e \"y\\.z\" | grep -c q",
    "! LC_ALL=C grep -wF -f words FILE && cat FILE | egrep $'a\\x41\\u00e9' || zgrep -x 'a'",
    "env LC_ALL=C.UTF-8 grep --regexp=a{b,c}d{1..3} -m 2 -- - < FILE 2>/dev/null",
    "( grep '\\(a\\)\\1\\{2,\\}\\|[^]a-c]' -n FILE | grep -L b ); { grep -z a FILE; }",
    "grep -P '^(a|a?)+$|(x+x+)+y|\\Q.\\E(?:b|(?<n>c))\\k<n>' FILE",
]
PIECES = [
    "'", '"', "$'", "\\", "(", ")", "[", "]", "{", "}", "{1,", "*", "+", "?", "|", "||", "&&", ";",
    "\n", "#", "$", "`", "$(", "<", ">", "!", "-e ", "-P ", "-f", " --", "FILE", "\\1", "[[:", "(?",
    "(?<=", "\\Q", "é", "\0", "\ud800", "a{,", "(*", "..",
]  # fmt: skip
OPTIONS = {"files": {"words": "foo\nbar\n"}}


def _judge(text: str) -> None:
    try:
        query, semantics = read(text, language="grep", events=EVENTS, options=OPTIONS)
    except (harness.QuerySyntaxError, harness.Unsupported):
        return
    fast = outcomes(query, EVENTS, semantics)
    slow = [oracle.evaluate(query.predicate, query.prepare(event), semantics) for event in EVENTS]
    assert fast == slow


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=60), st.lists(st.sampled_from(PIECES), max_size=8).map("".join))
def test_any_text_is_read_or_refused(noise: str, pieces: str) -> None:
    _judge(noise)
    _judge(f"grep {pieces}")
    _judge(f"grep -E '{pieces.replace(chr(39), '')}' FILE")
    _judge(f"grep -P '{pieces.replace(chr(39), '')}' FILE")


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(QUERIES), st.data())
def test_mutated_queries_are_read_or_refused(query: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(query)))
    end = data.draw(st.integers(start, min(len(query), start + 4)))
    piece = data.draw(st.sampled_from(PIECES) | st.text(max_size=3))
    _judge(query[:start] + piece + query[end:])


def test_the_queries_themselves_are_read() -> None:
    for query in QUERIES:
        read(query, language="grep", options=OPTIONS)
