"""Bracket expressions: ``[a-z[:digit:]_]``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NoReturn

from harness.ir.regexes import RegexError
from harness.ir.regexes._posix.charset import CLASSES, Alphabet, CharSet

_UNMATCHED = "Unmatched [, [^, [:, [., or [="
_ASCII_END = "\x80"


@dataclass(slots=True)
class _Bracket:
    text: str
    at: int
    alphabet: Alphabet
    chars: set[str] = field(default_factory=set)
    ranges: list[tuple[str, str]] = field(default_factory=list)
    classes: list[str] = field(default_factory=list)


def parse_bracket(text: str, at: int, alphabet: Alphabet) -> tuple[CharSet, int]:
    """Return the set after an opening bracket, and the offset behind its closing bracket.

    bracket: '[' ['^'] item+ ']'
    """
    reader = _Bracket(text, at, alphabet)
    negated = text.startswith("^", at)
    reader.at += negated
    first = reader.at
    while reader.at == first or not text.startswith("]", reader.at):
        _item(reader)
    _check_colons(text[first : reader.at], first - 1)
    charset = CharSet(
        frozenset(reader.chars), tuple(reader.ranges), tuple(reader.classes), negated=negated
    )
    return charset, reader.at + 1


def _item(reader: _Bracket) -> None:
    """item: '[:' name ':]' | end ['-' end]."""
    begin = reader.at
    if reader.text.startswith("[:", begin):
        name = _symbol(reader)
        if name not in CLASSES:
            _fail("Invalid character class name", begin)
        reader.classes.append(name)
        if _at_range(reader):
            _fail("Invalid range end", begin)
        return
    low = _end(reader)
    if not _at_range(reader):
        reader.chars.add(low)
        return
    if reader.text.startswith("[:", reader.at + 1):
        _fail("Invalid range end", begin)
    reader.at += 1
    high = _end(reader)
    _check_range(reader, low, high, begin)
    reader.ranges.append((low, high))


def _at_range(reader: _Bracket) -> bool:
    """A hyphen makes a range unless it is the last character of the bracket."""
    text, at = reader.text, reader.at
    return text.startswith("-", at) and not text.startswith("]", at + 1)


def _end(reader: _Bracket) -> str:
    """end: '[.' char '.]' | '[=' char '=]' | char."""
    text, begin = reader.text, reader.at
    if text.startswith(("[.", "[="), begin):
        symbol = _symbol(reader)
        wide = reader.alphabet.unicode and symbol >= _ASCII_END
        if len(symbol) != 1 or wide:
            _fail("Invalid collation character", begin)
        return symbol
    if begin >= len(text):
        _fail(_UNMATCHED, begin)
    reader.at += 1
    return text[begin]


def _symbol(reader: _Bracket) -> str:
    """Read ``[:name:]``, ``[.char.]`` or ``[=char=]`` and return what is inside."""
    begin = reader.at
    closing = reader.text[begin + 1] + "]"
    end = reader.text.find(closing, begin + 2)
    if end == -1:
        _fail(_UNMATCHED, begin)
    reader.at = end + 2
    return reader.text[begin + 2 : end]


def _check_range(reader: _Bracket, low: str, high: str, begin: int) -> None:
    """Refuse what glibc refuses: in C.UTF-8 every range that is not within ASCII."""
    alphabet = reader.alphabet
    if alphabet.unicode and max(low, high) >= _ASCII_END:
        _fail("Invalid collation character", begin)
    if alphabet.fold(low) > alphabet.fold(high):
        _fail("Invalid range end", begin)


def _check_colons(inside: str, begin: int) -> None:
    """``[:space:]`` without a second pair of brackets is refused as a likely mistake."""
    plain = "[" not in inside and "-" not in inside[1:-1]
    if len(inside) > 1 and inside[0] == inside[-1] == ":" and inside.strip(":") and plain:
        _fail("character class syntax is [[:space:]], not [:space:]", begin)


def _fail(message: str, at: int) -> NoReturn:
    raise RegexError(message, at)
