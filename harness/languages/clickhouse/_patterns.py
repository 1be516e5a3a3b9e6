"""LIKE, ILIKE, regular expressions and searches.

https://clickhouse.com/docs/sql-reference/functions/string-search-functions
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from harness.errors import Fault
from harness.ir import Case, Check, Glob, Matches, Predicate, View, Wild, any_of
from harness.ir.checks import Piece
from harness.ir.regexes import RegexError, compile_regex
from harness.languages._sql.operands import Operand, computed, test_of, text_test
from harness.languages._sql.patterns import MAX_PATTERN, containing, joined, literal
from harness.languages.clickhouse._kinds import UINT8
from harness.source import Span

_PART = re.compile(r"\\[\\%_]|[%_]|[^\\%_]+|\\", re.DOTALL)
_SEPARATED = re.compile(r"[^A-Za-z0-9\x80-\U0010ffff]")


def like_pieces(pattern: str) -> tuple[Piece, ...]:
    """Return the pieces of a LIKE pattern; raises :class:`Fault` where it ends in a backslash."""
    if len(pattern) > MAX_PATTERN:
        message = f"a pattern has more than {MAX_PATTERN} characters"
        raise Fault(message)
    pieces: list[Piece] = []
    found = _PART.findall(pattern)
    for at, part in enumerate(found):
        if part == "%":
            pieces.append(Wild.ANY)
        elif part == "_":
            pieces.append(Wild.ONE)
        elif part == "\\" and at == len(found) - 1:
            message = f"Invalid escape sequence at the end of LIKE pattern {pattern[:60]!r}"
            raise Fault(message)
        else:
            pieces.append(part[1:] if len(part) > 1 and part[0] == "\\" else part)
    return joined(pieces)


@lru_cache(maxsize=8192)
def like_check(pattern: str, case: Case) -> Check:
    """Return the test of a LIKE pattern."""
    return Glob(like_pieces(pattern), case)


def _is_odd(char: str) -> bool:
    """Return whether a letter has more than one other form, so that searches fold it apart."""
    forms = {char.lower(), char.upper(), char.casefold()} - {char}
    apart = (len(one) > 1 or char not in one.lower() + one.upper() for one in forms)
    return len(forms) > 1 or any(apart)


def even(text: str) -> str:
    """Return a text; a fault where letter case is compared in more than one way."""
    if not text.isascii() and any(_is_odd(char) for char in text if not char.isascii()):
        message = "a letter with several forms is folded in one search and not in another"
        raise Fault(message)
    return text


LETTERS = View("letters", lambda value: (even(str(value)),))
"""A text whose letters have one other form each."""


def caseless(operand: Operand, check: Check, span: Span) -> Predicate:
    """Return the test of a text in any letter case, of all letters."""
    subject = operand.subject
    if subject is None or operand.constant:
        made = computed(f"caseless {check!r}", _accepts(check), [operand], UINT8, span)
        return made.test
    return test_of(subject, check, "letters", span, shown=even)


def _accepts(check: Check) -> Callable[[str], bool]:
    def accepts(value: str) -> bool:
        return check.accepts(even(value))

    return accepts


def like(operand: Operand, pattern: str, span: Span) -> Predicate:
    """Return ``text LIKE pattern``; raises :class:`Fault` for a bad pattern."""
    words = literal(like_pieces(pattern))
    return text_test(operand, words, lambda case: like_check(pattern, case), "LIKE", span)


def ilike(operand: Operand, pattern: str, span: Span) -> Predicate:
    """Return ``text ILIKE pattern``; raises :class:`Fault` for a bad pattern."""
    return caseless(operand, like_check(even(pattern), Case.UNICODE), span)


@lru_cache(maxsize=8192)
def regex(pattern: str, *, fold: bool = False) -> Check:
    """Return the test of a regular expression; raises :class:`Fault` for an invalid one."""
    case = Case.UNICODE if fold else Case.SENSITIVE
    try:
        compile_regex(pattern, "re2", case=case, flags="s")
    except RegexError as error:
        raise Fault(str(error)) from error
    return Matches(pattern, "re2", case, "s")


@dataclass(frozen=True, slots=True)
class Token:
    """A word stands between characters that are no ASCII letter or digit, or at an end."""

    word: str
    case: Case = Case.SENSITIVE

    def accepts(self, value: str) -> bool:
        text, word = value, self.word
        if self.case is Case.ASCII:
            text, word = _ascii_lower(text), _ascii_lower(word)
        at = text.find(word)
        while at != -1:
            end = at + len(word)
            before, after = text[at - 1 : at] if at else "", text[end : end + 1]
            if not _in_word(before) and not _in_word(after):
                return True
            at = text.find(word, at + 1)
        return False

    def describe(self) -> str:
        return f"has the word {self.word!r}"


def _in_word(char: str) -> bool:
    return bool(char) and not _SEPARATED.match(char)


def _ascii_lower(text: str) -> str:
    return "".join(char.lower() if char.isascii() else char for char in text)


def token(operand: Operand, word: str, case: Case, span: Span) -> Predicate:
    """Return ``hasToken(text, word)``; raises :class:`Fault` where that is no word."""
    if _SEPARATED.search(word):
        message = "Needle must not contain whitespace or separator characters"
        raise Fault(message)
    return text_test(operand, None, lambda _: Token(word, case), "hasToken", span)


def any_found(
    operand: Operand, needles: Sequence[str], span: Span, case: Case = Case.SENSITIVE
) -> Predicate:
    """Return ``multiSearchAny(text, needles)``."""
    return any_of(*(_search(operand, needle, span, case) for needle in needles))


def _search(operand: Operand, needle: str, span: Span, case: Case) -> Predicate:
    """Return whether a text is found; the empty one in every text but the empty one."""
    if case is Case.UNICODE:
        return caseless(operand, _found(even(needle), case), span)
    if case is Case.ASCII:
        return text_test(operand, None, lambda _: _found(needle, case), "search", span)
    return text_test(operand, needle, lambda kept: _found(needle, kept), "search", span)


def _found(needle: str, case: Case) -> Check:
    return containing(needle, case) if needle else Glob((Wild.ONE, Wild.ANY))
