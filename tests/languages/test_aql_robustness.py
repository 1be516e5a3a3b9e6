"""Whatever the text, reading it gives a predicate, a syntax error or Unsupported; nothing else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import harness
from harness.evaluate import oracle
from harness.evaluate.verdicts import outcomes, read
from harness.ir import Truth

EVENTS: list[dict[str, Any]] = [
    {},
    {"username": "bob", "devicetype": 12, "sourceip": "10.0.0.1", "payload": "User bob failed"},
    {"username": "", "magnitude": "7.5", "sourceip": "x", "payload": None, "Event ID": 4688},
    {"username": ["a", "b"], "magnitude": 5, "Process Path": {"a": 1}},
]
QUERIES = [
    "SELECT *, LOWER(username) AS 'u' FROM events WHERE devicetype=12 AND LOWER(u) LIKE '%x%'",
    "SELECT * FROM events WHERE \"Event ID\" IN('4688', 1) AND NOT(username MATCHES '.*b.*')",
    "SELECT QIDNAME(qid) AS n FROM events WHERE n ILIKE 'a%' OR username IS NOT NULL LAST 5 HOURS",
    "SELECT * FROM events WHERE INCIDR('10.0.0.0/8', sourceip) AND TEXT SEARCH 'bob failed'",
    "SELECT * FROM flows WHERE magnitude ^ 2 / 3 % 4 >= devicetype BETWEEN 1 AND 5 LIMIT 5",
    "SELECT COUNT(*) FROM events WHERE CONCAT(username, ':', STR(sourceip)) IMATCHES 'B.*'",
    "SELECT a FROM events GROUP BY username ORDER BY username DESC START '2024-05-01' STOP 5",
]
STATEMENT = "SELECT * FROM events WHERE {}"
WORDS = [
    *(" AND ", " OR ", " NOT ", " IN (", " LIKE ", " MATCHES ", " BETWEEN ", " IS NULL", "SELECT "),
    *(" FROM events ", " WHERE ", "LOWER(", "UTF8(payload)", "TEXT SEARCH ", "INCIDR(", " LAST 5 "),
    *("'a'", '"b"', "!=", "<=", "==", "<>", "||", "--", "/*", "*/"),
]
PIECES = [*"()'\",;.=<>+-*/%^ 19ab", *WORDS]


def _judge(text: str) -> None:
    try:
        query, semantics = read(text, language="aql", events=EVENTS)
    except (harness.QuerySyntaxError, harness.Unsupported):
        return
    fast = outcomes(query, EVENTS, semantics)
    slow = [oracle.evaluate(query.predicate, event, semantics) for event in EVENTS]
    assert fast == [semantics.unknown if item is Truth.UNKNOWN else item for item in slow]


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=60) | st.lists(st.sampled_from(PIECES), max_size=25).map("".join))
def test_any_condition_is_read_or_refused(text: str) -> None:
    _judge(text)
    _judge(STATEMENT.format(text))


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
    "condition",
    [
        "(" * 5000,
        "NOT " * 5000 + "a=1",
        "-" * 2 + "\n" + "- " * 5000 + "a=1",
        "a" + "+a" * 900 + "=1",
        "LOWER(" * 2000,
        " OR ".join(["a='b'"] * 5000),
        "a IN (" + ",".join(["1"] * 30_000) + ")",
        "a LIKE '" + "%a" * 3000 + "'",
        "a MATCHES '(x+x+)+y'",
        "a = " + "1" * 5000,
        "10 ^ 10 ^ 10 ^ 10 > a",
        "a ^ 999999 > 1",
        "CONCAT(" + ",".join(["a"] * 200) + ") = 'b'",
        "INCIDR('::/0', a)",
    ],
    ids=range(14),
)
def test_excessive_queries_are_bounded(condition: str) -> None:
    _judge(STATEMENT.format(condition))


def test_the_time_range_is_kept() -> None:
    query, _ = read("SELECT * FROM events LAST 2 DAYS", language="aql")
    assert query.schedule is not None
    assert query.schedule.lookback == timedelta(days=2)
    assert query.schedule.field == "starttime"


@pytest.mark.parametrize("options", [{"missing": "x"}, {"matches": "partly"}])
def test_options_are_checked(options: dict[str, str]) -> None:
    with pytest.raises(harness.InvalidInput):
        harness.match("SELECT * FROM events", language="aql", events=[{}], options=options)
