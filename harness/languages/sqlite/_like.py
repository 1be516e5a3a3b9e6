"""LIKE and GLOB patterns as sequences of literal texts and wildcards (func.c, patternCompare)."""

from __future__ import annotations

import re
from functools import lru_cache

from harness.errors import Fault
from harness.ir import Case, Glob, OneOfChars, Wild
from harness.ir.checks import Piece
from harness.languages.sqlite._values import Differs, Value, to_text, until_nul

MAX_PATTERN = 50_000
"""Bytes that a pattern may have: SQLITE_MAX_LIKE_PATTERN_LENGTH."""
_LAST = "\U0010ffff"
NOTHING = OneOfChars(())
"""A set that no character is in."""


def joined(pieces: list[Piece]) -> tuple[Piece, ...]:
    """Return pieces with neighbouring literals joined."""
    found: list[Piece] = []
    for piece in pieces:
        if isinstance(piece, str) and found and isinstance(found[-1], str):
            found[-1] += piece
        else:
            found.append(piece)
    return tuple(found)


def like_pieces(pattern: str, escape: str = "") -> tuple[Piece, ...]:
    """Return the pieces of a LIKE pattern; one that ends in its escape matches nothing."""
    pieces: list[Piece] = []
    for part in _splitter(escape).findall(until_nul(pattern)):
        if escape and part[0] == escape:
            pieces.append(part[1:] or NOTHING)
        elif part == "%":
            pieces.append(Wild.ANY)
        else:
            pieces.append(Wild.ONE if part == "_" else part)
    return joined(pieces)


@lru_cache(maxsize=64)
def _splitter(escape: str) -> re.Pattern[str]:
    """Return what cuts a LIKE pattern into escaped characters, wildcards and literal texts."""
    if not escape:
        return re.compile(r"[%_]|[^%_]+")
    sign = re.escape(escape)
    return re.compile(rf"{sign}(?:.|\Z)|[%_]|[^%_{sign}]+", re.DOTALL)


def glob_pieces(pattern: str) -> tuple[Piece, ...]:
    """Return the pieces of a GLOB pattern: ``*``, ``?``, ``[a-c]`` and ``[^a]``."""
    text = until_nul(pattern)
    pieces: list[Piece] = []
    at = 0
    while at < len(text):
        char = text[at]
        at += 1
        if char == "*":
            pieces.append(Wild.ANY)
        elif char == "?":
            pieces.append(Wild.ONE)
        elif char == "[":
            piece, at = _set(text, at)
            pieces.append(piece)
        else:
            pieces.append(char)
    return joined(pieces)


def _set(text: str, at: int) -> tuple[OneOfChars, int]:
    """Return a character set whose ``[`` stands before ``at``, and where it ends."""
    ranges: list[tuple[str, str]] = []
    inverted = text[at : at + 1] == "^"
    at += inverted
    if text[at : at + 1] == "]":
        ranges.append(("]", "]"))
        at += 1
    prior = ""
    while at < len(text) and text[at] != "]":
        if text[at] == "-" and prior and text[at + 1 : at + 2] not in ("", "]"):
            ranges.append((prior, text[at + 1]))
            prior, at = "", at + 2
        else:
            prior = text[at]
            ranges.append((prior, prior))
            at += 1
    if at >= len(text):
        return NOTHING, at
    return OneOfChars(_others(ranges) if inverted else tuple(ranges)), at + 1


def _others(ranges: list[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Return the ranges of all characters outside some ranges."""
    found: list[tuple[str, str]] = []
    start = 1
    for low, high in sorted(item for item in ranges if item[0] <= item[1]):
        if ord(low) > start:
            found.append((chr(start), chr(ord(low) - 1)))
        start = max(start, ord(high) + 1)
    if start <= ord(_LAST):
        found.append((chr(start), _LAST))
    return tuple(found)


@lru_cache(maxsize=4096)
def like_check(pattern: str, escape: str) -> Glob:
    """Return the test of a LIKE pattern: ASCII letters in any case."""
    return Glob(like_pieces(pattern, escape), Case.ASCII)


@lru_cache(maxsize=4096)
def glob_check(pattern: str) -> Glob:
    """Return the test of a GLOB pattern."""
    return Glob(glob_pieces(pattern), Case.SENSITIVE)


def escape_of(value: Value) -> str:
    """Return an escape character; a fault where the text is not one character."""
    text = until_nul(to_text(value))
    if len(text) != 1:
        message = "ESCAPE expression must be a single character"
        raise Fault(message)
    return text


def subject_text(value: Value) -> str:
    """Return the text that a pattern is matched against."""
    if isinstance(value, bytes):
        message = "LIKE or GLOB on a BLOB"
        raise Differs(message)
    return until_nul(to_text(value))


def pattern_text(value: Value) -> str:
    """Return a pattern; a fault where SQLite refuses it for its length."""
    text = subject_text(value)
    if len(text.encode("utf-8", "surrogateescape")) > MAX_PATTERN:
        message = "LIKE or GLOB pattern too complex"
        raise Fault(message)
    return text


def like(pattern: Value, value: Value, escape: Value = "") -> Value:
    """Return ``value LIKE pattern ESCAPE escape`` as 1 or 0."""
    chosen = escape_of(escape) if escape != "" else ""
    return int(like_check(pattern_text(pattern), chosen).accepts(subject_text(value)))


def glob(pattern: Value, value: Value) -> Value:
    """Return ``value GLOB pattern`` as 1 or 0."""
    return int(glob_check(pattern_text(pattern)).accepts(subject_text(value)))
