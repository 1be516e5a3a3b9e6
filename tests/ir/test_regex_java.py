"""The Java dialect of regular expressions, against the reference page of ``Pattern``."""

from __future__ import annotations

from contextlib import suppress

import pytest

from harness.errors import Fault
from harness.ir.regexes import RegexError, compile_regex
from harness.ir.regexes._timed import BeyondRegex
from harness.ir.values import Case


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        (r"^net\.e.*$", "net.exe", True),
        ("a.c", "a\nc", False),
        ("a.c", "a\u2028c", False),
        ("(?s)a.c", "a\nc", True),
        (r"\d+", "12", True),
        (r"\d+", "١٢", False),
        (r"\w", "é", False),
        (r"\W", "é", True),
        (r"\p{Lu}\p{L}", "Éa", True),
        (r"\p{Alpha}+\p{Punct}", "abc!", True),
        (r"\Qa.b\E+", "a.b", None),
        (r"\Qa.b\Ec", "a.bc", True),
        (r"[^a-c&]", "d", True),
        (r"[^a-c&]", "&", False),
        (r"[\]\\x-z-]+", "]\\y-", True),
        (r"a++b", "aab", True),
        (r"a{2,3}?", "aaa", True),
        (r"(?<first>a)|b", "b", True),
        (r"(?i)ABC", "abc", True),
        (r"(?i:A)B", "aB", True),
        (r"(?i:A)B", "ab", False),
        (r"x(?=y)y(?!z)", "xy", True),
        (r"\x41B\x{43}\0103", "ABCC", True),
        (r"a\Rb", "a\r\nb", True),
        (r"\bab\b", "ab", True),
    ],
)
def test_whole_match(pattern: str, text: str, expected: bool | None) -> None:  # noqa: FBT001
    if expected is None:
        with pytest.raises(BeyondRegex):
            compile_regex(pattern, "java", whole=True)
        return
    assert compile_regex(pattern, "java", whole=True).matches(text) is expected


def test_it_searches_unless_told_otherwise() -> None:
    assert compile_regex("b", "java").matches("abc")
    assert not compile_regex("b", "java", whole=True).matches("abc")


def test_letter_case_folds_ascii_only() -> None:
    assert compile_regex("[a-f]x", "java", case=Case.ASCII, whole=True).matches("Bx")
    assert not compile_regex("é", "java", case=Case.ASCII, whole=True).matches("É")


@pytest.mark.parametrize(
    "pattern",
    ["(", "a)", "*a", "a{2", "{2}", "a{3,2}", "[", "[b-a]", "\\", r"\y", "(?z)a", "(?P<a>b)"],
)
def test_rejected(pattern: str) -> None:
    with pytest.raises(RegexError) as caught:
        compile_regex(pattern, "java")
    assert not isinstance(caught.value, BeyondRegex)


@pytest.mark.parametrize("pattern", [r"(a)\1", "[a&&b]", r"\p{InGreek}", "(" * 100 + ")" * 100])
def test_not_translated(pattern: str) -> None:
    with pytest.raises(BeyondRegex):
        compile_regex(pattern, "java")


def test_a_hostile_pattern_ends() -> None:
    regex = compile_regex("(x+x+)+y", "java", whole=True)
    with suppress(Fault):
        assert not regex.matches("x" * 40)
