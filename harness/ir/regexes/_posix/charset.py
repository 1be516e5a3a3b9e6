"""Characters as GNU grep sees them: classes, letter case and word characters of a locale.

The classes of the C.UTF-8 locale are those of glibc, which follow Unicode's derived
properties (https://sourceware.org/git/?p=glibc.git;a=blob;f=localedata/unicode-gen/unicode_utils.py).
A byte that is not part of valid UTF-8 stands for itself as a lone surrogate (PEP 383).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import Any

import regex

_GRAPH = r"[[^\s\p{Cc}\p{Cn}\p{Cs}]\u00a0\u2007\u202f]"
_ALNUM = r"[\p{Alphabetic}\p{Nd}]"
CLASSES = {
    "alnum": _ALNUM,
    "alpha": rf"[{_ALNUM}--[0-9]]",
    "blank": r"[\t\p{Zs}--[\u00a0\u2007\u202f]]",
    "cntrl": r"[\p{Cc}\u2028\u2029]",
    "digit": r"[0-9]",
    "graph": _GRAPH,
    "lower": r"[\p{Lowercase}\u01c5\u01c8\u01cb\u01f2]",
    "print": r"[^\p{Cc}\p{Cn}\p{Cs}\u2028\u2029]",
    "punct": rf"[{_GRAPH}--{_ALNUM}]",
    "space": r"[\s--[\u001c-\u001f\u0085\u00a0\u2007\u202f]]",
    "upper": r"[\p{Uppercase}\p{Lt}]",
    "xdigit": r"[0-9A-Fa-f]",
}
"""POSIX character classes, as patterns of the ``regex`` package."""

_FIRST_NOT_ASCII = "\x80"


class Kind(IntEnum):
    """What a neighbour is to a word assertion."""

    OTHER = 0
    WORD = 1
    BAD_WORD = 2
    """A byte outside valid UTF-8 whose number is a letter in Latin-1: ``\\<`` and ``\\b`` of
    glibc take it for that letter, ``-w`` does not."""
    EDGE = 3
    """The start or the end of the line."""


def is_bad_byte(char: str) -> bool:
    """Return whether a character stands for a byte that is not valid UTF-8."""
    return "\ud800" <= char <= "\udfff"


@lru_cache(maxsize=len(CLASSES))
def _class(name: str) -> Callable[[str], Any]:
    return regex.compile(CLASSES[name], regex.V1).match


@lru_cache(maxsize=65536)
def _upper(char: str) -> str:
    """Return glibc's ``towupper``: the upper or, failing that, the title case of one character."""
    for mapped in (char.upper(), char.title()):
        if len(mapped) == 1:
            return mapped
    return char


@dataclass(frozen=True, slots=True)
class Alphabet:
    """A locale (C.UTF-8, or C where ``unicode`` is false) and whether letter case counts."""

    unicode: bool
    icase: bool

    def fold(self, char: str) -> str:
        """Return the character by which case variants are compared."""
        if not self.icase:
            return char
        return _upper(char) if self.unicode or char < _FIRST_NOT_ASCII else char

    def has_class(self, char: str, name: str) -> bool:
        """Return whether a character is in a POSIX class; case is ignored as glibc does it."""
        if self.icase and name in {"upper", "lower"}:
            name = "alpha"
        if not self.unicode and char >= _FIRST_NOT_ASCII:
            return False
        return not is_bad_byte(char) and _class(name)(char) is not None

    def kind(self, char: str) -> Kind:
        """Return what a character is as the neighbour of a word assertion."""
        if is_bad_byte(char):
            latin = chr(ord(char) & 0xFF)
            return Kind.BAD_WORD if self.unicode and _class("alnum")(latin) else Kind.OTHER
        return Kind.WORD if char == "_" or self.has_class(char, "alnum") else Kind.OTHER

    def decode(self, text: str | bytes) -> str:
        """Return text as one character per locale character, from text or bytes."""
        if isinstance(text, str):
            if text.isascii() or (self.unicode and _is_clean(text)):
                return text
            text = as_bytes(text)
        return text.decode("utf-8", "surrogateescape") if self.unicode else text.decode("latin-1")


def as_bytes(text: str) -> bytes:
    """Return the bytes of a text in which lone surrogates stand for single bytes (PEP 383)."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def _is_clean(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class CharSet:
    """A bracket expression: characters, ranges and class names, possibly complemented."""

    chars: frozenset[str] = frozenset()
    ranges: tuple[tuple[str, str], ...] = ()
    classes: tuple[str, ...] = ()
    negated: bool = False

    def accepts(self, char: str, alphabet: Alphabet, *, folded: bool) -> bool:
        """Return whether a character is in the set.

        ``folded``: case is ignored as glibc's matcher does, which folds the set and the text;
        otherwise as the automaton of grep does, which adds the other case of each member.
        """
        if is_bad_byte(char):
            return False
        if not alphabet.icase:
            inside = self._holds(char, alphabet)
        elif folded:
            inside = self._holds_folded(char, alphabet)
        else:
            inside = any(self._holds(item, alphabet) for item in (char, char.swapcase()))
        return inside is not self.negated

    def _holds(self, char: str, alphabet: Alphabet) -> bool:
        return (
            char in self.chars
            or any(low <= char <= high for low, high in self.ranges)
            or any(alphabet.has_class(char, name) for name in self.classes)
        )

    def _holds_folded(self, char: str, alphabet: Alphabet) -> bool:
        fold, wanted = alphabet.fold, alphabet.fold(char)
        return (
            any(fold(item) == wanted for item in self.chars)
            or any(fold(low) <= wanted <= fold(high) for low, high in self.ranges)
            or any(alphabet.has_class(char, name) for name in self.classes)
        )
