"""Patterns of LIKE: ``%`` is any text, ``_`` one character, a backslash makes both literal."""

from __future__ import annotations

from harness.ir.checks import Piece
from harness.languages._elastic.query_syntax import pieces


def like_pieces(pattern: str, *, escapes_itself: bool) -> tuple[Piece, ...]:
    r"""Return a pattern as the wildcard query that the plugin makes of it.

    The engine reads that query's backslashes once more: before a letter they vanish. Until
    3.8 a doubled backslash does not protect what follows: ``\\%`` is ``\%``, a percent sign
    (https://github.com/opensearch-project/sql/issues/5627).
    """
    return pieces(_wildcard(pattern, escapes_itself=escapes_itself))


def _wildcard(pattern: str, *, escapes_itself: bool) -> str:
    made: list[str] = []
    escaped = False
    for char in pattern:
        if char == "\\":
            made.append(char)
            escaped = not (escaped and escapes_itself)
            continue
        if char in "%_":
            if escaped:
                made[-1] = char
            else:
                made.append("*" if char == "%" else "?")
        elif char in "*?" and not escaped:
            made.append("\\" + char)
        else:
            made.append(char)
        escaped = False
    return "".join(made)


def plain_backslash(pattern: str) -> bool:
    """Return whether a backslash stands before anything but ``%``, ``_`` and itself."""
    at = pattern.find("\\")
    while at != -1:
        if pattern[at + 1 : at + 2] not in {"%", "_", "\\"}:
            return True
        at = pattern.find("\\", at + 2)
    return False
