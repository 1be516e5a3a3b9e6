r"""Regular expressions, searched for as VictoriaLogs' own code does it around Go's RE2.

It cuts the text in front of an expression off, looks for that text, and tries the rest behind
it: a ``\b`` or ``^`` right there then sees the begin of a text. ``.+text.+`` is tried at the
text's first place alone. Where that cannot be told from the expression, and where a line feed
meets a dot, the outcome is undefined.
https://github.com/VictoriaMetrics/VictoriaMetrics/blob/master/lib/regexutil/regex.go
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from harness.errors import Fault
from harness.ir.regexes import RegexError, TooComplex, compile_regex
from harness.languages._lexing import syntax_error, unsupported
from harness.languages.logsql._columns import Stored
from harness.languages.logsql._semantics import OPERATORS
from harness.languages.logsql._tests import Simple
from harness.source import Source, Span

DIALECT = OPERATORS["~"].dialect
_LITERAL = r"(?:[^\\^$.|?*+()\[\]{}\n]|\\[!-/:-@\[-`{-~])"
_TEXT = re.compile(rf"(?:\(\?i\))?\^?(?:\.\*)*{_LITERAL}(?:{_LITERAL}|\.\*)*\$?")
"""Texts with anything between them, as converters write them: valid, and never empty."""
_SEVERAL = re.compile(rf"(?:\.\*)*((?:{_LITERAL})*)\.\+((?:{_LITERAL})+)\.\+(?:\.\*)*")
_CUT = re.compile(rf"((?:{_LITERAL})*{_LITERAL})(?![?*+{{])((?:\\[bBdDwWsS]|[.\[])[^()|]*)")
_TESTS_PLACE = re.compile(r"\\[bBA]|\^")
_CLASSES = re.compile(r"\\Q.*?(?:\\E|\Z)|\[\^?\]?(?:\\.|\[:\w+:\]|[^\]\\])*\]|\\[^bBA]", re.DOTALL)
_LINES = re.compile(r"\.|\(\?[a-zA-Z-]*[sm]")
_FOLDS = re.compile(r"\(\?[a-zA-Z]*i")
_SINGLE_BYTE = re.compile(r"(?<!\\)(?:\\\\)*\\C")


@dataclass(frozen=True, slots=True)
class Regexp(Simple):
    """An expression matches somewhere in the value."""

    pattern: str

    def on_text(self, text: str) -> bool:
        if not text and _TEXT.fullmatch(self.pattern):
            return False
        if "\n" in text and _LINES.search(_CLASSES.sub("", self.pattern)):
            message = "VictoriaLogs reads a dot and a line feed otherwise in some expressions"
            raise Fault(message)
        several = _SEVERAL.fullmatch(_ungrouped(self.pattern))
        if several is not None:
            return _between(text, _plain(several[1]), _plain(several[2]))
        if self._tests_places():
            return self._by_pieces(text)
        return compile_regex(self.pattern, DIALECT).matches(text)

    def _tests_places(self) -> bool:
        """Return whether a place in the text is tested behind the begin of the expression."""
        plain = _CLASSES.sub("x", self.pattern)
        first = re.match(r"(?:\\b|\\B|\^|\\A)*", plain)
        return _TESTS_PLACE.search(plain, first.end() if first else 0) is not None

    def _by_pieces(self, text: str) -> bool:
        """Return the answer of an expression that tests a place behind a text."""
        if self.pattern.startswith((r"\b", r"\B", "^", r"\A")) and "|" not in self.pattern:
            return compile_regex(self.pattern, DIALECT).matches(text)
        cut = _CUT.fullmatch(self.pattern)
        if cut is None or _FOLDS.search(self.pattern):
            message = "VictoriaLogs takes the expression apart in a way that is not modelled"
            raise Fault(message)
        prefix = _plain(cut[1])
        rest = compile_regex(f"^(?:{cut[2]})", DIALECT)
        at = text.find(prefix)
        while at >= 0:
            if rest.matches(text[at + len(prefix) :]):
                return True
            at = text.find(prefix, at + 1)
        return False

    def on_result(self, value: Stored) -> bool | None:
        return False if value.whole else self.on_text(value.text)

    def describe(self) -> str:
        return f"matches /{self.pattern}/ ({DIALECT})"


def _ungrouped(pattern: str) -> str:
    """Return an expression without one group around all of it."""
    found = re.fullmatch(r"\((?:\?:)?([^()]*)\)", pattern)
    return found[1] if found else pattern


def _plain(literal: str) -> str:
    return re.sub(r"\\(.)", r"\1", literal)


def _between(text: str, prefix: str, part: str) -> bool:
    """Return whether a part stands behind a prefix, at its first place, with text around it."""
    at = text.find(prefix)
    if at < 0:
        return False
    rest = text[at + len(prefix) :]
    place = rest.find(part)
    return 0 < place < len(rest) - len(part)


def validated(source: Source, pattern: str, span: Span) -> str:
    """Return an expression that Go takes."""
    if _TEXT.fullmatch(pattern):
        return pattern
    try:
        compile_regex(pattern, DIALECT)
    except TooComplex as error:
        raise unsupported(source, span, "regular expression", str(error)) from error
    except RegexError as error:
        hint = "RE2 has no look-around and no back-references" if "(?" in str(error) else ""
        message = f"the regular expression is invalid: {error}"
        raise syntax_error(source, span, message, hint) from error
    if _SINGLE_BYTE.search(pattern):
        message = r"the regular expression is invalid: \C is no escape"
        raise syntax_error(source, span, message)
    return pattern
