"""The tokens of PowerQuery, and what a quoted text stands for."""

from __future__ import annotations

import re

from harness.languages._lexing import Cursor, Lexer, Token
from harness.source import Span

_ODD = r"\\[^\w\s]"
LEXER = Lexer(
    {
        "_blank": r"\s+",
        "_comment": r"//[^\n]*",
        "REGEX": r'\$"(?:\\.|[^"\\])*"',
        "STRING": r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'',
        "UNCLOSED": r"[\"']",
        "NUMBER": r"\d[\d_]*(?:\.\d[\d_]*)?(?:[eE][+-]?\d+)?(?![\w.])",
        "WORD": rf"(?:[^\W\d]|{_ODD})(?:[\w.:-]|{_ODD})*",
        "SHORTCUT": r"#\w+",
        "SERVER": r"\$\w+",
        "BACKTICK": r"`",
        "OP": r"==|!=|<=|>=|=|<|>",
        "AND": r"&&",
        "OR": r"\|\|",
        "NOT": r"!",
        "PIPE": r"\|",
        "SIGN": r"[-+/%]",
        "STAR": r"\*",
        "QUESTION": r"\?",
        "COLON": r":",
        "OPEN": r"\(",
        "CLOSE": r"\)",
        "BRACKET": r"[\[\]]",
        "COMMA": r",",
        "DOT": r"\.",
        "ODD": r".",
    },
    re.DOTALL,
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_KNOWN = frozenset("\\\"'")
_LARGEST = 2**53
_DIGITS = 20


def text_of(cursor: Cursor, token: Token) -> str:
    r"""Return the text that a quoted token stands for: ``\\``, ``\"`` and ``\'`` are escapes."""
    raw = token.text[1:-1]
    if "\\" not in raw:
        return raw
    for found in _ESCAPE.finditer(raw):
        if found[1] not in _KNOWN:
            start = token.span.start + 1 + found.start()
            reason = "only \\\\, \\\" and \\' are documented; write a backslash twice"
            cursor.unsupported(f"escape \\{found[1]}", reason, Span(start, start + 2))
    return _ESCAPE.sub(r"\1", raw)


def number_of(cursor: Cursor, token: Token) -> int | float:
    """Return a number; underscores may stand between its digits."""
    digits = token.text.replace("_", "")
    value = int(digits) if digits.isdigit() and len(digits) < _DIGITS else float(digits)
    if value > _LARGEST:
        reason = "numbers are 64-bit floats, which are not exact from there on"
        cursor.unsupported("number beyond 2^53", reason, token.span)
    return value


def name_of(token: Token) -> str:
    r"""Return a field name without the backslashes before its odd characters."""
    return re.sub(r"\\(.)", r"\1", token.text)
