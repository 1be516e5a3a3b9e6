"""What the Elasticsearch languages share: tokens, dates, regular expressions, edit distances.

The tokens and the verdicts of the regular expressions are those of Lucene 8.7, run.
"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from harness.ir.regexes import RegexError, compile_regex
from harness.ir.values import Case
from harness.languages._elastic import analysis
from harness.languages._elastic.checks import within_edits
from harness.languages._elastic.dates import DEFAULT_FORMAT, DateError, DateReader, parse_date

NOW = datetime(2024, 5, 10, 12, 34, 56, 789000, tzinfo=UTC)
STANDARD = analysis.analyzer()


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("cmd.exe rundll32.exe", "cmd.exe rundll32 exe"),
        ("10.0.0.5 1,000 1;2 3'4", "10.0.0.5 1,000 1;2 3'4"),
        ("a:b C:\\Temp x: y", "a:b c temp x y"),
        ("my_var _x __ a_1.b", "my_var _x a_1 b"),
        ("won't o''k", "won't o k"),
        ("-enc /c $x=@y%", "enc c x y"),
        ("a1.2b 1.a", "a1.2b 1 a"),
        ("東京 ひら カタカナ", "東 京 ひ ら カタカナ"),
        ("Éé ß İ", "éé ß i"),
        ("😀 x😀", "😀 x 😀"),
        ("", ""),
    ],
)
def test_standard_tokens(text: str, tokens: str) -> None:
    assert STANDARD is not None
    assert list(STANDARD.tokens(text)) == tokens.split()


def test_long_tokens_are_split() -> None:
    assert [len(token) for token in analysis.standard_tokens("a" * 600)] == [255, 255, 90]


@pytest.mark.parametrize(
    ("text", "down", "up"),
    [
        ("now", "2024-05-10T12:34:56.789", "2024-05-10T12:34:56.789"),
        ("now/d", "2024-05-10T00:00:00.000", "2024-05-10T23:59:59.999"),
        ("now-1h/h", "2024-05-10T11:00:00.000", "2024-05-10T11:59:59.999"),
        ("now/w", "2024-05-06T00:00:00.000", "2024-05-12T23:59:59.999"),
        ("now-1M", "2024-04-10T12:34:56.789", "2024-04-10T12:34:56.789"),
        ("2024-03-31||-1M", "2024-02-29T00:00:00.000", "2024-02-29T00:00:00.000"),
        ("2024-05-09||/M", "2024-05-01T00:00:00.000", "2024-05-31T23:59:59.999"),
        ("2024-05-09||+1y/y", "2025-01-01T00:00:00.000", "2025-12-31T23:59:59.999"),
        ("2024-05", "2024-05-01T00:00:00.000", "2024-05-01T23:59:59.999"),
        ("2024-05-09T10", "2024-05-09T10:00:00.000", "2024-05-09T10:59:59.999"),
        ("2024-05-09T10:11:12.5+02:00", "2024-05-09T08:11:12.500", "2024-05-09T08:11:12.500"),
        ("1700000000000", "2023-11-14T22:13:20.000", "2023-11-14T22:13:20.000"),
    ],
)
def test_date_bounds(text: str, down: str, up: str) -> None:
    reader = DateReader(format=DEFAULT_FORMAT, now=NOW)
    for wanted, rounding in ((down, False), (up, True)):
        moment = datetime.fromtimestamp(reader.bound(text, up=rounding) // 1_000_000 / 1000, UTC)
        assert moment.isoformat(timespec="milliseconds").removesuffix("+00:00") == wanted


@pytest.mark.parametrize(
    "text", ["2024-13", "2024-5-1", "yesterday", "now+", "now/x", "2024-02-30", "20240101T"]
)
def test_no_dates(text: str) -> None:
    with pytest.raises(DateError):
        DateReader(format=DEFAULT_FORMAT, now=NOW).bound(text, up=False)


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("uuuu-MM-dd HH:mm:ss.SSS", "2024-05-10 12:34:56.000"),
        ("yyyy/MM/dd HH:mm:ss||epoch_second", "2024/05/10 12:34:56"),
        ("yyyy/MM/dd HH:mm:ss||epoch_second", "1715344496"),
        ("strict_date_hour_minute_second", "2024-05-10T12:34:56"),
        ("basic_date_time", "20240510T123456.000Z"),
        ("dd MMM yyyy h:m:s a", "10 May 2024 12:34:56 PM"),
        ("yyyy-MM-dd'T'HH:mm:ss[.SSS]XXX", "2024-05-10T14:34:56+02:00"),
    ],
)
def test_date_formats(form: str, text: str) -> None:
    assert parse_date(text, form) == 1_715_344_496 * 1_000_000_000


@pytest.mark.parametrize(
    ("pattern", "accepted", "refused"),
    [
        ("ab~cd", "abxd ab~cd abd", "abcd ab"),
        ("~(ab)", "a b abc", "ab"),
        ("<5-120>", "5 005 120 99", "4 121 a"),
        ("<01-20>", "01 20 07", "1 21 007"),
        ("a&b|c", "c", "a b"),
        ('"a.b"', "a.b", "axb"),
        ("[^a-c]x?", "d dx xx", "a ax dxx"),
        ("a{2,3}", "aa aaa", "a aaaa"),
        ("|a", "|a", "a"),
        ("[]]", "]", "x"),
        ("#|a", "a", "x #"),
        ("a@b", "ab axxb", "a"),
        ("(a)(b)?", "a ab", "b"),
        ("\\d", "d", "1"),
    ],
)
def test_lucene_expressions(pattern: str, accepted: str, refused: str) -> None:
    regex = compile_regex(pattern, "lucene", flags="8")
    assert all(regex.matches(text) for text in accepted.split())
    assert not any(regex.matches(text) for text in refused.split())


@pytest.mark.parametrize(
    "pattern", ["a(", "[", "[b-a]", "a{", 'a"', "<a>", "<1-", "a)", "(|", "\\"]
)
def test_lucene_refuses(pattern: str) -> None:
    with pytest.raises(RegexError):
        compile_regex(pattern, "lucene")


def test_lucene_case_folds_ascii_letters_but_not_ranges() -> None:
    folded = compile_regex("aé[b-c]", "lucene", case=Case.ASCII)
    assert folded.matches("Aéb")
    assert not folded.matches("AÉb")
    assert not folded.matches("aéB")


@pytest.mark.parametrize(
    ("left", "right", "edits", "swaps", "near"),
    [
        ("abc", "acb", 1, True, True),
        ("abc", "acb", 1, False, False),
        ("abc", "xyc", 1, True, False),
        ("", "ab", 2, True, True),
        ("kitten", "sitting", 2, True, False),
    ],
)
def test_edit_distance(left: str, right: str, edits: int, swaps: bool, near: bool) -> None:  # noqa: FBT001
    assert within_edits(left, right, edits, swaps=swaps) is near
