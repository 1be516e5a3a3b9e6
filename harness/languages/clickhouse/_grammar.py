"""Tokens and operators of ClickHouse's SQL. https://clickhouse.com/docs/sql-reference/syntax."""

from __future__ import annotations

import re

from harness.languages._lexing import Lexer, Token, syntax_error, unsupported
from harness.languages._sql import special
from harness.languages._sql.grammar import Grammar
from harness.source import Source, Span

_NUMBER = r"0[xX][0-9A-Fa-f]+|0[bB][01]+|[0-9]+(?:_[0-9]+)*(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?"
LEXER = Lexer(
    {
        "_blank": r"[ \t\n\f\r\v]+",
        "_comment": r"--[^\n]*|#[ !][^\n]*|/\*.*?\*/",
        "STRING": r"'(?:[^'\\]|''|\\.)*'",
        "QUOTED": r'"(?:[^"\\]|""|\\.)+"|`(?:[^`\\]|``|\\.)+`',
        "BLOB": r"[xXbB]'[^']*'",
        "BAD_NUMBER": rf"(?>{_NUMBER})[A-Za-z_]\w*",
        "NUMBER": _NUMBER,
        "NAME": r"[A-Za-z_]\w*",
        "PARAMETER": r"\{\w+:\w+\}|\?\?",
        "CAST": r"::",
        "OP": r"->|\|\||<=>|<=|>=|<>|==|!~\*|!~|!=|~\*|[=<>+\-*/%~?]",
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
ALL AND ANTI ANY ARRAY AS ASC ASOF BETWEEN BY CASE CROSS DESC DISTINCT ELSE END EXCEPT FINAL
FORMAT FROM FULL GLOBAL GROUP HAVING ILIKE IN INNER INTERSECT INTO IS JOIN LEFT LIKE LIMIT NOT
OFFSET ON OR ORDER PREWHERE QUALIFY REGEXP RIGHT SAMPLE SELECT SEMI SETTINGS THEN UNION USING WHEN
WHERE WINDOW WITH NULL
"""
_OR, _AND, _NOT, _IS, _BETWEEN, _COMPARE, _JOIN, _SUM, _PRODUCT, _MINUS = range(1, 11)
_ESCAPES = {
    "n": "\n",
    "t": "\t",
    "r": "\r",
    "b": "\b",
    "f": "\f",
    "a": "\a",
    "v": "\v",
    "e": "\x1b",
    "0": "\0",
    "N": "",
}
_KEPT = frozenset("\\'\"`/=")


def _unescape(token: Token) -> str:
    """Return the value of a text, a number or a name."""
    text = token.text
    if token.kind == "BLOB":
        return text
    if token.kind in ("STRING", "QUOTED"):
        quote = text[0]
        return _escaped(text[1:-1].replace(quote * 2, f"\\{quote}"))
    return text.replace("_", "") if token.kind == "NUMBER" else text


def _escaped(text: str) -> str:
    def one(found: re.Match[str]) -> str:
        code = found[1]
        if code[0] == "x" and len(code) > 1:
            return chr(int(code[1:], 16))
        if code in _KEPT:
            return code
        return _ESCAPES.get(code, f"\\{code}")

    return re.sub(r"\\(x[0-9A-Fa-f]{2}|.)", one, text, flags=re.DOTALL)


GRAMMAR = Grammar(
    title="ClickHouse",
    binary={
        "OR": _OR,
        "AND": _AND,
        **dict.fromkeys(("=", "==", "<>", "!=", "<", "<=", ">", ">=", "<=>"), _COMPARE),
        **dict.fromkeys(("~", "!~", "~*", "!~*"), _COMPARE),
        "||": _JOIN,
        **dict.fromkeys(("+", "-"), _SUM),
        **dict.fromkeys(("*", "/", "%", "DIV", "MOD"), _PRODUCT),
    },
    tests={
        "IS": _IS,
        "BETWEEN": _BETWEEN,
        **dict.fromkeys(("IN", "LIKE", "ILIKE", "REGEXP"), _COMPARE),
    },
    negation=_NOT,
    minus=_MINUS,
    reserved=frozenset(_RESERVED.split()),
    unescape=_unescape,
    escape=frozenset({"LIKE", "ILIKE"}),
    ternary=True,
    arrow=True,
    joined={"==": "=", "<>": "!="},
    special={
        "POSITION": special.position,
        "SUBSTRING": special.substring,
        "TRIM": special.trim,
        "EXTRACT": special.extract,
    },
)


def read_tokens(source: Source) -> list[Token]:
    """Return the tokens of a statement; raise where ClickHouse refuses the text."""
    bad = re.search(r"[\0\ud800-\udfff]", source.text)
    if bad is not None:
        message = "ClickHouse takes no NUL and no lone surrogate in a statement"
        raise syntax_error(source, Span(*bad.span()), message)
    found = LEXER.tokens(source)
    for token in found:
        if token.kind == "BAD_NUMBER":
            raise syntax_error(source, token.span, f"syntax error at {token}")
        if token.kind == "STRING" and re.search(r"\\x(?![0-9A-Fa-f]{2})|\\x[89A-Fa-f]", token.text):
            reason = "texts are compared as UTF-8"
            raise unsupported(source, token.span, "a byte in a text", reason)
    return found
