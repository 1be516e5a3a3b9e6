"""Whatever the text, reading it gives a predicate, a syntax error or Unsupported; nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import harness
from harness.evaluate import oracle
from harness.evaluate.verdicts import outcomes, read

TYPES: dict[str, Any] = {
    "user": "keyword",
    "msg": {"type": "text", "fields": {"keyword": {"type": "keyword", "ignore_above": 20}}},
    "body": "text",
    "n": "long",
    "d": "double",
    "ok": "boolean",
    "ts": "date",
    "ip": "ip",
    "w": "wildcard",
    "o": "object",
    "o.x": "keyword",
}
EVENTS: list[dict[str, Any]] = [
    {},
    {"user": "bob", "n": 5, "d": 0.5, "msg": "User login failed", "ok": True, "ip": "10.1.2.3"},
    {"user": "", "n": "7", "msg": "", "ok": "false", "ts": "2024-05-06T10:00:00Z", "o": {"x": "a"}},
    {"user": None, "n": [], "msg": ["a", "b"], "ip": "::1", "body": ["x y", None], "o": []},
    {"user": ["a", "B%"], "n": [1, 9], "ip": "-", "ts": [], "ghost": {"x": [1]}},
]
QUERIES = [
    "source=logs-2024.* | where user='bob' AND NOT (n > 3 XOR ok) OR like(msg, '%a\\_b%')",
    'search user="a*" OR n>=2 AND NOT msg="x y" source=a earliest=-1d@d error | where n in (1,2)',
    "source=a,b | eval x=lower(user), y=n*2+1, z=x | where z='bob' and y between 1 and 20 | head",
    "source=a | rename user as u, n as m | fields u, m* | where u LIKE 'b%' | sort - m | reverse",
    "source=a | where cidrmatch(ip, '10.0.0.0/8') or isnull(o.x) or isblank(user) or d / n > 0.1",
    "source=a | regex msg!='(?i)fail' | where regexp_match(user, '^b') or match_phrase(msg, 'a b')",
    "source=a | where case(n > 3, 'a', ok, 'b' else 'c') = 'a' and cast(n as string) != '5' // x",
    'source=a | where ts > date_sub(now(), interval 1 day) or `o.x` = "a""b" /* c */',
    "source=a | where query_string([user, msg^2], 'a AND b*', default_operator='AND')",
    "source=a | where user contains 'LO' or coalesce(user, ifnull(msg, 'x')) = 'x'",
    "source=a | where substring(msg, 2, 3) = 's' and length(trim(user)) > 2",
]
WORDS = [" and ", " or ", " not ", " xor ", " in ", "like", " is null", "case(", "if(", "source="]
PIECES = [*"|()\"'\\[],=-*? 1.`%_:;/<>!+é$", *WORDS, "match(", "eval ", "where ", "isnull(", "'a'"]


def _judge(text: str, version: str = "") -> None:
    try:
        query, semantics = read(
            text, language="ppl", events=EVENTS, types=TYPES, options={"version": version}
        )
    except (harness.QuerySyntaxError, harness.Unsupported):
        return
    fast = outcomes(query, EVENTS, semantics)
    slow = [oracle.evaluate(query.predicate, event, semantics) for event in EVENTS]
    assert fast == [semantics.unknown if item == 2 else item for item in slow]


versions = st.sampled_from(["", "2.19", "3.0", "3.2", "3.3", "3.6"])


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=60) | st.lists(st.sampled_from(PIECES), max_size=25).map("".join), versions)
def test_any_text_is_read_or_refused(text: str, version: str) -> None:
    _judge(text, version)
    _judge(f"source=a | where {text}", version)


@settings(max_examples=200, deadline=None)
@given(st.data(), versions)
def test_damaged_queries_are_read_or_refused(data: st.DataObject, version: str) -> None:
    text = data.draw(st.sampled_from(QUERIES))
    for _ in range(data.draw(st.integers(0, 3))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 6)))
        text = text[:start] + data.draw(st.sampled_from(["", *PIECES])) + text[end:]
    _judge(text, version)


@pytest.mark.parametrize("text", QUERIES)
def test_the_queries_themselves_are_read(text: str) -> None:
    read(text, language="ppl", events=EVENTS, types=TYPES)


@pytest.mark.parametrize(
    "text",
    [
        "source=a | where " + "(" * 5000,
        "source=a | where " + "not " * 5000 + "n=1",
        "source=a | where " + "(n=1 and " * 55 + "n=2" + ")" * 55,
        "source=a | where " + " xor ".join(["n=1"] * 500),
        "source=a | where " + " or ".join(["n=1"] * 5000),
        "source=a | where 0 < " + "+".join(["n"] * 5000),
        "source=a" + " | eval n=n+n" * 90 + " | where n=1",
        "source=a | where like(user, '" + "%a" * 3000 + "')",
        "source=a | where regexp_match(msg, '(x+x+)+y')",
        "search " + "not " * 5000 + "n=1 source=a",
        "search " + "a " * 5000 + "source=a",
        "source=a" + " |" * 5000,
        "source=a | where n in (" + ",".join(["1"] * 30000) + ")",
    ],
    ids=range(13),
)
def test_excessive_queries_are_bounded(text: str) -> None:
    _judge(text)
