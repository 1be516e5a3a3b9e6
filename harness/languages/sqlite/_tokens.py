"""Tokens of SQL as SQLite reads it. https://www.sqlite.org/lang_keywords.html and tokenize.c."""

from __future__ import annotations

import re

from harness.languages._lexing import Lexer, Token, syntax_error
from harness.source import Source, Span

_NAME = r"[A-Za-z_\x80-\U0010ffff][\w$\x80-\U0010ffff]*"
_NUMBER = r"0[xX][0-9A-Fa-f]+|(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
LEXER = Lexer(
    {
        "_blank": r"[ \t\n\f\r]+",
        "_comment": r"--[^\n]*|/\*.*?(?:\*/|\Z)",
        "STRING": r"'(?:[^']|'')*'",
        "QUOTED": r'"(?:[^"]|"")*"',
        "TICKED": r"`(?:[^`]|``)*`|\[[^\]]*\]",
        "BLOB": r"[xX]'(?:[0-9A-Fa-f]{2})*'",
        "BAD_BLOB": r"[xX]'[^']*'?",
        "BAD_NUMBER": rf"0[xX](?![0-9A-Fa-f])[\w$]*|(?>{_NUMBER})[A-Za-z_$\x80-\U0010ffff][\w$]*",
        "NUMBER": _NUMBER,
        "PARAMETER": r"\?[0-9]*|[:@$#][\w$]+",
        "NAME": _NAME,
        "OP": r"->>|->|\|\||<<|>>|<=|>=|<>|==|!=|[=<>&|+\-*/%~]",
        "OPEN": r"\(",
        "CLOSE": r"\)",
        "COMMA": r",",
        "DOT": r"\.",
        "SEMICOLON": r";",
    },
    re.DOTALL | re.ASCII,
)
_RESERVED = """
ADD ALL ALTER AND AS AUTOINCREMENT BETWEEN CASE CAST CHECK COLLATE COMMIT CONSTRAINT
CREATE CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP DEFAULT DEFERRABLE DELETE
DISTINCT DROP ELSE ESCAPE EXCEPT EXISTS FOREIGN FROM GROUP HAVING IN INDEX INSERT
INTERSECT INTO IS ISNULL JOIN LIMIT NOT NOTHING NOTNULL NULL ON OR ORDER PRIMARY
RAISE REFERENCES RETURNING SELECT SET TABLE THEN TO TRANSACTION UNION UNIQUE UPDATE
USING VALUES WHEN WHERE
"""
RESERVED = frozenset(_RESERVED.split())
"""Keywords that name nothing unless they are quoted; SQLite reads the others as names too."""


def read_tokens(source: Source) -> list[Token]:
    """Return the tokens of a statement; raise where SQLite's tokenizer refuses the text."""
    bad = re.search(r"[\0\ud800-\udfff]", source.text)
    if bad is not None:
        message = "SQLite takes no NUL and no lone surrogate in a statement"
        raise syntax_error(source, Span(*bad.span()), message)
    found = LEXER.tokens(source)
    for token in found:
        if token.kind.startswith("BAD_"):
            raise syntax_error(source, token.span, f"unrecognized token: {token.text!r}")
    return found


def is_word(token: Token, *words: str) -> bool:
    """Return whether a token is one of these keywords, in any letter case."""
    return token.kind == "NAME" and token.text.upper() in words


def is_name(token: Token) -> bool:
    """Return whether a token can name a column, a table or a function."""
    if token.kind in ("QUOTED", "TICKED"):
        return True
    return token.kind == "NAME" and token.text.upper() not in RESERVED


def name_of(token: Token) -> str:
    """Return a name or a string without its quotes."""
    if token.kind == "NAME":
        return token.text
    quote = token.text[-1]
    inner = token.text[1:-1]
    return inner if quote == "]" else inner.replace(quote * 2, quote)
