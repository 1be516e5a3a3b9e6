"""Words and phrases looked up in the text of an event, along its index segments.

The breakers are those of ``segmenters.conf``
(https://docs.splunk.com/Documentation/Splunk/latest/Admin/Segmentersconf).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Any

from harness.ir import Case, Wild, as_text, fold
from harness.ir.checks import Piece

_MAJOR = frozenset(" \t\n\r\f\v[]<>(){}|!;,'\"*&?+")
_MINOR = frozenset("/:=@.-$#%\\_")
_MAJOR_MARK = 2
_MAJOR_STRINGS = re.compile(
    r"--|%(?:21|26|2526|3B|7C|20|2B|3D|2520|5D|5B|3A|0A|2C|28|29)", re.IGNORECASE
)


class Bound(Enum):
    """Where a term may begin and end in the text."""

    SEGMENT = "at any breaker"
    TERM = "at major breakers only"


@lru_cache(maxsize=4096)
def breakers(text: str) -> bytes:
    """Return per character 2 for part of a major breaker, 1 for a minor one, 0 for none."""
    marks = bytearray(2 if char in _MAJOR else 1 if char in _MINOR else 0 for char in text)
    for hit in _MAJOR_STRINGS.finditer(text):
        marks[hit.start() : hit.end()] = b"\2" * (hit.end() - hit.start())
    return bytes(marks)


@dataclass(frozen=True, slots=True)
class Keyword:
    """The text holds this word or phrase, bounded by breakers; wildcards stay in a segment."""

    pieces: tuple[Piece, ...]
    case: Case
    bound: Bound = Bound.SEGMENT

    def accepts(self, value: Any) -> bool:
        text = fold(as_text(value), self.case)
        marks = breakers(text)
        literals, open_start, open_end = _literals(self.pieces, self.case)
        if not literals:
            return bool(text)
        first, start = literals[0], text.find(literals[0])
        while start != -1:
            edge = open_start or self._edge(marks, start)
            if edge and self._rest(
                text, marks, start + len(first), literals[1:], open_end=open_end
            ):
                return True
            start = text.find(first, start + 1)
        return False

    def _rest(
        self, text: str, marks: bytes, at: int, literals: tuple[str, ...], *, open_end: bool
    ) -> bool:
        """Match the literals after a wildcard each, the last one up to an edge."""
        for i, literal in enumerate(literals):
            found = text.find(literal, at)
            last = i == len(literals) - 1 and not open_end
            while found != -1 and last and not self._edge(marks, found + len(literal)):
                found = text.find(literal, found + 1)
            if found == -1 or _MAJOR_MARK in marks[at:found]:
                return False
            at = found + len(literal)
        return open_end or self._edge(marks, at)

    def _edge(self, marks: bytes, at: int) -> bool:
        least = 1 if self.bound is Bound.SEGMENT else _MAJOR_MARK
        if at in (0, len(marks)):
            return True
        return marks[at - 1] >= least or marks[at] >= least

    def describe(self) -> str:
        text = "".join(p if isinstance(p, str) else "*" for p in self.pieces)
        return f"holds the term {text!r}"


@lru_cache(maxsize=4096)
def _literals(pieces: tuple[Piece, ...], case: Case) -> tuple[tuple[str, ...], bool, bool]:
    """Return the folded literals, and whether a wildcard stands at the start and at the end."""
    literals = tuple(fold(piece, case) for piece in pieces if isinstance(piece, str))
    return literals, pieces[0] is Wild.ANY, pieces[-1] is Wild.ANY


@dataclass(frozen=True, slots=True)
class IndexedGlob:
    """Whether the index finds a value by a pattern with a wildcard inside a word.

    ``S*G01`` is looked up as one segment, so it misses ``SC-MG-G01`` although the value as a
    whole matches (https://docs.splunk.com/Documentation/Splunk/8.0.2/Search/Wildcards).
    """

    pieces: tuple[Piece, ...]

    def accepts(self, value: Any) -> bool:
        segments = _segments(fold(as_text(value), Case.UNICODE))
        return all(any(_glob(word, item) for item in segments) for word in inner_words(self.pieces))

    def describe(self) -> str:
        return "is found by the index"


def _glob(word: tuple[str, ...], text: str) -> bool:
    """Match literals with wildcards between them against a whole text."""
    if len(text) < sum(map(len, word)) or not text.startswith(word[0]):
        return False
    at, end = len(word[0]), len(text) - len(word[-1])
    if not text.endswith(word[-1]):
        return False
    for literal in word[1:-1]:
        found = text.find(literal, at, end)
        if found == -1:
            return False
        at = found + len(literal)
    return at <= end


@lru_cache(maxsize=4096)
def _segments(text: str) -> frozenset[str]:
    """Return the segments of a value between breakers.

    Only minor ones: in ``field=value`` the equals sign is a minor breaker, so that the value is
    no segment of its own.
    """
    marks, found, start = breakers(text), set(), 0
    for at in range(len(text) + 1):
        if at == len(text) or marks[at]:
            found.add(text[start:at])
            start = at + 1
    return frozenset(found)


@lru_cache(maxsize=4096)
def inner_words(pieces: tuple[Piece, ...]) -> tuple[tuple[str, ...], ...]:
    """Return the words of a pattern that hold a wildcard between two letters, cut at it."""
    if all(isinstance(piece, str) for piece in pieces[1:-1]):
        return ()
    words: list[list[str]] = [[""]]
    for piece in pieces:
        if not isinstance(piece, str):
            words[-1].append("")
            continue
        folded = fold(piece, Case.UNICODE)
        for char, mark in zip(folded, breakers(folded), strict=True):
            if mark:
                words.append([""])
            else:
                words[-1][-1] += char
    return tuple(tuple(word) for word in words if word[0] and any(word[1:]))
