"""Whatever the text, an OpenSearch query string is read or refused with a place."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

import harness

EVENTS: list[dict[str, Any]] = [
    {},
    {"msg": "Login failed", "host": "WEB01", "t": "2024-05-06T03:00:00Z", "ip": "10.0.0.1"},
    {"msg": ["a", None], "n": [3, 4.5], "flat": {"k": {"x y": "v"}}, "w": "C:\\Temp", "": "y"},
]
TYPES = {
    "msg": "text",
    "host": "keyword",
    "t": "date",
    "ip": "ip",
    "n": "long",
    "w": "wildcard",
    "flat": "flat_object",
}
FIELDS = ["msg", "host", "t", "ip", "n", "w", "flat", "flat.k", "_exists_", "*", "f*", "nothing"]
VALUES = [
    "login",
    '"login failed"~2',
    "log*",
    "*in",
    "?o*",
    "/a.*[^b]~c/",
    "/x",
    "lgoin~",
    "3~5",
    ">5",
    "[now-1h/d TO now]",
    "{1 TO *}",
    "10.0.0.0/8",
    "2024-05-06",
    "(a OR b)^2",
    "-1",
    "\\u0041",
    "\\",
    '"',
    "é",
]
TOKENS = ["AND", "OR", "NOT", "&&", "||", "!", "+", "-", "(", ")", ":", "^", "TO", *VALUES]
CLAUSES = st.tuples(st.sampled_from(FIELDS), st.sampled_from(VALUES)).map(":".join)


def assert_placed(error: Exception) -> None:
    assert "\n" in str(error)


@given(
    text=st.text(max_size=30)
    | st.lists(st.sampled_from(TOKENS) | CLAUSES, max_size=10).map(" ".join),
    dynamic=st.booleans(),
    version=st.sampled_from(["", "1.3", "2.19", "3.1"]),
    typed=st.booleans(),
)
@settings(max_examples=300, deadline=None)
def test_text_is_read_or_refused(text: str, dynamic: bool, version: str, typed: bool) -> None:  # noqa: FBT001
    options: dict[str, Any] = {"dynamic": dynamic}
    if version:
        options["version"] = version
    types = TYPES if typed else None
    try:
        outcome = harness.match(
            text, language="opensearch", events=EVENTS, types=types, options=options
        )
    except (harness.QuerySyntaxError, harness.Unsupported) as error:
        assert_placed(error)
    else:
        assert len(outcome) == len(EVENTS)


def test_deep_nesting_is_refused_or_read() -> None:
    for text in ("(" * 5000 + "a" + ")" * 5000, "NOT " * 5000 + "a", "host:/" + "(a" * 9000 + "/"):
        try:
            harness.match(text, language="opensearch", events=EVENTS, types=TYPES)
        except (harness.QuerySyntaxError, harness.Unsupported) as error:
            assert_placed(error)
