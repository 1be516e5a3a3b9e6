"""LIKE patterns as sequences of literal texts and wildcards, and tests of a whole tree."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from harness.ir import Case, Glob, OneOfChars, Wild
from harness.ir.checks import Piece

MAX_PATTERN = 50_000
"""Characters of a pattern that is evaluated."""
NOTHING = OneOfChars(())
"""A set that no character is in."""


def joined(pieces: Iterable[Piece]) -> tuple[Piece, ...]:
    """Return pieces with neighbouring literals joined."""
    found: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, str) and found and isinstance(found[-1], str):
            found[-1] += piece
        else:
            found.append(piece)
    return tuple(found)


@lru_cache(maxsize=64)
def splitter(escape: str) -> re.Pattern[str]:
    """Return what cuts a LIKE pattern into escaped characters, wildcards and literal texts."""
    if not escape:
        return re.compile(r"[%_]|[^%_]+")
    sign = re.escape(escape)
    return re.compile(rf"{sign}(?:.|\Z)|[%_]|[^%_{sign}]+", re.DOTALL)


def parts(pattern: str, escape: str) -> Iterator[Piece]:
    """Yield the wildcards and texts of a LIKE pattern; what is escaped stands for itself.

    An escape character at the end is left out.
    """
    for part in splitter(escape).findall(pattern):
        if escape and part[0] == escape:
            yield part[1:]
        elif part == "%":
            yield Wild.ANY
        else:
            yield Wild.ONE if part == "_" else part


def literal(pieces: Iterable[Piece]) -> str:
    """Return all literal text of a pattern."""
    return "".join(piece for piece in pieces if isinstance(piece, str))


def containing(text: str, case: Case = Case.SENSITIVE) -> Glob:
    """Return the test of a text that is found anywhere."""
    return Glob((Wild.ANY, text, Wild.ANY) if text else (Wild.ANY,), case)


def starting(text: str, case: Case = Case.SENSITIVE) -> Glob:
    """Return the test of a text at the begin."""
    return Glob((text, Wild.ANY) if text else (Wild.ANY,), case)


def ending(text: str, case: Case = Case.SENSITIVE) -> Glob:
    """Return the test of a text at the end."""
    return Glob((Wild.ANY, text) if text else (Wild.ANY,), case)
