"""The patterns of ``LIKE`` and ``RLIKE``."""

from __future__ import annotations

import re
from functools import lru_cache

from harness.ir import Wild
from harness.ir.checks import Piece

_TOTAL = re.compile(r"(?:\.\*|@)+")


@lru_cache(maxsize=65536)
def wildcard_pieces(pattern: str) -> tuple[Piece, ...] | None:
    """Return a LIKE pattern; ``None`` where a backslash escapes nothing that it may.

    A backslash takes the meaning off ``*``, ``?`` and itself; anything else behind it is an
    error (``StringUtils.wildcardToJavaPattern`` in x-pack/plugin/esql-core).
    """
    pieces: list[Piece] = []
    text: list[str] = []
    at = 0
    while at < len(pattern):
        char = pattern[at]
        if char == "\\":
            at += 1
            if pattern[at : at + 1] not in {"*", "?", "\\"}:
                return None
            text.append(pattern[at])
        elif char in "*?":
            if text:
                pieces.append("".join(text))
                text = []
            pieces.append(Wild(char))
        else:
            text.append(char)
        at += 1
    return (*pieces, "".join(text)) if text else tuple(pieces)


def takes_all(operator: str, pattern: str) -> bool:
    """Return whether a pattern fits every text, so that it only asks for a value."""
    if operator == "LIKE":
        return bool(pattern) and not pattern.strip("*")
    return _TOTAL.fullmatch(_bare(pattern)) is not None


def _bare(pattern: str) -> str:
    while pattern.startswith("(") and pattern.endswith(")"):
        inner = pattern[1:-1]
        if "(" in inner or ")" in inner or "\\" in inner:
            return pattern
        pattern = inner
    return pattern
