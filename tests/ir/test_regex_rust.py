"""The Rust dialect of regular expressions, against the crate's page and ripgrep 13.0.0.

https://docs.rs/regex/latest/regex/#syntax
"""

from __future__ import annotations

from contextlib import suppress
from typing import cast

import pytest

from harness.errors import Fault
from harness.ir.regexes import Finder, RegexError, TooComplex, compile_regex
from harness.ir.values import Case


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("b", "abc", True),
        ("^b", "a\nb", False),
        ("(?m)^b$", "a\nb\nc", True),
        ("b$", "ab\n", False),
        (r"b\z", "ab", True),
        ("a.c", "a\nc", False),
        ("(?s)a.c", "a\nc", True),
        (r"^\d\w\s$", "٣é\u3000", True),
        (r"[[:alpha:]]", "é", False),
        (r"^[^[:digit:]]+$", "ab", True),
        (r"^[a-y&&[^xc]]+$", "abd", True),
        (r"^[a-y&&[^xc]]+$", "abc", False),
        (r"^[\w--\d]+$", "ab1", False),
        (r"^[a-c~~b-d]+$", "ad", True),
        (r"^[a-c~~b-d]+$", "ab", False),
        ("[a--]", "a", True),
        ("^[]a]+$", "]a", True),
        ("^[a-]+$", "-a", True),
        ("^[--a]+$", "-a", True),
        ("(?i)straße", "STRAßE", True),
        ("(?i:a)b", "AB", False),
        ("a(?i)b|c", "C", True),
        (r"\bfoo\b", "a foo.", True),
        (r"\b{start}oo", "foo", False),
        (r"\<foo\>", "a foo", True),
        (r"\b{1,2}a", "a", True),
        ("(?x) a b # both", "ab", True),
        ("^(?U)a+$", "aaa", True),
        ("a**", "b", True),
        ("^a{ 2 }$", "aa", True),
        (r"\x{1F600}", "\U0001f600", True),
        (r"\u0041\U00000042\x43", "ABC", True),
        (r"\pL\p{Greek}\PL", "a\u03b11", True),
        (r"\/\-\ ", "/- ", True),
        ("a}", "a}", True),
        ("|a", "x", True),
    ],
)
def test_matches(pattern: str, text: str, *, expected: bool) -> None:
    assert compile_regex(pattern, "rust").matches(text) is expected


@pytest.mark.parametrize(
    "pattern",
    [
        "(?=a)",
        "(?<!a)b",
        r"(a)\1",
        "(?>a)",
        "(?#x)",
        "*a",
        "a{,2}",
        "a{2,1}",
        "{",
        "a{x}",
        "(a",
        "a)",
        "[a",
        "[b-a]",
        r"[\d-x]",
        r"[a-\d]",
        r"\Q",
        r"\Z",
        r"\h",
        "\\",
        r"\xZZ",
        r"\u{110000}",
        "(?P<a>b)(?P<a>c)",
        "(?P<1>b)",
        "(?ii)",
        "(?-)",
        r"\b{no}",
    ],
)
def test_rejects(pattern: str) -> None:
    with pytest.raises(RegexError) as caught:
        compile_regex(pattern, "rust")
    assert not isinstance(caught.value, TooComplex)


@pytest.mark.parametrize("pattern", ["(?-u)a", "(?R)a$", "a{5000}", r"\p{Script=Latin}", "(" * 99])
def test_leaves_alone(pattern: str) -> None:
    with pytest.raises(TooComplex):
        compile_regex(pattern, "rust")


def test_options_and_groups() -> None:
    assert compile_regex("A", "rust", case=Case.UNICODE).matches("xa")
    assert not compile_regex("a", "rust", whole=True).matches("ab")
    finder = compile_regex("(?P<first>a+?)(b)?", "rust")
    found = list(cast("Finder", finder).finds("aab"))
    assert [(one.start, one.end, one.groups) for one in found] == [
        (0, 1, ("a", None)),
        (1, 3, ("a", "b")),
    ]
    assert found[0].named == {"first": "a"}


def test_time_is_bounded() -> None:
    with suppress(Fault):
        assert not compile_regex("(x+x+)+(x+x+)+y", "rust").matches("x" * 60)
