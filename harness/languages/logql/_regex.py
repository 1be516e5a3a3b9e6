"""Tests of regular expressions, in the documented reading and in that of Loki's code."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from harness.errors import Fault
from harness.ir import Anything, Case, Check, Equals, Glob, Matches, Wild, as_text
from harness.ir.checks import Piece
from harness.ir.regexes import RegexError, TooComplex, compile_regex
from harness.languages._lexing import syntax_error, unsupported
from harness.languages.logql._semantics import OPERATORS
from harness.languages.logql._simplify import Plain, Simplified, simplified
from harness.source import Source, Span

READINGS = ("agreed", "documented", "engine")
_DIALECT = OPERATORS["=~"].dialect
_FOLDED = OPERATORS["(?i) text"].case
_DOT = re.compile(r"\\Q.*?(?:\\E|\Z)|\\.|\[\^?\]?(?:\\.|\[:\w+:\]|[^\]\\])*\]|(\.)", re.DOTALL)
_SAFE = re.compile(
    r"(?:\(\?i\))?\^?(?:\.\*|\\[ -/:-@\[-^`{-~]|[^\\^$.|?*+()\[\]{}\udc80-\udcff])*\$?"
)
"""Texts and runs, as converters write them: valid without asking RE2."""
_FIRST = str.maketrans({"\u03b9": "\u0345", "\u1fbe": "\u0345", "\u03bc": "\u00b5"})
_FOUND = re.compile("[^\u0345\u0399\u03b9\u1fbe\u00b5\u039c\u03bc]*")
"""What is not iota or mu, for which Go's parser puts a character without another letter case."""
_SINGLE_BYTE = re.compile(r"(?<!\\)(?:\\\\)*\\C")


@dataclass(frozen=True, slots=True)
class Either:
    """One of several checks accepts the value."""

    checks: tuple[Check, ...]

    def accepts(self, value: Any) -> bool:
        return any(check.accepts(value) for check in self.checks)

    def describe(self) -> str:
        return " or ".join(check.describe() for check in self.checks)


@dataclass(frozen=True, slots=True)
class Disputed:
    """Two readings of one test: a value on which they differ is undecided."""

    documented: Check
    engine: Check

    def accepts(self, value: Any) -> bool:
        answer = self.documented.accepts(value)
        if answer is not self.engine.accepts(value):
            message = "Loki's code and its documentation read the expression differently"
            raise Fault(message)
        return answer

    def describe(self) -> str:
        return f"{self.documented.describe()}, if Loki does not take it as {self.engine.describe()}"


@dataclass(frozen=True, slots=True)
class Lowered:
    """A text stands in the value, or is the ``whole`` of it, as Loki's code ignores letter case.

    It begins to compare where the first *bytes* are equal, letter case of ASCII aside, and goes
    on with characters in lower case. So a text that begins with another letter than one of ASCII
    may not be found in the other case: the letters of one pair may differ in their first byte.
    Go's parser puts the first of all characters that are equal in any letter case, which has no
    other lower case for iota and mu: those are never found.
    https://github.com/grafana/loki/blob/v3.7.8/pkg/logql/log/filter.go (``containsLower``)
    """

    text: str
    whole: bool

    def accepts(self, value: Any) -> bool:
        line, text = as_text(value), _lowered(self.text).translate(_FIRST)
        if self.whole and len(_bytes(line)) != len(_bytes(text)):
            return False
        lower, start = _lowered(line), _bytes(text)[:1]
        at = lower.find(text)
        while at >= 0:
            rest = _bytes(line[at:])
            if rest[:1].lower() == start and len(rest) >= len(_bytes(text)):
                return True
            at = lower.find(text, at + 1)
        return False

    def describe(self) -> str:
        return f"{'is' if self.whole else 'contains'} {self.text!r} in lower case, byte by byte"


def _lowered(text: str) -> str:
    """Return a text in lower case, character by character as Go does it."""
    return "".join(low if len(low := char.lower()) == 1 else char for char in text)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def choose(documented: Check, engine: Check, reading: str) -> Check:
    """Return the check of the reading that is asked for."""
    if documented == engine or reading == "engine":
        return engine
    return documented if reading == "documented" else Disputed(documented, engine)


