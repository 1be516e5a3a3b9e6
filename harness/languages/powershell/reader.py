"""A position in a script: blanks, comments, line continuation, strings and names."""

from __future__ import annotations

import re
import sys
from typing import NoReturn, Self

from harness.languages._lexing import syntax_error, unsupported
from harness.source import Source, Span

SINGLE = "'\u2018\u2019\u201a\u201b"
"""Characters that PowerShell takes for a single quote (about_Quoting_Rules)."""
DOUBLE = '"\u201c\u201d\u201e'
"""Characters that PowerShell takes for a double quote."""
DASHES = "-\u2013\u2014\u2015"
"""Characters that PowerShell takes for a dash."""

MAX_DEPTH = 75
"""Nesting that is read; each level costs about ten frames of Python's stack."""

_BLANKS = re.compile(r"(?:[^\S\r\n]|`\r?\n|<#.*?#>)+", re.DOTALL)
_LINE_END = re.compile(r"\r?\n|\r")
_ESCAPES = {
    "0": "\0",
    "a": "\a",
    "b": "\b",
    "e": "\x1b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
}
_CODE = re.compile(r"u\{([0-9A-Fa-f]{1,6})\}")


class Reader:
    """Reads a script from left to right; the grammar classes build on it."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.text = source.text
        self.at = 0
        self._depth = 0

    def __enter__(self) -> Self:
        """Count one level of nesting."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            reason = f"more than {MAX_DEPTH} levels are not read"
            self.unsupported("a deeply nested script", reason)
        return self

    def __exit__(self, *_: object) -> None:
        self._depth -= 1

    @property
    def char(self) -> str:
        """The next character; empty at the end."""
        return self.text[self.at : self.at + 1]

    def since(self, start: int) -> Span:
        """Return the span from an offset to here."""
        return Span(start, self.at)

    def fail(self, message: str, hint: str = "", span: Span | None = None) -> NoReturn:
        """Raise a syntax error here or at ``span``."""
        raise syntax_error(self.source, span or Span(self.at, self.at + 1), message, hint)

    def unsupported(self, feature: str, reason: str, span: Span | None = None) -> NoReturn:
        """Raise Unsupported here or at ``span``."""
        raise unsupported(self.source, span or Span(self.at, self.at + 1), feature, reason)

    def skip_blanks(self) -> None:
        """Pass blanks, comments and line continuations, but no line end."""
        while True:
            found = _BLANKS.match(self.text, self.at)
            if found:
                self.at = found.end()
            elif self.char == "#":
                end = self.text.find("\n", self.at)
                self.at = len(self.text) if end == -1 else end
            else:
                if self.text.startswith("<#", self.at):
                    self.fail("a block comment is not closed")
                return

    def skip_lines(self, also: str = "") -> None:
        """Pass blanks and line ends, and the characters ``also``."""
        while True:
            self.skip_blanks()
            found = _LINE_END.match(self.text, self.at)
            if found:
                self.at = found.end()
            elif self.char and self.char in also:
                self.at += 1
            else:
                return

    def at_line_end(self) -> bool:
        """Return whether the line or the text ends here."""
        return self.char in {"", "\n", "\r"}

    def starts(self, text: str) -> bool:
        """Return whether a text comes next."""
        return self.text.startswith(text, self.at)

    def take(self, text: str) -> bool:
        """Pass a text if it comes next."""
        if not self.starts(text):
            return False
        self.at += len(text)
        return True

    def expect(self, text: str, what: str) -> None:
        """Pass a text, or fail saying ``what`` is not closed or missing."""
        if not self.take(text):
            found = repr(self.char) if self.char else "the end"
            self.fail(f"{what}: expected {text!r}, found {found}")

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Pass what a pattern matches here."""
        found = pattern.match(self.text, self.at)
        if found:
            self.at = found.end()
        return found

    def verbatim(self) -> str:
        """Read a single-quoted string, its opening quote next; a doubled quote is a quote."""
        start = self.at
        self.at += 1
        pieces: list[str] = []
        while self.at < len(self.text):
            char = self.char
            self.at += 1
            if char not in SINGLE:
                pieces.append(char)
            elif self.char and self.char in SINGLE:
                pieces.append(self.char)
                self.at += 1
            else:
                return "".join(pieces)
        return self.fail("a string is not closed", "add the closing quote", Span(start, start + 1))

    def here_string(self, quotes: str) -> tuple[int, int]:
        """Pass a here-string, ``@`` next, and return the offsets of its text."""
        start = self.at
        opening = re.compile(r"@.[^\S\r\n]*(?:\r?\n|\r)").match(self.text, self.at)
        if opening is None:
            self.fail(
                "characters follow the opening of a here-string",
                "begin the text on the next line",
            )
        closing = re.compile(rf"(?:\r?\n|\r)[{quotes}]@").search(self.text, opening.end() - 1)
        if closing is None:
            self.fail(
                "a here-string is not closed",
                "put the closing quote and @ at the start of a line",
                Span(start, start + 2),
            )
        self.at = closing.end()
        return opening.end(), max(opening.end(), closing.start())

    def escape(self) -> str:
        """Read what a backtick in a double-quoted string stands for, the backtick next."""
        self.at += 1
        found = self.match(_CODE)
        if found:
            code = int(found.group(1), 16)
            if code > sys.maxunicode:
                self.fail("a code point is larger than 10FFFF", span=self.since(found.start()))
            return chr(code)
        char = self.char
        if char == "u":
            self.fail("a `u is not followed by a code point in braces", "write `u{20ac}")
        self.at += 1
        return _ESCAPES.get(char, char)
