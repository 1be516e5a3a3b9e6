"""Our reading of grep against GNU grep itself: same verdicts, or both refuse."""

from __future__ import annotations

import base64
import os
import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import harness
from harness.engines import grep as real
from harness.referee.grep import byte_lines, commands, lines

CASES = Path(__file__).parents[1] / "languages" / "cases" / "grep"
VERSION = real.available()
pytestmark = pytest.mark.skipif(VERSION is None, reason="GNU grep is not installed")
OPTIONS = {"version": VERSION or ""}


def _event(line: str | bytes) -> dict[str, str]:
    if isinstance(line, str):
        return {"_raw": line}
    return {"_raw_b64": base64.b64encode(line).decode()}


def _ours(query: str, texts: list[str] | list[bytes]) -> list[bool | None] | str:
    try:
        return harness.match(
            query, language="grep", events=[_event(line) for line in texts], options=OPTIONS
        )
    except harness.QuerySyntaxError:
        return "refused"


def _real(query: str, texts: list[str] | list[bytes]) -> list[bool | None] | str:
    try:
        return real.run(query, list(texts), options=OPTIONS)
    except harness.QuerySyntaxError:
        return "refused"


def _agree(query: str, texts: list[str] | list[bytes]) -> None:
    try:
        ours = _ours(query, texts)
    except harness.Unsupported:
        return
    theirs = _real(query, texts)
    if isinstance(ours, list) and isinstance(theirs, list) and None not in theirs:
        # -w with an empty match beside other alphabets is declared undefined; see docs
        ours = [
            right if left is None and _may_be_undefined(query) else left
            for left, right in zip(ours, theirs, strict=True)
        ]
    assert ours == theirs


EVERY = os.environ.get("HARNESS_HYPOTHESIS", "default") != "default"
MANY = settings().max_examples
"""Examples of the profile in force; each starts grep several times."""


def _may_be_undefined(query: str) -> bool:
    return " -w" in query


@settings(max_examples=MANY, deadline=None, suppress_health_check=list(HealthCheck))
@given(commands(), lines)
def test_verdicts_are_those_of_grep(query: str, texts: list[str]) -> None:
    _agree(query, texts)


@settings(max_examples=MANY // 2, deadline=None, suppress_health_check=list(HealthCheck))
@given(commands(), byte_lines)
def test_verdicts_on_bytes_are_those_of_grep(query: str, texts: list[bytes]) -> None:
    _agree(query, texts)


@settings(max_examples=MANY // 4, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(commands(), min_size=2, max_size=3), lines, st.sampled_from([" && ", " || ", " | "])
)
def test_command_lines_are_those_of_a_shell(
    queries: list[str], texts: list[str], operator: str
) -> None:
    first, *others = queries
    file = "" if operator == " | " else " FILE"
    _agree(operator.join([f"{first} FILE", *(f"{other}{file}" for other in others)]), texts[:3])


def _recorded() -> list[tuple[str, list[str]]]:
    """Return the queries of the case files with the lines of their events.

    Several lines in a pipeline are declared undefined; see docs/languages/grep.md.
    """
    found = []
    for path in sorted(CASES.glob("*.toml")):
        for case in tomllib.loads(path.read_text("utf-8"))["case"]:
            events = case.get("events", [])
            texts = [item["_raw"] for item in events if "_raw" in item]
            texts = [text for text in texts if not ("\n" in text and "|" in case["query"])]
            if texts and not case.get("options"):
                found.append((case["query"], texts))
    return found


@pytest.mark.skipif(not EVERY, reason="seconds: tox -e referee")
@pytest.mark.skipif(
    not re.match(r"3\.8", VERSION or ""), reason="the cases are those of GNU grep 3.8"
)
def test_case_files_say_what_grep_says() -> None:
    for query, texts in _recorded():
        try:
            ours = _ours(query, texts)
        except harness.Unsupported:
            continue
        assert ours == _real(query, texts), query


def test_refusal_is_in_the_words_of_grep() -> None:
    with pytest.raises(harness.QuerySyntaxError, match=r"Unmatched \( or") as caught:
        real.run("grep -E '('", ["x"])
    assert caught.value.span.start == len("grep -E ")


def test_lines_with_newlines_and_nuls_are_run_one_by_one() -> None:
    assert real.run("grep '^b'", ["a\nb", "a\0b", "ab"]) == [True, True, False]


def test_an_error_on_one_line_does_not_spoil_the_others() -> None:
    texts = ["a" * 40 + "b", "aa", "b"]
    assert real.run("grep -P '^(a+)+$'", texts) == [None, True, False]
    assert _ours("grep -P '^(a+)+$'", texts) == [None, True, False]


def test_cost_grows_with_back_references() -> None:
    query = "grep -E '^(.*)(.*)(.*)x\\1\\2\\3$'"
    assert real.seconds(query, "a" * 10) >= 0.0