def validated(source: Source, pattern: str, span: Span) -> str:
    """Return an expression that Go takes."""
    if _SAFE.fullmatch(pattern):
        return pattern
    try:
        compile_regex(pattern, _DIALECT)
    except TooComplex as error:
        raise unsupported(source, span, "regular expression", str(error)) from error
    except RegexError as error:
        hint = "RE2 has no look-around and no back-references" if "(?" in str(error) else ""
        raise syntax_error(
            source, span, f"the regular expression is invalid: {error}", hint
        ) from error
    if _SINGLE_BYTE.search(pattern):
        raise syntax_error(source, span, r"the regular expression is invalid: \C is no escape")
    return pattern


def stream_check(pattern: str) -> Check:
    """Return the test of a stream matcher, where a dot is any character."""
    return Matches(pattern, _DIALECT, OPERATORS["=~"].case, flags="s", whole=True)


def label_check(pattern: str, reading: str) -> Check:
    """Return the test of a label filter: anchored, unless Loki shortens the expression."""
    documented = Matches(pattern, _DIALECT, OPERATORS["=~"].case, whole=True)
    found = simplified(pattern, label=True)
    if found is None:
        return documented
    engine = _plain(found)
    plain = found.whole or all(test.kind in ("equals", "some") for test in found.tests)
    agreed = plain and not any(map(_is_by_bytes, found.tests))
    return engine if agreed else choose(documented, engine, reading)


def line_check(pattern: str, reading: str) -> Check:
    """Return the test of a line filter: it searches, and documented is that a dot is anything."""
    case = OPERATORS["|~"].case
    anything = Matches(pattern, _DIALECT, case, flags="s")
    found = simplified(pattern, label=False)
    if found is not None:
        engine = _plain(found)
        agreed = found.within and not any(map(_is_by_bytes, found.tests))
        return engine if agreed else choose(anything, engine, reading)
    as_written = Matches(pattern, _DIALECT, case)
    if not any(match[1] for match in _DOT.finditer(pattern)):
        return as_written
    return choose(anything, as_written, reading)


def _plain(found: Simplified) -> Check:
    checks = tuple(_test(test) for test in found.tests)
    return checks[0] if len(checks) == 1 else Either(checks)


def _test(test: Plain) -> Check:
    case = _FOLDED if test.folded else Case.SENSITIVE
    if test.kind == "all" or (test.kind == "contains" and not test.text):
        return Anything()
    if _is_by_bytes(test):
        return Lowered(test.text, test.kind == "equals")
    if test.kind == "some":
        return Glob((Wild.ONE, Wild.ANY))
    if test.kind == "equals":
        return Equals(test.text, case)
    return contains(test.text, case)


def _is_by_bytes(test: Plain) -> bool:
    """Return whether a text in any letter case begins with no ASCII or is never found."""
    text = test.text
    return test.folded and bool(text) and not (text[0].isascii() and _FOUND.fullmatch(text))


def contains(text: str, case: Case) -> Check:
    """Return the test that a text stands in the value."""
    pieces: tuple[Piece, ...] = (Wild.ANY, text, Wild.ANY)
    return Glob(pieces, case)


@dataclass(frozen=True, slots=True)
class Patterned:
    """A line has the texts of a pattern in order; a gap between them is never empty.

    ``pieces`` are the texts, ``None`` stands for a gap.
    """

    pieces: tuple[str | None, ...]

    def accepts(self, value: Any) -> bool:
        line = as_text(value)
        if not line or not self.pieces:
            return not line and not self.pieces
        at = 0
        for index, piece in enumerate(self.pieces):
            if piece is None:
                continue
            found = line.find(piece, at)
            if found < 0 or (index > 0 and found == at):
                return False
            at = found + len(piece)
        return (self.pieces[-1] is None) is (at < len(line))

    def describe(self) -> str:
        text = "".join("<_>" if piece is None else piece for piece in self.pieces)
        return f"has the pattern {text!r}"
