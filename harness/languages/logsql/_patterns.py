"""Patterns with placeholders for numbers, addresses, times and words.

https://docs.victoriametrics.com/victorialogs/logsql/#pattern-match-filter
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from harness.languages.logsql._lexer import unescaped
from harness.languages.logsql._tests import Simple
from harness.languages.logsql._words import is_word_char

_PLACE = re.compile(r"<([^>]*)>")
_HEX = re.compile(r"[0-9a-fA-F]*")
_BEFORE, _BEHIND = frozenset("_TXxvshm"), frozenset("_TZsmhun")
"""Letters that may touch a number."""
_DOUBLE = re.compile(r'"(?:[^"\\\n]|\\[^\n])*"')
_BACK = re.compile(r"`[^`]*`")
_SINGLE = re.compile(r"'(?:[^'\\]|\\.)*'", re.DOTALL)


def _is_ascii_word(char: str) -> bool:
    return char.isascii() and is_word_char(char)


def _number(text: str, at: int) -> int:
    """Return the end of a decimal or hexadecimal number; -1 where there is none."""
    found = _HEX.match(text, at)
    end = found.end() if found else at
    if end < len(text) and _is_ascii_word(text[end]) and text[end] not in _BEHIND:
        return -1
    return end if _is_number(text[at:end]) else -1


def _is_number(text: str) -> bool:
    if not text:
        return False
    if not any(char in "abcdefABCDEF" for char in text):
        return True
    return len(text) >= 4 and len(text) % 2 == 0  # noqa: PLR2004 - whole bytes, at least two


def _several(count: int, between: str) -> Callable[[str, int], int]:
    def read(text: str, at: int) -> int:
        end = _number(text, at)
        for _ in range(count - 1):
            if end < 0 or text[end : end + 1] != between:
                return -1
            end = _number(text, end + 1)
        return end

    return read


_CLOCK, _DASHED, _SLASHED, _ZONE = (
    _several(3, ":"),
    _several(3, "-"),
    _several(3, "/"),
    _several(2, ":"),
)


def _time(text: str, at: int) -> int:
    end = _CLOCK(text, at)
    if end >= 0 and text[end : end + 1] in {".", ","}:
        longer = _number(text, end + 1)
        return longer if longer >= 0 else end
    return end


def _date(text: str, at: int) -> int:
    end = _DASHED(text, at)
    return end if end >= 0 else _SLASHED(text, at)


def _moment(text: str, at: int) -> int:
    end = _date(text, at)
    if end < 0 or text[end : end + 1] not in {"T", " "}:
        return -1
    end = _time(text, end + 1)
    if end < 0:
        return -1
    if text[end : end + 1] == "Z":
        return end + 1
    if text[end : end + 1] in {"-", "+"}:
        longer = _ZONE(text, end + 1)
        return longer if longer >= 0 else end
    return end


def _word(text: str, at: int) -> int:
    """Return the end of a word, which may be empty, or of a text in quotes."""
    if at >= len(text):
        return -1
    if text[at] in "\"'`":
        return _quoted(text, at)
    while at < len(text) and is_word_char(text[at]):
        at += 1
    return at


def _quoted(text: str, at: int) -> int:
    quote = text[at]
    found = {'"': _DOUBLE, "`": _BACK, "'": _SINGLE}[quote].match(text, at)
    if found is None:
        return -1
    inner = found.group()[1:-1]
    valid = quote == "`" or unescaped(inner, quote, single=quote == "'") is not None
    return found.end() if valid else -1


_ENDS: dict[str, Callable[[str, int], int]] = {
    "N": _number,
    "UUID": _several(5, "-"),
    "IP4": _several(4, "."),
    "TIME": _time,
    "DATE": _date,
    "DATETIME": _moment,
    "W": _word,
}


@dataclass(frozen=True)
class Pattern(Simple):
    """The value has the pattern: anywhere, at its begin, at its end, or as the whole."""

    pattern: str
    where: str = ""

    @cached_property
    def _pieces(self) -> list[str]:
        """Return texts and, between them, the names of placeholders."""
        pieces, at = [""], 0
        for found in _PLACE.finditer(self.pattern):
            pieces[-1] += self.pattern[at : found.start()]
            at = found.end()
            if found[1] in _ENDS:
                pieces += [found[1], ""]
            else:
                pieces[-1] += found.group()
        pieces[-1] += self.pattern[at:]
        return pieces

    def on_text(self, text: str) -> bool:
        if self.where == "full":
            return self._end(text, 0) == len(text)
        if self.where == "prefix":
            return self._end(text, 0) >= 0
        if self.where == "suffix" and self.pattern:
            return self._ends_so(text)
        return self._found(text, 0)[1] >= 0

    def _ends_so(self, text: str) -> bool:
        if not text.endswith(self._pieces[-1]):
            return False
        at = 0
        while True:
            start, end = self._found(text, at)
            if end < 0 or end == len(text):
                return end >= 0
            at = start + 1

    def _found(self, text: str, at: int) -> tuple[int, int]:
        while True:
            start = self._start(text, at)
            if start < 0:
                return -1, -1
            end = self._end(text, start)
            if end >= 0:
                return start, end
            at = start + 1

    def _start(self, text: str, at: int) -> int:
        pieces = self._pieces
        if pieces[0]:
            return text.find(pieces[0], at)
        if len(pieces) == 1:
            return 0
        for place in range(at, len(text)):
            if pieces[1] == "W":
                if is_word_char(text[place]):
                    return place
            elif text[place] in "0123456789abcdefABCDEF" and _may_begin(text, place):
                return place
        return -1

    def _end(self, text: str, at: int) -> int:
        for index, piece in enumerate(self._pieces):
            if index % 2:
                at = _ENDS[piece](text, at)
                if at < 0:
                    return -1
            elif not text.startswith(piece, at):
                return -1
            else:
                at += len(piece)
        return at

    def describe(self) -> str:
        return f"has the pattern {self.pattern!r}"


def _may_begin(text: str, at: int) -> bool:
    """Return whether a number may begin here: no word runs into it."""
    return at == 0 or not _is_ascii_word(text[at - 1]) or text[at - 1] in _BEFORE
