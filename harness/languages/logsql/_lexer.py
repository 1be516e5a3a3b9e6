"""The tokens of LogsQL, as VictoriaLogs splits a query into them.

Splitting does not depend on the grammar: a token is a run of word characters, a text in quotes,
or one sign. Blanks are no tokens, but whether one stands in front of a token counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NoReturn, Self

from harness.languages._lexing import syntax_error, unsupported
from harness.languages.logsql._words import is_word, is_word_char
from harness.source import Source, Span

MAX_NESTING = 60
"""Parentheses and negations inside each other that are read."""
_BLANKS = frozenset("\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000") | {
    chr(code) for code in range(0x2000, 0x200B)
}
_DOUBLE = re.compile(r'"(?:[^"\\\n]|\\[^\n])*"')
_BACK = re.compile(r"`[^`]*`")
_ESCAPE = re.compile(
    r"""\\(?:x([0-9a-fA-F]{2})|([0-7]{3})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))""", re.DOTALL
)
_SIMPLE = {"a": 7, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11, "\\": 92}
_FIRST_DENIED = frozenset("/.$")
_GLUE = frozenset("+-/:.$")
"""Signs that may stand in a compound token, such as a host name, a path or a time."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token: what it says, as it is written, whether a blank is in front, and its place."""

    text: str
    raw: str
    spaced: bool
    span: Span

    @property
    def quoted(self) -> bool:
        """Whether it is a text in quotes."""
        return self.text != self.raw

    def __str__(self) -> str:
        return repr(self.raw) if self.raw else "end of query"


def split(source: Source) -> list[Token]:
    """Return all tokens of a query; the last one is empty."""
    text, at, found = source.text, 0, []
    while True:
        spaced = False
        while at < len(text) and (text[at] in _BLANKS or text[at] == "#"):
            if text[at] == "#":
                end = text.find("\n", at)  # the line's end goes with the comment
                at = len(text) if end < 0 else end + 1
            else:
                spaced = True
                at += 1
        if at >= len(text):
            found.append(Token("", "", spaced, Span(len(text), len(text))))
            return found
        said, raw = _token(text, at)
        found.append(Token(said, raw, spaced, Span(at, at + len(raw))))
        at += len(raw)


def _token(text: str, at: int) -> tuple[str, str]:
    char = text[at]
    if is_word_char(char):
        end = at + 1
        while end < len(text) and is_word_char(text[end]):
            end += 1
        return text[at:end], text[at:end]
    if char in "\"`'":
        read = {'"': _in_double, "`": _in_back, "'": _in_single}[char]
        return read(text, at) or (char, char)
    size = 2 if text[at : at + 2] in {"=~", "!~", "!="} else 1
    return text[at : at + size], text[at : at + size]


def _in_double(text: str, at: int) -> tuple[str, str] | None:
    found = _DOUBLE.match(text, at)
    if found is None:
        return None
    said = unescaped(found.group()[1:-1], '"')
    return None if said is None else (said, found.group())


def _in_back(text: str, at: int) -> tuple[str, str] | None:
    found = _BACK.match(text, at)
    return None if found is None else (found.group()[1:-1].replace("\r", ""), found.group())


def _in_single(text: str, at: int) -> tuple[str, str] | None:
    """Return a text in single quotes, which may run over lines."""
    end = at + 1
    while end < len(text) and text[end] != "'":
        found = _ESCAPE.match(text, end) if text[end] == "\\" else None
        end = found.end() if found else end + 1
    raw = text[at : end + 1]
    said = unescaped(raw[1:-1], "'", single=True) if end < len(text) else None
    return None if said is None else (said, raw)


