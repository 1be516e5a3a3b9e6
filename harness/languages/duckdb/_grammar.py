"""Tokens and operators of DuckDB's SQL.

https://duckdb.org/docs/stable/sql/dialect/keywords_and_identifiers; precedence is that of
version 2.0.0.
"""

from __future__ import annotations

import re

from harness.languages._lexing import Lexer, Token, syntax_error
from harness.languages._sql import special
from harness.languages._sql.grammar import Grammar
from harness.source import Source, Span

_NAME = r"[A-Za-z_\x80-\U0010ffff][\w$\x80-\U0010ffff]*"
_DIGITS = r"[0-9]+(?:_[0-9]+)*"
_NUMBER = rf"(?:{_DIGITS}(?:\.(?:{_DIGITS})?)?|\.{_DIGITS})(?:[eE][+-]?[0-9]+)?"
LEXER = Lexer(
    {
        "_blank": r"[ \t\n\f\r\v\u00a0]+",
        "_comment": r"--[^\n]*|/\*.*?\*/",
        "STRING": r"'(?:[^']|'')*'",
        "ESCAPED": r"[eE]'(?:[^'\\]|''|\\.)*'",
        "DOLLARS": r"\$(?P<tag>[A-Za-z_]*)\$.*?\$(?P=tag)\$",
        "BLOB": r"[xX]'[^']*'",
        "QUOTED": r'"(?:[^"]|"")+"|`[^`]+`',
        "BAD_NUMBER": rf"(?>{_NUMBER})[A-Za-z_$\x80-\U0010ffff][\w$]*",
        "NUMBER": _NUMBER,
        "PARAMETER": r"\?|\$\w+",
        "NAME": _NAME,
        "CAST": r"::",
        "OP": r"->>|->|\|\||!~~\*|!~~|~~~|~~\*|~~|!~\*|~\*|!~|\^@|\*\*|//|<<|>>|<=|>=|<>|==|!="
        r"|&&|@>|<@|[=<>&|+\-*/%~^!@]",
        "OPEN": r"\(",
        "CLOSE": r"\)",
        "SQUARE": r"\[",
        "SQUARE_CLOSE": r"\]",
        "CURLY": r"\{",
        "CURLY_CLOSE": r"\}",
        "COMMA": r",",
        "DOT": r"\.",
        "COLON": r":",
        "SEMICOLON": r";",
    },
    re.DOTALL | re.ASCII,
)
_RESERVED = """
ALL ANALYSE ANALYZE AND ANY ARRAY AS ASC ASYMMETRIC BOTH CASE CAST CHECK COLLATE COLUMN CONSTRAINT
CREATE DEFAULT DEFERRABLE DESC DESCRIBE DISTINCT DO ELSE END EXCEPT FALSE FETCH FOR FOREIGN FROM
GROUP HAVING IN INITIALLY INTERSECT INTO LAMBDA LATERAL LEADING LIMIT NOT NULL OFFSET ON ONLY OR
ORDER PIVOT PLACING PRIMARY QUALIFY REFERENCES RETURNING SELECT SHOW SOME SUMMARIZE SYMMETRIC TABLE
THEN TO TRAILING TRUE UNION UNIQUE UNPIVOT USING VARIADIC WHEN WHERE WINDOW WITH IS ISNULL NOTNULL
LIKE ILIKE GLOB SIMILAR BETWEEN
"""
_OR, _AND, _NOT, _IS, _COMPARE, _TEST, _OTHER, _SUM, _PRODUCT, _POWER, _MINUS = range(1, 12)


def _unescape(token: Token) -> str:
    """Return the value of a text, a number or a name."""
    text = token.text
    if token.kind == "STRING":
        if text[0] in "eE":
            return _escaped(text[2:-1].replace("''", "'"))
        if text[0] == "$":
            mark = text.index("$", 1) + 1
            return text[mark:-mark]
        return text[1:-1].replace("''", "'")
    if token.kind == "QUOTED":
        return text[1:-1].replace(text[0] * 2, text[0])
    return text.replace("_", "") if token.kind == "NUMBER" else text


_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}


def _escaped(text: str) -> str:
    def one(found: re.Match[str]) -> str:
        code = found[1]
        if code[0] in "xuU" and len(code) > 1:
            return chr(int(code[1:], 16))
        return _ESCAPES.get(code, code)

    return re.sub(r"\\(x[0-9A-Fa-f]{1,2}|u[0-9A-Fa-f]{4}|.)", one, text, flags=re.DOTALL)


GRAMMAR = Grammar(
    title="DuckDB",
    binary={
        "OR": _OR,
        "AND": _AND,
        **dict.fromkeys(("=", "==", "<>", "!=", "<", "<=", ">", ">="), _COMPARE),
        **dict.fromkeys(("~", "!~", "~*", "!~*", "~~", "!~~", "~~*", "!~~*", "~~~"), _TEST),
        **dict.fromkeys(("||", "&", "|", "<<", ">>", "^@", "&&", "@>", "<@", "->", "->>"), _OTHER),
        **dict.fromkeys(("+", "-"), _SUM),
        **dict.fromkeys(("*", "/", "//", "%"), _PRODUCT),
        **dict.fromkeys(("^", "**"), _POWER),
    },
    tests={
        **dict.fromkeys(("IS", "ISNULL", "NOTNULL", "NULL"), _IS),
        **dict.fromkeys(("IN", "BETWEEN", "LIKE", "ILIKE", "GLOB", "SIMILAR"), _TEST),
    },
    negation=_NOT,
    minus=_MINUS,
    reserved=frozenset(_RESERVED.split()),
    unescape=_unescape,
    single=frozenset({_COMPARE}),
    escape=frozenset({"LIKE", "ILIKE", "SIMILAR"}),
    quantified=True,
    joined={"==": "=", "<>": "!=", "**": "^"},
    special={
        "POSITION": special.position,
        "SUBSTRING": special.substring,
        "TRIM": special.trim,
        "EXTRACT": special.extract,
    },
)


def read_tokens(source: Source) -> list[Token]:
    """Return the tokens of a statement; raise where DuckDB refuses the text."""
    bad = re.search(r"[\0\ud800-\udfff]", source.text)
    if bad is not None:
        message = "DuckDB takes no NUL and no lone surrogate in a statement"
        raise syntax_error(source, Span(*bad.span()), message)
    found = LEXER.tokens(source)
    for at, token in enumerate(found):
        if token.kind == "BAD_NUMBER":
            raise syntax_error(source, token.span, f"syntax error at {token}")
        if token.kind in ("ESCAPED", "DOLLARS"):
            found[at] = Token("STRING", token.text, token.span)
    return found
