"""The words of EQL: its lexer, and the values of its literals.

The rules are those of the grammar that ships with Elasticsearch
(x-pack/plugin/eql/src/main/antlr/EqlBase.g4) and of
https://www.elastic.co/docs/reference/query-languages/eql/eql-syntax.
"""

from __future__ import annotations

import math
import re
from dataclasses import replace

from harness.languages._lexing import Lexer, Token, syntax_error
from harness.source import Source, Span

KEYWORDS = frozenset(
    {"and", "any", "by", "false", "in", "join", "like", "maxspan", "not", "null", "of", "or"}
    | {"regex", "sample", "sequence", "true", "until", "where", "with"}
)
"""Words that are no field names unless they stand in backticks; lower case only."""
_TILDE_OPERATORS = frozenset({"in~", "like~", "regex~"})

_RULES = {
    "_blank": r"[ \t\r\n]+",
    "_line_comment": r"//[^\r\n]*",
    "_comment": r"/\*[\s\S]*?\*/",
    "OLD_STRING": r"'(?:\\.|[^'\\\r\n])*'|\?\"(?:\\\"|[^\"\r\n])*\"|\?'(?:\\'|[^'\r\n])*'",
    "RAW_STRING": r'"""[^\r\n]*?""""?"?',
    "STRING": r'"(?:\\[btnfr"\'\\]|\\u\{[0-9A-Fa-f]+\}|[^\r\n"\\])*"',
    "BAD_STRING": r'"(?:\\.|[^\r\n"\\])*(?:"|$|(?=[\r\n])|\\)',
    "QUOTED_NAME": r"`(?:[^`]|``)*`",
    "TILDE_NAME": r"[A-Za-z][A-Za-z0-9_]*~",
    "NAME": r"[A-Za-z_@][A-Za-z0-9_]*",
    "DECIMAL": r"[0-9]+\.[0-9]*(?:[eE][+-]?[0-9]+)?|\.[0-9]+(?:[eE][+-]?[0-9]+)?"
    r"|[0-9]+[eE][+-]?[0-9]+",
    "INTEGER": r"[0-9]+",
    "OPERATOR": r"!\[|==|!=|<=|>=|[:=<>+\-*/%.,()\[\]|?]",
}
_LEXER = Lexer(_RULES)

_ESCAPE = re.compile(r"\\(?:u\{([0-9A-Fa-f]+)\}|(.))")
_SIMPLE = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r"}
_MIN_HEX, _MAX_HEX = 2, 8
_MAX_CODE = 0x10FFFF
_SURROGATES = range(0xD800, 0xE000)
_MAX_UNSIGNED = 2**64 - 1


def tokenize(source: Source) -> list[Token]:
    """Return the tokens of a query; keywords have the kind ``KEYWORD``."""
    return [_classified(token, source) for token in _LEXER.tokens(source)]


def _classified(token: Token, source: Source) -> Token:
    match token.kind:
        case "OLD_STRING":
            raise syntax_error(
                source,
                token.span,
                f"{token.text[:40]} is a string of the old kind, which EQL no longer takes",
                'write "..." (with backslash escapes) or """...""" (raw)',
            )
        case "BAD_STRING":
            raise syntax_error(
                source,
                token.span,
                "the string has an unknown escape or no end",
                r"write a backslash as \\, or the string as "
                '"""..."""',
            )
        case "NAME" if token.text in KEYWORDS:
            return replace(token, kind="KEYWORD")
        case "TILDE_NAME" if token.text in _TILDE_OPERATORS:
            return replace(token, kind="KEYWORD")
        case _:
            return token


def string_value(token: Token, source: Source) -> str:
    """Return the text that a string token stands for."""
    if token.kind == "RAW_STRING":
        return token.text[3:-3]

    def unescape(match: re.Match[str]) -> str:
        if match[1] is None:
            return _SIMPLE.get(match[2], match[2])
        start = token.span.start + 1 + match.start()
        span = Span(start, start + len(match.group()))
        return _code_point(match[1], source, span)

    return _ESCAPE.sub(unescape, token.text[1:-1])


def _code_point(digits: str, source: Source, span: Span) -> str:
    if not _MIN_HEX <= len(digits) <= _MAX_HEX:
        message = f"a Unicode escape has {_MIN_HEX} to {_MAX_HEX} hexadecimal digits"
        raise syntax_error(source, span, message)
    code = int(digits, 16)
    if not 0 < code <= _MAX_CODE or code in _SURROGATES:
        raise syntax_error(source, span, f"there is no character with the code {digits}")
    return chr(code)


def number_value(token: Token, source: Source) -> int | float:
    """Return the number of a token: whole where it fits into 64 bits, else a fraction."""
    if token.kind == "INTEGER" and len(token.text.lstrip("0")) <= len(str(_MAX_UNSIGNED)):
        whole = int(token.text)
        if whole <= _MAX_UNSIGNED:
            return whole
    number = float(token.text)
    if not math.isfinite(number):
        raise syntax_error(source, token.span, "the number is too large")
    return number


def name_value(token: Token) -> str:
    """Return one part of a field name, without its backticks."""
    if token.kind == "QUOTED_NAME":
        return token.text[1:-1].replace("``", "`")
    return token.text
