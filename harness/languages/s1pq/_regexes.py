"""What PowerQuery's regular expressions leave out of Java's.

Sources: https://app.scalyr.com/help/regex for the library, look-around and group names; the
published PowerQuery reference (syntax-and-operators.md, pitfalls.md) for length and laziness.
"""

from __future__ import annotations

import re

from harness.ir.regexes import RegexError, TooComplex, compile_regex
from harness.ir.regexes._timed import BeyondRegex
from harness.languages._lexing import Cursor
from harness.source import Span

MAX_BYTES = 1000
"""Length of one expression in UTF-8."""
_PIECE = re.compile(
    r"""(?P<plain>\\.|\[\^?\]?(?:\\.|[^\]\\])*\])
    |(?P<look>\(\?<?[=!])
    |(?P<name>\(\?P?<)
    |(?P<flag>\(\?[a-zA-Z-]+[:)])
    |(?P<lazy>(?:[*+?]|\{\d+(?:,\d*)?\})\?)
    |(?P<greedy>(?:[*+?]|\{\d+(?:,\d*)?\})\+)
    |.""",
    re.DOTALL | re.VERBOSE,
)
_REFUSED = {
    "look": "look-ahead and look-behind are not supported",
    "name": "named groups are not supported",
    "lazy": "lazy quantifiers are not supported",
}


def check_regex(cursor: Cursor, pattern: str, dialect: str, span: Span) -> bool:
    """Refuse an invalid expression; return whether it is unclear that the engine takes it."""
    if len(pattern.encode("utf-8", "replace")) > MAX_BYTES:
        cursor.fail(f"the regular expression is longer than {MAX_BYTES} bytes", "", span)
    found = {piece.lastgroup for piece in _PIECE.finditer(pattern)}
    for kind, message in _REFUSED.items():
        if kind in found:
            cursor.fail(message, "rewrite the expression without it", span)
    try:
        compile_regex(pattern, dialect)
    except (BeyondRegex, TooComplex) as error:
        cursor.unsupported("regular expression", str(error), span)
    except RegexError as error:
        cursor.fail(f"the regular expression is invalid: {error}", "", span)
    return bool(found & {"flag", "greedy"})
