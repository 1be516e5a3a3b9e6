"""LIKE, ILIKE, GLOB and regular expressions.

https://duckdb.org/docs/stable/sql/functions/pattern_matching; details are those of 2.0.0.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from harness.errors import Fault
from harness.ir import TEXT, Case, Check, Glob, Matches, OneOfChars, Predicate, Truth, View, Wild
from harness.ir.checks import Piece
from harness.ir.nodes import Constant
from harness.ir.regexes import RegexError, compile_regex
from harness.languages._sql.operands import Operand, computed, condition_of, test_of, text_test
from harness.languages._sql.patterns import MAX_PATTERN, NOTHING, joined, literal, parts
from harness.languages.duckdb._kinds import BOOLEAN
from harness.languages.duckdb._semantics import OPERATORS
from harness.source import Span

_HIGHEST = "\u00ff"
_DOT = "\u0130"
"""The one letter whose lower case is two characters elsewhere and one here."""
LETTERS = View("letters", lambda value: (str(value).replace(_DOT, "i"),))
"""A text whose letters fold one to one."""


@dataclass(frozen=True, slots=True)
class EndsInEscape:
    """A LIKE pattern that ends in its escape character: an error where a text gets that far."""

    reached: Glob

    def accepts(self, value: Any) -> bool:
        if self.reached.accepts(value):
            message = "Like pattern must not end with escape character!"
            raise Fault(message)
        return False

    def describe(self) -> str:
        return f"{self.reached.describe()}, then the escape character"


def escape_of(text: str) -> str:
    """Return an escape character; a fault where it cannot be one."""
    if len(text.encode()) > 1:
        message = "Invalid escape string. Escape string must be empty or one character."
        raise Fault(message)
    if text == "%":
        message = "what a pattern means whose escape character is % depends on the text"
        raise Fault(message)
    return text


@lru_cache(maxsize=8192)
def like_check(pattern: str, escape: str, case: Case) -> Check:
    """Return the test of a LIKE pattern."""
    if len(pattern) > MAX_PATTERN:
        message = f"a pattern has more than {MAX_PATTERN} characters"
        raise Fault(message)
    pieces = joined(parts(pattern, escape))
    tail = pattern[len(pattern.rstrip(escape)) :] if escape else ""
    if len(tail) % 2:
        return EndsInEscape(Glob((*pieces, Wild.ANY), case))
    return Glob(pieces, case)


def like(word: str, items: list[Operand], span: Span) -> Predicate:
    """Return ``text LIKE pattern ESCAPE escape``; raises :class:`Fault` for a bad escape."""
    case = OPERATORS[word].case
    text, pattern, *more = items
    if any(part.constant and part.value is None for part in items):
        return Constant(Truth.UNKNOWN, span)
    if not all(part.constant for part in (pattern, *more)):

        def match(value: str, wanted: str, *escape: str) -> bool:
            sign = escape_of(escape[0]) if escape else ""
            return like_check(_plain(wanted), sign, case).accepts(_plain(value))

        return computed(f"{word} {len(items)}", match, items, BOOLEAN, span).test
    sign = escape_of(more[0].value) if more else ""
    written = _plain(pattern.value) if case is Case.UNICODE else pattern.value
    if case is Case.UNICODE:
        return caseless(text, like_check(written, sign, case), span)
    words = literal(parts(written, sign))
    return text_test(text, words, lambda one: like_check(written, sign, one), word, span)


def _plain(text: str) -> str:
    return text.replace(_DOT, "i")


def caseless(operand: Operand, check: Check, span: Span) -> Predicate:
    """Return the test of a text in any letter case."""
    subject = operand.subject
    if operand.constant or subject is None:
        return condition_of(operand, _Shown(check), span)
    if subject.plain and subject.view == TEXT:
        return test_of(replace(subject, view=LETTERS), check, "letters", span)
    return test_of(subject, check, "letters", span, shown=_plain)


@dataclass(frozen=True, slots=True)
class _Shown:
    check: Check

    def accepts(self, value: Any) -> bool:
        return self.check.accepts(_plain(value))

    def describe(self) -> str:
        return self.check.describe()


# GLOB ------------------------------------------------------------------------------------------


def as_bytes(text: str) -> str:
    """Return a text with one character for each of its bytes."""
    return text.encode("utf-8", "surrogateescape").decode("latin-1")


@lru_cache(maxsize=4096)
def glob_check(pattern: str) -> Check:
    """Return the test of a GLOB pattern against the bytes of a text."""
    if len(pattern) > MAX_PATTERN:
        message = f"a pattern has more than {MAX_PATTERN} characters"
        raise Fault(message)
    return Glob(joined(_glob_pieces(as_bytes(pattern))))


def _glob_pieces(text: str) -> list[Piece]:
    pieces: list[Piece] = []
    at = 0
    while at < len(text):
        char = text[at]
        at += 1
        if char == "*":
            pieces.append(Wild.ANY)
        elif char == "?":
            pieces.append(Wild.ONE)
        elif char == "\\":
            pieces.append(text[at] if at < len(text) else NOTHING)
            at += 1
        elif char == "[":
            piece, at = _set(text, at)
            pieces.append(piece)
        else:
            pieces.append(char)
    return pieces


def _set(text: str, at: int) -> tuple[Piece, int]:
    """Return a set whose ``[`` stands before ``at``, and where it ends."""
    inverted = text[at : at + 1] == "!"
    at += inverted
    start = at
    ranges: list[tuple[str, str]] = []
    while at < len(text):
        char = text[at]
        if char == "]" and at > start:
            return OneOfChars(_others(ranges) if inverted else tuple(ranges)), at + 1
        if at + 1 == len(text):
            break
        if text[at + 1] == "-":
            if at + 2 == len(text):
                break
            if max(char, text[at + 2]) >= "\x80":
                message = "a range of bytes that are no ASCII compares as the platform does"
                raise Fault(message)
            ranges.append((char, text[at + 2]))
            at += 3
        else:
            ranges.append((char, char))
            at += 1
    return NOTHING, len(text)


def _others(ranges: list[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Return the ranges of all bytes outside some ranges."""
    found: list[tuple[str, str]] = []
    start = 0
    for low, high in sorted(item for item in ranges if item[0] <= item[1]):
        if ord(low) > start:
            found.append((chr(start), chr(ord(low) - 1)))
        start = max(start, ord(high) + 1)
    if start <= ord(_HIGHEST):
        found.append((chr(start), _HIGHEST))
    return tuple(found)


def glob(items: list[Operand], span: Span) -> Predicate:
    """Return ``text GLOB pattern``."""
    text, pattern = items
    if any(part.constant and part.value is None for part in items):
        return Constant(Truth.UNKNOWN, span)
    if not pattern.constant:

        def match(value: str, wanted: str) -> bool:
            return glob_check(wanted).accepts(as_bytes(value))

        return computed("GLOB", match, items, BOOLEAN, span).test
    wanted = pattern.value
    if not any(char in wanted for char in "?["):
        pieces = joined(_glob_pieces(wanted))
        return text_test(text, literal(pieces), lambda case: Glob(pieces, case), "GLOB", span)
    check = glob_check(wanted)
    if text.subject is None or text.constant:
        return computed(
            "GLOB", lambda value: check.accepts(as_bytes(value)), [text], BOOLEAN, span
        ).test
    return test_of(text.subject, check, "bytes", span, shown=as_bytes)


# Regular expressions -----------------------------------------------------------------------------


def regexp(items: list[Operand], span: Span, *, whole: bool, flags: str = "") -> Predicate:
    """Return whether a regular expression is found, or matches the whole text."""
    text, pattern, *more = items
    if any(part.constant and part.value is None for part in (text, pattern)):
        return Constant(Truth.UNKNOWN, span)
    if more and (not more[0].constant or more[0].value is None):
        message = "Regex options field must be a constant"
        raise Fault(message)
    letters, quoted = flags_of(more[0].value if more else flags)
    if pattern.constant:
        check = _regex(pattern.value, letters, whole=whole, quoted=quoted)
        return text_test(text, None, lambda _: check, "regexp", span)

    def match(value: str, wanted: str) -> bool:
        return _regex(wanted, letters, whole=whole, quoted=quoted).accepts(value)

    name = f"regexp {letters} {whole} {quoted}"
    return computed(name, match, [text, pattern], BOOLEAN, span).test


def flags_of(text: str) -> tuple[str, bool]:
    """Return the flags that options stand for, and whether the expression is a plain text."""
    letters: set[str] = set()
    quoted = False
    for one in text:
        match one:
            case "c":
                letters.discard("i")
            case "i":
                letters.add("i")
            case "l":
                quoted = True
            case "m" | "n" | "p":
                letters.discard("s")
            case "s":
                letters.add("s")
            case " " | "\t" | "\n":
                pass
            case "g":
                message = "Option 'g' (global replace) is only valid for regexp_replace"
                raise Fault(message)
            case _:
                message = f"Unrecognized Regex option {one}"
                raise Fault(message)
    return "".join(sorted(letters)), quoted


@lru_cache(maxsize=8192)
def _regex(pattern: str, letters: str, *, whole: bool, quoted: bool) -> Check:
    if quoted:
        pattern = "".join(f"\\{one}" if one in "\\.+*?()|[]{}^$" else one for one in pattern)
    case = Case.UNICODE if "i" in letters else Case.SENSITIVE
    found = Matches(pattern, "re2", case, letters.replace("i", ""), whole)
    try:
        compile_regex(pattern, "re2", case=case, flags=found.flags, whole=whole)
    except RegexError as error:
        raise Fault(str(error)) from error
    return found
