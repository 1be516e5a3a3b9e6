"""Tokens of AQL. https://www.ibm.com/docs/en/qsip/7.6.0?topic=structure-quotation-marks."""

from __future__ import annotations

import re

from harness.languages._lexing import Lexer, Token

LEXER = Lexer(
    {
        "_blank": r"\s+",
        "_comment": r"/\*.*?\*/|--[^\n]*",
        "STRING": r"'(?:[^']|'')*'",
        "QUOTED": r'"[^"]*"',
        "BAD_NUMBER": r"[0-9]+[A-Za-z_]\w*",
        "NUMBER": r"(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)",
        "NAME": r"[A-Za-z_]\w*(?:::[A-Za-z_]\w*)?",
        "COMPARE": r"!=|<=|>=|==|=|<(?!>)|>",
        "SIGN": r"[+\-*/%^]",
        "OPEN": r"\(",
        "CLOSE": r"\)",
        "COMMA": r",",
        "SEMICOLON": r";",
        "DOT": r"\.",
        "OTHER": r"<>|\|\||[&|]",
    },
    re.DOTALL | re.ASCII,
)
RESERVED = frozenset(
    {"SELECT", "FROM", "WHERE", "AND", "OR", "NOT", "IN", "LIKE", "ILIKE", "MATCHES", "IMATCHES"}
    | {"BETWEEN", "IS", "GROUP", "ORDER", "BY", "HAVING", "LIMIT", "AS", "INTO"}
)


def is_word(token: Token, *words: str) -> bool:
    """Return whether a token is one of these keywords, in any letter case."""
    return token.kind == "NAME" and token.text.upper() in words


def unquoted(token: Token) -> str:
    """Return a name or text without its quotes."""
    if token.kind == "STRING":
        return token.text[1:-1].replace("''", "'")
    return token.text[1:-1] if token.kind == "QUOTED" else token.text
