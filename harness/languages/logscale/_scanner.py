r"""The lexical rules of LogScale, read where the grammar asks for them.

A slash begins a comment, a regular expression or a division, or is part of a word, so the text
cannot be cut into tokens beforehand:
https://library.humio.com/lql-grammar/syntax-grammar-guide-appendix-a.html. The characters of
words and names are those of appendix C of the same guide.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NoReturn, Self

from harness.languages._lexing import syntax_error, unsupported
from harness.languages._nested import MAX_NESTING
from harness.source import Source, Span

_NAME = r"#%&.0-9@A-Z\\^_a-z\u00a1-\u00aa\u00ae-\u00ba\u00bc-\u00ff"
_PATTERN = rf"{_NAME}*+\-:~\u00ac"
BLANK = re.compile(r"(?:[ \t\n\f\r]+|//[^\n]*|/\*.*?\*/)+", re.DOTALL)
NAME = re.compile(rf"[{_NAME}]+(?:\[[0-9]+\][{_NAME}]*)*")
WORD = re.compile(rf"[{_PATTERN}][{_PATTERN}/]*")
IDENTIFIER = re.compile(rf"[{_NAME}]+(?::[{_NAME}]+)*")
STRING = re.compile(r'"((?:[^"\\\n]|\\[^\n])*)"')
REGEX = re.compile(r"/((?:[^/\\\n]|\\[^\n])+)/([A-Za-z]*)")
CALL = re.compile(rf"(?:[{_NAME}]+:)*[{_NAME}]+(?=\s*\()")
_ESCAPE = re.compile(r"\\(.)")
_ESCAPES = {'"': '"', "\\": "\\", "n": "\n", "t": "\t"}
"""https://library.humio.com/crowdstrike-query-language/syntax-datatypes-detail-string.html"""
MAX_LENGTH = 500_000
"""Characters of one query."""


@dataclass(frozen=True, slots=True)
class Text:
    """A value as written: a word or a quoted text.

    ``readings`` is what it may stand for: a second one where a backslash precedes a character
    for which no page says whether the backslash stays.
    """

    readings: tuple[str, ...]
    span: Span
    quoted: bool = False

    @property
    def text(self) -> str:
        """The first reading."""
        return self.readings[0]


def unquote(inner: str) -> tuple[str, ...]:
    """Return the readings of what stands between quotes."""
    if "\\" not in inner:
        return (inner,)
    kept = _ESCAPE.sub(lambda found: _ESCAPES.get(found[1], found[0]), inner)
    dropped = _ESCAPE.sub(lambda found: _ESCAPES.get(found[1], found[1]), inner)
    return (kept,) if kept == dropped else (kept, dropped)


class Scanner:
    """A place in the text of a query."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.text = source.text
        self.at = 0
        self._end = 0
        self._depth = 0
        if len(self.text) > MAX_LENGTH:
            reason = f"it has more than {MAX_LENGTH} characters"
            self.unsupported("a very long query", reason, Span(0, 1))
        self.blank()

    def blank(self) -> None:
        """Pass blanks and comments."""
        self._end = self.at
        found = BLANK.match(self.text, self.at)
        if found:
            self.at = found.end()
        if self.text.startswith("/*", self.at):
            self.fail("this comment is not closed", "add */", Span(self.at, self.at + 2))

    def since(self, start: int) -> Span:
        """Return the span from a place to the end of what was read last."""
        return Span(start, max(start, self._end))

    @property
    def here(self) -> Span:
        """The span of the next character."""
        return Span(self.at, min(self.at + 1, len(self.text)))

    @property
    def ended(self) -> bool:
        """Whether nothing is left."""
        return self.at >= len(self.text)

    def sees(self, *texts: str) -> bool:
        """Return whether one of these texts comes next."""
        return self.text.startswith(texts, self.at)

    def looking(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Return the match of a pattern at this place."""
        return pattern.match(self.text, self.at)

    def take(self, text: str) -> bool:
        """Read this text if it comes next, with the blanks behind it."""
        if not self.text.startswith(text, self.at):
            return False
        self.at += len(text)
        self.blank()
        return True

    def read(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Read what a pattern matches, with the blanks behind it."""
        found = pattern.match(self.text, self.at)
        if found:
            self.at = found.end()
            self.blank()
        return found

    def expect(self, text: str, message: str, hint: str, span: Span | None = None) -> None:
        """Read this text, or fail."""
        if not self.take(text):
            self.fail(message, hint, span)

    def string(self) -> Text:
        """``string := '"' (character | escape)* '"'``, on one line."""
        found = self.looking(STRING)
        if found is None:
            self.fail("this quoted text is not closed", "close it on the same line")
        span = Span(*found.span())
        self.read(STRING)
        return Text(unquote(found[1]), span, quoted=True)

    def word(self, what: str) -> Text:
        """``word := pattern-character (pattern-character | "/")*``, not ending with ``//``."""
        found = self.looking(WORD)
        if found is None:
            self.stray(what)
        if found.group().endswith("//"):
            message = "a word does not end with two slashes"
            self.fail(message, "quote it", Span(*found.span()))
        self.read(WORD)
        return Text((found.group(),), Span(*found.span()))

    def stray(self, what: str) -> NoReturn:
        """Fail because ``what`` was expected."""
        char = self.text[self.at : self.at + 1]
        if char > "\xff":
            reason = "the published character table ends at U+00FF"
            self.unsupported(f"the character {char!r} outside quotes", reason)
        if char == "?":
            reason = "its value is given when the query is run"
            self.unsupported("a query parameter", reason)
        found = repr(char) if char else "end of query"
        self.fail(f"expected {what}, found {found}", "quote a text that holds such characters")

    def fail(self, message: str, hint: str = "", span: Span | None = None) -> NoReturn:
        """Raise a syntax error here, or at ``span``."""
        raise syntax_error(self.source, span or self.here, message, hint)

    def unsupported(self, feature: str, reason: str, span: Span | None = None) -> NoReturn:
        """Raise Unsupported here, or at ``span``."""
        raise unsupported(self.source, span or self.here, feature, reason)

    def __enter__(self) -> Self:
        """Count one level of nesting."""
        self._depth += 1
        if self._depth > MAX_NESTING:
            reason = f"more than {MAX_NESTING} levels are not read"
            self.unsupported("a deeply nested query", reason)
        return self

    def __exit__(self, *_: object) -> None:
        """Leave one level of nesting."""
        self._depth -= 1
