"""Whatever the text, a Graylog search is read or refused with a place."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

import harness

EVENTS: list[dict[str, Any]] = [
    {},
    {"message": "Login failed", "source": "WEB01", "timestamp": "2024-05-06 03:00:00.000"},
    {"winlog": {"id": 7, "a b": None}, "level": [3, " x "], "": "y"},
]
TOKENS = [
    "AND",
    "OR",
    "NOT",
    "(",
    ")",
    "message:",
    "source:",
    "timestamp:",
    "level:",
    "winlog_id:",
    "_exists_:",
    "*",
    "a*",
    "*a",
    "?b",
    "/a.*/",
    "/x",
    '"a',
    'b"',
    "~2",
    ">5",
    "[now-1h",
    "TO",
    "now]",
    "\\",
    "\\u0041",
    "\\/",
    ":",
    "!",
    "+",
    "-",
    "login",
    "failed",
    "3",
    "é",
]


def assert_placed(error: Exception) -> None:
    assert "\n" in str(error)


@given(
    text=st.text(max_size=30) | st.lists(st.sampled_from(TOKENS), max_size=10).map(" ".join),
    ingest=st.booleans(),
    backend=st.sampled_from(["opensearch", "elasticsearch"]),
)
@settings(max_examples=300, deadline=None)
def test_text_is_read_or_refused(text: str, ingest: bool, backend: str) -> None:  # noqa: FBT001
    options = {"ingest": ingest, "backend": backend}
    try:
        outcome = harness.match(text, language="graylog", events=EVENTS, options=options)
    except (harness.QuerySyntaxError, harness.Unsupported) as error:
        assert_placed(error)
    else:
        assert len(outcome) == len(EVENTS)
