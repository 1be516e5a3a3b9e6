"""Wildcard patterns of ``-like``, of log names and of provider names (about_Wildcards)."""

from __future__ import annotations

from functools import lru_cache

from harness.errors import HarnessError
from harness.ir import Glob, OneOfChars, Wild
from harness.ir.checks import Piece
from harness.ir.values import Case


class WildcardError(HarnessError):
    """PowerShell rejects the pattern."""


@lru_cache(maxsize=4096)
def glob(pattern: str, case: Case) -> Glob:
    """Return a wildcard pattern as a check; a backtick makes the next character literal."""
    return Glob(tuple(_pieces(pattern)), case)


def has_wildcards(pattern: str) -> bool:
    """Return whether a name is a pattern rather than a plain name."""
    return any(char in pattern for char in "*?[")


def _pieces(pattern: str) -> list[Piece]:
    pieces: list[Piece] = []
    literal: list[str] = []
    at = 0
    while at < len(pattern):
        char = pattern[at]
        if char not in "*?[":
            escaped = char == "`" and at + 1 < len(pattern)
            literal.append(pattern[at + 1] if escaped else char)
            at += 1 + escaped
            continue
        if literal:
            pieces.append("".join(literal))
            literal = []
        if char == "[":
            chars, at = _set(pattern, at + 1)
            pieces.append(chars)
        else:
            pieces.append(Wild.ANY if char == "*" else Wild.ONE)
            at += 1
    if literal:
        pieces.append("".join(literal))
    return pieces


def _set(pattern: str, at: int) -> tuple[OneOfChars, int]:
    """Read a set up to its bracket; a bracket right at the start is a member, ``!`` as well."""
    members: list[tuple[str, bool]] = []
    while at < len(pattern):
        char = pattern[at]
        if char == "]" and members:
            return OneOfChars(tuple(_ranges(members))), at + 1
        escaped = char == "`" and at + 1 < len(pattern)
        members.append((pattern[at + 1] if escaped else char, escaped))
        at += 1 + escaped
    message = f"the wildcard pattern {pattern[:60]!r} is not valid: a [ set is not closed"
    raise WildcardError(message)


def _ranges(members: list[tuple[str, bool]]) -> list[tuple[str, str]]:
    ranges: list[tuple[str, str]] = []
    at = 0
    while at < len(members):
        low = members[at][0]
        if at + 2 < len(members) and members[at + 1] == ("-", False):
            high = members[at + 2][0]
            if high < low:
                message = f"the wildcard range {low}-{high} is in reverse order"
                raise WildcardError(message)
            ranges.append((low, high))
            at += 3
        else:
            ranges.append((low, low))
            at += 1
    return ranges
