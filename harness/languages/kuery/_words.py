"""What a word or a quoted text of KQL says: escapes undone, wildcards found."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from harness.languages._lexing import Token
from harness.languages.kuery._semantics import WILDCARD
from harness.languages.kuery._tokens import QUOTED
from harness.source import Span

_UNIT = re.compile(r"\\(?:([trn])|([\\():<>\"*{}])|u([0-9a-fA-F]{4})|(?i:or|and|not))|\*|[^\\*]+")
_QUOTED_ESCAPE = re.compile(r'\\(?:([trn])|([\\"])|u([0-9a-fA-F]{4}))')
_CONTROLS = {"t": "\t", "r": "\r", "n": "\n"}
_TRIMMED = (
    "\t\n\x0b\x0c\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009"
    "\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
)
"""What JavaScript's ``trim`` takes off."""
_CONSTANTS = {"null": None, "true": True, "false": False}
_SURROGATE = re.compile("[\ud800-\udfff]")
_SPECIAL = frozenset('+-=&|><!(){}[]^"~*?:\\/')
"""What Kibana escapes in a pattern that it hands to Elasticsearch."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A wildcard or a text of an unquoted word, and where it stands."""

    text: str
    start: int
    wild: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A field name or a value: what it says, and its pieces if it has a wildcard."""

    value: str | bool | None
    span: Span
    quoted: bool = False
    pieces: tuple[Piece, ...] = ()

    @property
    def is_star(self) -> bool:
        """Whether it is a lone wildcard."""
        return len(self.pieces) == 1

    @property
    def leads_with_wildcard(self) -> bool:
        """Whether it begins with a wildcard and goes on."""
        return len(self.pieces) > 1 and self.pieces[0].wild

    @property
    def name(self) -> str:
        """The word as a field name; null, true and false are names too."""
        if isinstance(self.value, str):
            return self.value
        return "null" if self.value is None else str(self.value).lower()

    def escaped(self) -> tuple[str, tuple[int, ...]]:
        """Return the pattern as Elasticsearch reads it; where its characters and end stand."""
        chars: list[str] = []
        places: list[int] = []
        for piece in self.pieces:
            for index, char in enumerate(piece.text):
                slash = char in _SPECIAL and not piece.wild
                chars += ["\\", char] if slash else [char]
                places += [min(piece.start + index, self.span.end - 1)] * (1 + slash)
        text = _paired("".join(chars))
        if len(text) != len(places):
            places = [self.span.start] * len(text)
        return text, (*places, self.span.end)


def word(token: Token) -> Word:
    """Return what a token of a word or a quoted text says."""
    if token.kind == QUOTED:
        text = _paired(_QUOTED_ESCAPE.sub(_unescaped, token.text[1:-1]))
        return Word(value=text, span=token.span, quoted=True)
    span = Span(token.span.start, token.span.start + len(token.text.rstrip(_TRIMMED)))
    pieces = _trimmed([_piece(unit, span.start) for unit in _UNIT.finditer(token.text)])
    said = _paired("".join(piece.text for piece in pieces))
    if any(piece.wild for piece in pieces):
        return Word(value=said, span=span, pieces=tuple(pieces))
    return Word(value=_CONSTANTS.get(said, said), span=span)


def _piece(unit: re.Match[str], start: int) -> Piece:
    text = unit.group()
    if text == WILDCARD:
        return Piece(text, start + unit.start(), wild=True)
    return Piece(_unescaped(unit) if text[0] == "\\" else text, start + unit.start())


def _unescaped(unit: re.Match[str]) -> str:
    control, special, code = unit.groups()
    if control:
        return _CONTROLS[control]
    if code:
        return chr(int(code, 16))
    return special or unit.group()[1:]


def _trimmed(pieces: Sequence[Piece]) -> list[Piece]:
    """Return the pieces without blanks at the outer ends, escaped blanks included."""
    found = list(pieces)
    while found:
        first = found[0]
        text = first.text.lstrip(_TRIMMED)
        if text == first.text:
            break
        moved = first.start + len(first.text) - len(text)
        found[:1] = [Piece(text, moved)] if text else []
    while found:
        last = found[-1]
        text = last.text.rstrip(_TRIMMED)
        if text == last.text:
            break
        found[-1:] = [Piece(text, last.start)] if text else []
    return found


def _paired(text: str) -> str:
    """Return a text in which two escapes that make one character are that character."""
    if not _SURROGATE.search(text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