def unescaped(inner: str, quote: str, *, single: bool = False) -> str | None:
    """Return what a text with Go's escapes says; ``None`` where one is wrong.

    In single quotes an escaped byte is a character, elsewhere it is a byte of UTF-8.
    """
    if "\\" not in inner:
        return inner
    pieces: list[bytes] = []
    at = 0
    while (start := inner.find("\\", at)) >= 0:
        pieces.append(_encoded(inner[at:start]))
        found = _ESCAPE.match(inner, start)
        value = _escaped(found, quote, single=single) if found else None
        if found is None or value is None:
            return None
        pieces.append(value)
        at = found.end()
    pieces.append(_encoded(inner[at:]))
    return b"".join(pieces).decode("utf-8", "surrogateescape")


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _escaped(found: re.Match[str], quote: str, *, single: bool) -> bytes | None:
    byte, octal, short, long, letter = found.groups()
    if byte or octal:
        value = int(byte, 16) if byte else int(octal, 8)
        if value > 0xFF:  # noqa: PLR2004 - one byte
            return None
        return chr(value).encode() if single else bytes([value])
    if short or long:
        code = int(short or long, 16)
        valid = code <= 0x10FFFF and not 0xD800 <= code < 0xE000  # noqa: PLR2004 - Unicode
        return chr(code).encode() if valid else None
    if letter == quote:
        return letter.encode()
    return bytes([_SIMPLE[letter]]) if letter in _SIMPLE else None


class Tokens:
    """A position in the tokens of a query."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._tokens = split(source)
        self.at = 0
        self._depth = 0

    @property
    def token(self) -> Token:
        """The token that comes next."""
        return self._tokens[self.at]

    @property
    def before(self) -> str:
        """The token in front, as it is written; empty at the begin."""
        return self._tokens[self.at - 1].raw if self.at else ""

    def next(self) -> Token:
        """Read the next token; the end is never passed."""
        token = self.token
        self.at = min(self.at + 1, len(self._tokens) - 1)
        return token

    def said(self, *words: str) -> bool:
        """Return whether the next token is one of these words or signs, not in quotes."""
        return not self.token.quoted and self.token.text.lower() in words

    def take(self, *words: str) -> Token | None:
        """Read the next token if it is one of these."""
        return self.next() if self.said(*words) else None

    def expect(self, *words: str) -> Token:
        """Read one of these signs, or fail."""
        if not self.said(*words):
            wanted = " or ".join(map(repr, words))
            self.fail(f"expected {wanted}, found {self.token}")
        return self.next()

    def touches(self, *words: str) -> bool:
        """Return whether one of these signs follows without a blank."""
        return not self.token.spaced and self.said(*words)

    def ends(self, *words: str) -> bool:
        """Return whether a blank or one of these signs follows."""
        return self.token.spaced or self.said(*words)

    def compound(self, *, stop: Iterable[str] = ()) -> str:
        """``compound := quoted | (word | glue)+`` without blanks between them."""
        if self.token.quoted:
            return self.next().text
        spaced = self.token.spaced or self.at == 0
        if not spaced and self.said(*_FIRST_DENIED) and is_word(self.before):
            self.fail(f"a blank is missing between {self.before!r} and {self.token}")
        if not self._is_compound(stop):
            hint = "put it into quotes if it is a part of a text"
            self.fail(f"expected a word, found {self.token}", hint)
        start = self.token.span
        said = self.next().text
        while not self.token.spaced and self._is_compound(stop):
            said += self.next().raw
        if said in _GLUE:
            self.fail(f"{said!r} alone is no word", "put it into quotes", start)
        return said

    def _is_compound(self, stop: Iterable[str]) -> bool:
        token = self.token
        if token.quoted or not token.text or token.text in stop:
            return False
        return token.text in _GLUE or is_word(token.text)

    def adjacent(self, *words: str) -> None:
        """Fail where the next token touches one in front that is none of these."""
        if not self.token.spaced and self.before and self.before.lower() not in words:
            hint = "put the whole text into quotes"
            self.fail(f"a blank or ':' is missing between {self.before} and {self.token}", hint)

    def since(self, start: int) -> Span:
        """Return the span from a token to the one read last."""
        first = self._tokens[start].span
        return first if self.at <= start else first.to(self._tokens[self.at - 1].span)

    def fail(self, message: str, hint: str = "", span: Span | None = None) -> NoReturn:
        """Raise a syntax error at the next token, or at ``span``."""
        raise syntax_error(self.source, span or self.token.span, message, hint)

    def unsupported(self, feature: str, reason: str, span: Span | None = None) -> NoReturn:
        """Raise Unsupported at the next token, or at ``span``."""
        raise unsupported(self.source, span or self.token.span, feature, reason)

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
