"""The dialects that grep needs: bounds on their work, and what versions of PCRE2 differ in."""

from __future__ import annotations

import time

import pytest

from harness.errors import Fault
from harness.ir.regexes import RegexError, TooComplex, compile_regex
from harness.ir.values import Case


@pytest.mark.parametrize("dialect", ["bre", "ere", "pcre"])
def test_bytes_and_text_are_the_same_line(dialect: str) -> None:
    regex = compile_regex("a.b", dialect)
    assert regex.matches("aéb")
    assert regex.matches("aéb".encode())
    assert not regex.matches(b"a\xffb")
    assert not regex.matches("a\udcffb")


@pytest.mark.parametrize("dialect", ["bre", "ere", "pcre"])
def test_in_the_c_locale_every_byte_is_a_character(dialect: str) -> None:
    regex = compile_regex("^a.b$", dialect, flags="c")
    assert regex.matches(b"a\xffb")
    assert not regex.matches("aéb")


def test_lone_surrogates_of_json_are_bad_bytes() -> None:
    assert not compile_regex("^.$", "ere").matches("\ud800")
    assert compile_regex("^...$", "ere", flags="c").matches("\ud800")


def test_nested_repetitions_are_linear_without_back_references() -> None:
    begin = time.perf_counter()
    assert not compile_regex("^((a*)*)*$", "ere").matches("a" * 20_000 + "b")
    assert time.perf_counter() - begin < 2


def test_back_references_are_given_up_in_bounded_time() -> None:
    begin = time.perf_counter()
    with pytest.raises(Fault):
        compile_regex(r"^(a*)(a*)(a*)(a*)\1\2\3\4b$", "ere").matches("a" * 400 + "cb")
    assert time.perf_counter() - begin < 5


def test_multiplied_repetitions_are_not_evaluated() -> None:
    with pytest.raises(TooComplex):
        compile_regex("((a{300}){300}){300}", "ere")


def test_a_bad_byte_in_a_pattern_is_not_evaluated() -> None:
    with pytest.raises(TooComplex):
        compile_regex("a\udcff", "ere")


def test_repetitions_of_nothing_end() -> None:
    assert compile_regex("(){32767}x", "ere").matches("x")


def test_pcre_gives_up_in_bounded_time_at_every_place() -> None:
    begin = time.perf_counter()
    with pytest.raises(Fault):
        compile_regex("(?:a+)+$", "pcre").matches("a" * 3000 + "b")
    assert time.perf_counter() - begin < 5


def test_pcre_finds_a_match_behind_costly_places() -> None:
    assert compile_regex("(?:a+)+c", "pcre").matches("a" * 19 + "b" + "c" + "aac")


def test_pcre_limits_of_a_pattern_may_only_be_lower() -> None:
    assert not compile_regex("(*LIMIT_MATCH=100)a+b", "pcre").matches("a")
    with pytest.raises(TooComplex):
        compile_regex("(*LIMIT_MATCH=9000000)a+b", "pcre")


@pytest.mark.parametrize(
    "pattern",
    [
        "(?<=a+)b", "(?<=a{1,2})b", "(?<!a|b?)c", "(?<=(?:a|bc))d", "(?<=\\R)a", "(*plb:a*)b",
        "(?[a-z])", "(*scs:(1)a)", "(?aD)a", "\\N{,2}", "(?<=x(?=y*)z?)a", "\\u0041", "\\L",
    ],
)  # fmt: skip
def test_what_older_pcre_refuses_is_refused(pattern: str) -> None:
    with pytest.raises(RegexError):
        compile_regex(pattern, "pcre")


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("^a{,2}$", "a{,2}"),
        ("^a{ 1 }$", "a{ 1 }"),
        ("(?<=a|bc)d", "bcd"),
        ("(?<=(?=a*)b)c", "abc"),
        ("(?<=\\Q+*\\E)a", "+*a"),
        ("(?x) (?<= a ) b # (?<=a+)", "ab"),
        ("(?<=[)+*])a", ")a"),
        ("(?<=a(?#+))b", "ab"),
        ("(?<=(?<n>a)\\x{62})c", "abc"),
    ],
)
def test_what_older_pcre_takes_is_taken(pattern: str, text: str) -> None:
    assert compile_regex(pattern, "pcre").matches(text)


def test_complements_of_older_grep_stop_at_ascii() -> None:
    assert not compile_regex("^\\S+$", "pcre", flags="j").matches("é")
    assert not compile_regex("\\D", "pcre", flags="j", case=Case.UNICODE).matches("\u212a")
    assert compile_regex("^[\\S]+$", "pcre", flags="j").matches("é")
    assert compile_regex("^\\S+$", "pcre").matches("é")


def test_unicode_classes_on_request() -> None:
    assert compile_regex("^\\w\\d$", "pcre", flags="u").matches("é٥")
    assert not compile_regex("^\\w\\d$", "pcre", flags="ud").matches("é٥")
    assert compile_regex("^\\w\\d$", "pcre", flags="ud").matches("é5")
