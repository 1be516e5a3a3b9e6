"""Our reading of grep against GNU grep itself: same verdicts, or both refuse."""

from __future__ import annotations

import base64
import re
import shlex
import tomllib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import harness
from harness.engines import grep as real

CASES = Path(__file__).parents[1] / "languages" / "cases" / "grep"
VERSION = real.available()
pytestmark = pytest.mark.skipif(VERSION is None, reason="GNU grep is not installed")
OPTIONS = {"version": VERSION or ""}

ATOMS = {
    "-G": [
        "a", "b", "A", "K", "1", "_", "-", " ", "foo", ".", "*", "^", "$", "\\(", "\\)", "\\|",
        "\\?", "\\+", "\\{1,2\\}", "\\{,2\\}", "\\{2,\\}", "\\{", "\\}", "{", "|", "+", "?", "\\1",
        "\\<", "\\>", "\\b", "\\B", "\\w", "\\W", "\\s", "\\S", "\\`", "\\'", "\\d", "\\.", "\\\\",
        "[a-c]", "[^a]", "[[:alpha:]]", "[[:upper:]b]", "[]a]", "[a-]", "[A-b]", "[0-9]",
        "[[.a.]]", "[[=a=]]", "[[:foo:]]", "[:space:]", "[a", "é", "É", "[é]", "[à-ü]", "ß",
        "\u017f",
    ],
    "-E": [
        "a", "b", "A", "K", "1", "_", "-", " ", "foo", ".", "*", "^", "$", "(", ")", "|", "?", "+",
        "{1,2}", "{,2}", "{2,}", "{1", "{", "}", "()", "(a|b)", "\\1", "\\<", "\\>", "\\b", "\\B",
        "\\w", "\\W", "\\s", "\\S", "\\d", "\\.", "\\(", "\\{", "[a-c]", "[^a]", "[[:alpha:]]",
        "[[:space:]]", "[]a]", "[a-Z]", "[a", "(?:a|b)", "a+?", "é", "É", "[é]", "[^é]", "\u017f",
        "\u212a",
    ],
    "-F": ["a", "b", "foo", "A", ".", "*", "\\", "^a", "[a]", "é", "É", " ", "-", "a.b", "\\n"],
    "-P": [
        "a", "b", "A", "k", "1", " ", "foo", ".", "*", "^", "$", "(", ")", "(?:", "|", "?", "+",
        "{1,2}", "{,2}", "\\1", "\\b", "\\w", "\\W", "\\s", "\\S", "\\d", "\\D", "\\.", "[a-c]",
        "[^a]", "[[:alpha:]]", "[\\d_]", "(?i)", "(?=a)", "(?!a)", "(?<=a)", "(?<!b|ab)", "(?>a+)",
        "\\K", "\\Qa.b\\E", "\\x41", "\\U", "\\p{L}", "\\R", "\\z", "a++", "(?<=a+)", "é", "[^é]",
    ],
}  # fmt: skip
"""Pieces of patterns, chosen so that every rule of a dialect meets every other."""
FLAGS = ["-i", "-v", "-w", "-x", "-c", "-o", "-l", "-L", "-q", "-s", "-a", "-I", "-z", "-m1", "-y"]
PIECES = [
    "a", "b", "c", "A", "B", "K", "k", "\u212a", "1", "_", "-", " ", "foo", "a.b", "\t", "é", "É",
    "\u017f", "ß", "日", "\xa0", "·", "e\u0301", "{", "}", "(", ")", "|", "+", "?", "*", "\\", "^",
    "$", "[", "]", ".", "\r",
]  # fmt: skip

lines = st.lists(
    st.lists(st.sampled_from(PIECES), max_size=6).map("".join), min_size=1, max_size=12
)
byte_lines = st.lists(
    st.lists(
        st.sampled_from([b"a", b"b", b"\xff", b"\xb7", b"\xc3", "é".encode(), b" "]), max_size=5
    ).map(b"".join),
    min_size=1,
    max_size=6,
)


@st.composite
def commands(draw: st.DrawFn) -> str:
    """One grep with a pattern of its dialect and some options, in either locale."""
    dialect = draw(st.sampled_from(sorted(ATOMS)))
    atoms = st.lists(st.sampled_from(ATOMS[dialect]), min_size=0, max_size=5)
    patterns = ["".join(draw(atoms)) for _ in range(draw(st.sampled_from([1, 1, 1, 2])))]
    flags = draw(st.lists(st.sampled_from(FLAGS), max_size=2))
    locale = draw(st.sampled_from(["", "", "LC_ALL=C ", "LC_ALL=C.UTF-8 "]))
    given_patterns = " ".join(f"-e {shlex.quote(pattern)}" for pattern in patterns)
    return f"{locale}grep {dialect} {' '.join(flags)} {given_patterns}"


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
