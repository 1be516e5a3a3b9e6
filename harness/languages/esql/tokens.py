"""The words of ES|QL: a lexer that changes its rules with the command, and literal values.

The rules are those of the grammar that ships with Elasticsearch
(x-pack/plugin/esql/src/main/antlr, ``EsqlBaseLexer.g4`` and ``lexer/*.g4``).
"""

from __future__ import annotations

import math
import re

from harness.languages._lexing import END, Token, syntax_error
from harness.source import Source, Span

RESERVED = frozenset(
    {"and", "asc", "by", "desc", "false", "in", "is", "like", "not", "null", "nulls", "or"}
    | {"rlike", "true", "where"}
)
"""Words that are no column names unless they stand in backticks."""
_QUOTED = r"`(?:[^`]|``)+`"
_PLAIN = r"[A-Za-z][A-Za-z0-9_]*|[_@][A-Za-z0-9_]+"
_PART = f"(?:{_PLAIN}|{_QUOTED})"
_PATTERN_PART = rf"(?:[A-Za-z*][A-Za-z0-9_*]*|[_@][A-Za-z0-9_*]+|{_QUOTED})+"
_STRINGS = r'(?P<RAW_STRING>"""[^\r\n]*?""""?"?)|(?P<STRING>"(?:\\[tnr"\\]|[^\r\n"\\])*")'

_BLANK = re.compile(r"(?:[ \t\r\n]+|//[^\r\n]*)+")
_COMMENT_EDGE = re.compile(r"/\*|\*/")
_COMMAND = re.compile(r"(?P<NAME>[A-Za-z_][A-Za-z0-9_]*)|(?P<OP>[|;])")
_EXPRESSION = re.compile(
    rf"(?P<NAME>{_PART}(?:\.{_PART})*)|{_STRINGS}"
    r"|(?P<DECIMAL>(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+)"
    r"|(?P<INTEGER>[0-9]+)|(?P<PARAMETER>\?{1,2}[A-Za-z0-9_]*)"
    r"|(?P<OP>::|==|=~|!=|<=|>=|[|;=<>+\-*/%.,:()\[\]{}])"
)
_SOURCES = re.compile(
    rf"{_STRINGS}|(?P<OP>::|[|,()\[\]:=;])"
    r"|(?P<WORD>(?:[^:\"=|,\[\]/() \t\r\n;]|/(?![*/]))+)"
)
_PROJECTION = re.compile(
    rf"(?P<PATTERN>{_PATTERN_PART}(?:\.{_PATTERN_PART})*)|(?P<PARAMETER>\?{{1,2}}\w*)"
    r"|(?P<OP>[|,.=])"
)
_LOOSE = re.compile(
    rf"{_STRINGS}|(?P<QUOTED_NAME>{_QUOTED})|(?P<OP>[|()\[\]])"
    r"|(?P<WORD>[^|()\[\]\"` \t\r\n/]+|[/\"`])"
)
_MODES = {
    **dict.fromkeys(("from", "ts"), _SOURCES),
    **dict.fromkeys(("keep", "drop", "rename"), _PROJECTION),
    **dict.fromkeys(
        (
            *("where", "eval", "limit", "sort", "stats", "inline", "inlinestats", "row", "set"),
            *("dissect", "grok", "mv_expand"),
        ),
        _EXPRESSION,
    ),
}

_ESCAPE = re.compile(r"\\(.)")
_SIMPLE = {"t": "\t", "n": "\n", "r": "\r"}
_LONG = 2**63 - 1
_MAX_UNSIGNED = 2**64 - 1
_INTEGER = 2**31 - 1


def tokenize(source: Source) -> list[Token]:
    """Return the tokens of a query, an ``END`` token last."""
    found: list[Token] = []
    text, at, mode, depth = source.text, 0, _COMMAND, 0
    while (at := _skip_blanks(source, at)) < len(text):
        match = mode.match(text, at)
        if match is None:
            raise _unreadable(source, at)
        token = Token(match.lastgroup or "", match.group(), Span(at, match.end()))
        found.append(token)
        at = match.end()
        if token.kind == "NAME" and mode is _COMMAND:
            mode, depth = _MODES.get(token.text.lower(), _LOOSE), 0
        elif token.kind == "OP":
            depth += (token.text in "([") - (token.text in ")]")
            if mode is _SOURCES and token.text == "(":
                mode = _LOOSE
            elif token.text in "|;" and (mode is not _LOOSE or depth <= 0):
                mode = _COMMAND
    found.append(Token(END, "", Span(at, at)))
    return found


def _skip_blanks(source: Source, at: int) -> int:
    """Return the offset behind blanks and comments; ``/* */`` comments nest."""
    text = source.text
    while True:
        match = _BLANK.match(text, at)
        at = match.end() if match else at
        if not text.startswith("/*", at):
            return at
        start, depth = at, 0
        while depth or at == start:
            edge = _COMMENT_EDGE.search(text, at)
            if edge is None:
                raise syntax_error(source, Span(start, start + 2), "the comment has no end")
            depth += 1 if edge.group() == "/*" else -1
            at = edge.end()


def _unreadable(source: Source, at: int) -> Exception:
    char = source.text[at]
    if char == '"':
        return syntax_error(
            source,
            Span(at, at + 1),
            "the string has an unknown escape or no end",
            r'write a backslash as \\, or the string as """..."""',
        )
    return syntax_error(source, Span(at, at + 1), f"unexpected character {char!r}")


def string_value(token: Token) -> str:
    """Return the text that a string token stands for."""
    if token.kind == "RAW_STRING":
        return token.text[3:-3]
    return _ESCAPE.sub(lambda match: _SIMPLE.get(match[1], match[1]), token.text[1:-1])


def number_value(token: Token, source: Source, *, negative: bool = False) -> int | float:
    """Return the number of a token: whole where it fits into 64 bits, else a fraction."""
    sign = -1 if negative else 1
    if token.kind == "INTEGER" and len(token.text.lstrip("0")) <= len(str(_MAX_UNSIGNED)):
        whole = int(token.text) * sign
        if -_LONG - 1 <= whole <= _MAX_UNSIGNED:
            return whole
    number = float(token.text) * sign
    if not math.isfinite(number):
        raise syntax_error(source, token.span, "the number is too large")
    return number


def number_type(value: float) -> str:
    """Return the type of a number that stands in a query."""
    if isinstance(value, float):
        return "double"
    if -_INTEGER - 1 <= value <= _INTEGER:
        return "integer"
    return "long" if value <= _LONG else "unsigned_long"


def parts(text: str) -> list[str]:
    """Return the parts of a dotted name, their backticks still on."""
    return re.findall(rf"{_QUOTED}|[^.`]+", text)


def name_value(text: str) -> str:
    """Return a column name without the backticks of its parts."""
    if "`" not in text:
        return text
    return re.sub(_QUOTED, lambda match: match.group()[1:-1].replace("``", "`"), text)
