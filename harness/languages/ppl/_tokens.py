"""The words of PPL, after OpenSearchPPLLexer.g4 of the SQL plugin.

https://github.com/opensearch-project/sql/blob/main/ppl/src/main/antlr/OpenSearchPPLLexer.g4
"""

from __future__ import annotations

import math
import re
from dataclasses import replace

from harness.languages._lexing import END, Lexer, Token, syntax_error
from harness.source import Source, Span

RESERVED = frozenset({"and", "or", "not", "xor", "true", "false", "as", "by", "on"})
"""Words that are no names unless they stand in backticks."""
HIDDEN = "HIDDEN"
"""A character that the grammar does not know, and hides from its rules."""
_MAX_LENGTH = 500_000
_LONGEST_NUMBER = 40

_LEXER = Lexer(
    {
        "_blank": r"[ \t\r\n\u3000]+",
        "_comment": r"/\*(?:.|\n)*?\*/|//[^\r\n]*",
        "STRING": r"\"(?:\\(?:.|\n)|\"\"|[^\"\\])*\"|'(?:\\(?:.|\n)|''|[^'\\])*'",
        "QUOTED_NAME": r"`(?:\\(?:.|\n)|``|[^`\\])*`",
        "NUMBER": r"(?:[0-9]+\.[0-9]+|\.[0-9]+|[0-9]+)(?:[eE][+-]?[0-9]+)?[dDfF]?(?![\w@*?])",
        "NUMERIC_NAME": r"[0-9]+[@*?A-Za-z_][*?A-Za-z_\-0-9]*",
        "WORD": r"[@*A-Za-z_][*?A-Za-z_\-0-9]*",
        "INTEGER": r"[0-9]+",
        "OPERATOR": r"==|!=|<=|>=|->|[=<>+\-*/%.,()\[\]|:;^{}!]",
        "OTHER": r"(?:.|\n)",
    },
    re.ASCII,
)


def read_tokens(source: Source) -> list[Token]:
    """Return the tokens of a query; keywords are words, whatever their letter case."""
    if len(source.text) > _MAX_LENGTH:
        message = f"the query is longer than {_MAX_LENGTH} characters"
        raise syntax_error(source, Span(0, 1), message)
    return [_checked(token, source) for token in _LEXER.tokens(source)]


def _checked(token: Token, source: Source) -> Token:
    if token.text == "*":
        return replace(token, kind="OPERATOR")
    if token.kind != "OTHER":
        return token
    if token.text in "\"'`":
        message = f"the text after {token.text} has no end"
        raise syntax_error(source, token.span, message, "close the quote")
    return replace(token, kind=HIDDEN)


def is_word(token: Token, *words: str) -> bool:
    """Return whether a token is one of these words, in any letter case."""
    return token.kind == "WORD" and token.text.lower() in words


def is_name(token: Token) -> bool:
    """Return whether a token can be a part of a field name."""
    if token.kind == "WORD":
        return token.text.lower() not in RESERVED
    return token.kind in {"QUOTED_NAME", "NUMERIC_NAME"}


def name_value(token: Token) -> str:
    """Return one part of a name; what stands in backticks is kept as written."""
    return token.text[1:-1] if token.kind == "QUOTED_NAME" else token.text


def unquote(text: str, *, escapes: bool) -> str:
    r"""Return the text of a string: ``\"``, ``\'`` and ``\\`` and a doubled quote are one.

    Other backslashes stay; before 3.0 all do, and only doubled quotes count
    (``StringUtils.unquoteText`` of the plugin).
    """
    quote = text[0]
    inner = text[1:-1]
    if "\\" not in inner and quote not in inner:
        return inner
    pattern = rf"\\([\"'\\])|({quote}){quote}" if escapes else rf"({quote}){quote}"
    return re.sub(pattern, lambda match: next(part for part in match.groups() if part), inner)


def number_value(token: Token, source: Source) -> int | float:
    """Return the value of a number."""
    text = token.text.rstrip("dDfF")
    if len(text) > _LONGEST_NUMBER:
        raise syntax_error(source, token.span, "the number is too long")
    if text.isdecimal() and text == token.text:
        whole = int(text)
        if whole >= 2**63:
            raise syntax_error(source, token.span, "the number does not fit into 64 bits")
        return whole
    number = float(text)
    if not math.isfinite(number):
        raise syntax_error(source, token.span, "the number is too large")
    return number


def show(token: Token) -> str:
    """Return a token as a message names it."""
    return "the end of the query" if token.kind == END else repr(token.text[:40])
