"""The words of a query: names, literals, operators."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from harness.languages._lexing import END, Lexer, Token
from harness.languages._nested import NestedCursor
from harness.source import Source, Span

_BLANK = r"[\t \r\n\f\u00a0\u1680\u180e\u2000-\u200b\u202f\u205f\u3000\ufeff]+"
_ESCAPE = (
    r"""\\(?:['"\\abfnrtv]|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|x[0-9A-Fa-f]{2}|[0-3]?[0-7]{1,2})"""
)
_UNIT = (
    r"(?:m(?:in(?:ute)?|inutes)?|s(?:ec(?:ond)?|econds)?|d(?:ays?)?|h(?:ours?|rs?)?|ms"
    r"|(?:milli|micro|nano)(?:s(?:ec(?:ond)?|econds)?)?|ticks?)"
)
_WORD_END = r"(?![A-Za-z0-9_])"
TYPED = (
    "datetime|date|timespan|time|long|int64|int32|int|real|double|decimal|bool|boolean|guid|uuid"
    "|uniqueid|typeof"
)
_LEXER = Lexer(
    {
        "_blank": _BLANK,
        "_comment": r"//[^\n\r\u2028\u2029]*",
        "STRING": "|".join(
            [
                r"[hH]?```(?:.|\n)*?```",
                r"[hH]?~~~(?:.|\n)*?~~~",
                r'[hH]?@"(?:""|[^"\r\n])*"',
                r"[hH]?@'(?:''|[^'\r\n])*'",
                rf'[hH]?"(?:{_ESCAPE}|[^"\\\r\n])*"',
                rf"[hH]?'(?:{_ESCAPE}|[^'\\\r\n])*'",
            ]
        ),
        "TYPED": rf"(?:{TYPED})\([^)]*\)",
        "REAL": rf"\d+(?:\.(?!\.)\d*(?:[eE][+-]?\d+)?|[eE][+-]?\d+){_WORD_END}(?!\.\d)",
        "TIMESPAN": rf"\d+(?:\.\d+)?{_UNIT}{_WORD_END}",
        "LONG": rf"(?:0[xX][0-9A-Fa-f]+|\d+){_WORD_END}",
        "KEYWORD": r"(?:project-(?:away|keep|rename|reorder|smart|by-names)|parse-(?:where|kv)"
        r"|mv-(?:expand|apply)|make-(?:series|graph)|sample-distinct|top-(?:nested|hitters)"
        rf"|macro-expand|granny-(?:asc|desc)|matches regex){_WORD_END}",
        "CARET": rf"!(?:contains|has|startswith|endswith|hasprefix|hassuffix)(?:_cs)?{_WORD_END}"
        rf"|!between{_WORD_END}|!?in~|!in{_WORD_END}",
        "NAME": r"[$_A-Za-z][_A-Za-z0-9]*|\d+[_A-Za-z][_A-Za-z0-9]*",
        "SYMBOL": r"=>|==|=~|!=|!~|<>|<=|>=|\.\.|[=<>+\-*/%(){}\[\],;|.:?@]",
    },
    re.ASCII,
)
_SIMPLE = {"a": 7, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11}
_ESCAPED = re.compile(_ESCAPE)
_PREFIX = re.compile(r"[hH]?")

RESERVED = frozenset(
    [
        "accumulate",
        "and",
        "anomalychart",
        "areachart",
        "as",
        "asc",
        "bagexpansion",
        "barchart",
        "between",
        "bin_legacy",
        "boolean",
        "by",
        "byte",
        "card",
        "char",
        "columnchart",
        "contains",
        "contains_cs",
        "containscs",
        "datascope",
        "datatable",
        "date",
        "datetime",
        "decimal",
        "decodeblocks",
        "desc",
        "double",
        "dynamic",
        "endswith",
        "endswith_cs",
        "expandoutput",
        "external_data",
        "externaldata",
        "find",
        "first",
        "flags",
        "float",
        "has",
        "has_all",
        "has_any",
        "has_cs",
        "hasprefix",
        "hasprefix_cs",
        "hassuffix",
        "hassuffix_cs",
        "hotcache",
        "in",
        "int",
        "int16",
        "int32",
        "int64",
        "int8",
        "invoke",
        "isfuzzy",
        "ladderchart",
        "last",
        "like",
        "likecs",
        "linechart",
        "long",
        "materialize",
        "nooptimization",
        "notcontains",
        "notcontainscs",
        "notlike",
        "notlikecs",
        "of",
        "or",
        "others",
        "piechart",
        "pivotchart",
        "print",
        "project",
        "real",
        "relaxed",
        "sample",
        "scatterchart",
        "search",
        "set",
        "simple",
        "stackedareachart",
        "startswith",
        "startswith_cs",
        "string",
        "time",
        "timechart",
        "timeline",
        "timepivot",
        "timespan",
        "title",
        "to",
        "toscalar",
        "totable",
        "treemap",
        "uint",
        "uint16",
        "uint32",
        "uint64",
        "uint8",
        "ulong",
        "union",
        "uniqueid",
        "where",
        "with_itemindex",
        "with_match_id",
        "with_step_name",
    ]
)
"""Words that are no name where a value may stand; written ``['title']`` they are."""
_ASSIGNABLE = frozenset(
    [
        "accumulate",
        "as",
        "by",
        "contains",
        "datatable",
        "externaldata",
        "find",
        "has",
        "in",
        "invoke",
        "materialize",
        "of",
        "print",
        "sample",
        "search",
        "set",
        "title",
        "to",
        "toscalar",
        "totable",
        "where",
    ]
)
"""Those that may be given to a new column all the same."""
_PARAMETERS = frozenset(("kind", "withsource", "with_source"))
"""Those that only a column that is there may be called."""
_CONSTANTS = frozenset(("true", "false", "True", "False", "TRUE", "FALSE"))


class TokenCursor(NestedCursor):
    """A position in the tokens of a query; expressions and pipelines hold each other."""

    def __init__(
        self, source: Source, tokens: list[Token], pipeline: Callable[[TokenCursor], Any]
    ) -> None:
        super().__init__(source, tokens)
        self._pipeline = pipeline

    def pipeline(self) -> Any:
        """Read a pipeline, or an expression."""
        return self._pipeline(self)

    def at_name(self) -> bool:
        """Return whether a name comes next, bare or in brackets."""
        if self.at("NAME"):
            return self.token.text not in RESERVED and self.token.text not in _CONSTANTS
        return self.at_symbol("[") and self.peek().kind == "STRING" and self.peek(2).text == "]"

    def at_symbol(self, *symbols: str) -> bool:
        """Return whether one of these symbols comes next."""
        return self.token.kind == "SYMBOL" and self.token.text in symbols

    def at_word(self, *words: str) -> bool:
        """Return whether one of these words comes next."""
        return self.token.kind in {"NAME", "KEYWORD", "CARET"} and self.token.text in words

    def take_symbol(self, *symbols: str) -> Token | None:
        """Read one of these symbols, if it comes next."""
        return self.next() if self.at_symbol(*symbols) else None

    def take_word(self, *words: str) -> Token | None:
        """Read one of these words, if it comes next."""
        return self.next() if self.at_word(*words) else None

    def symbol(self, symbol: str, hint: str = "") -> Token:
        """Read this symbol."""
        if not self.at_symbol(symbol):
            self.fail(f"expected {symbol!r}, found {self.token}", hint)
        return self.next()

    def word(self, word: str) -> Token:
        """Read this word."""
        if not self.at_word(word):
            self.fail(f"expected {word!r}, found {self.token}")
        return self.next()

    def at_new_name(self) -> bool:
        """Return whether the name of a new column comes next."""
        if self.at("NAME") and self.token.text in _PARAMETERS:
            return False
        return self.at_name() or (self.at("NAME") and self.token.text in _ASSIGNABLE)

    def at_constant(self) -> bool:
        """Return whether a Boolean comes next."""
        return self.at("NAME") and self.token.text in _CONSTANTS

    def name(self, what: str, *, new: bool = False) -> tuple[str, Span]:
        """Name = NAME | "[" STRING "]"."""
        if not (self.at_new_name() if new else self.at_name()):
            hint = ""
            if self.token.text in RESERVED:
                hint = f"write a keyword that is a name as ['{self.token.text}']"
            self.fail(f"expected {what}, found {self.token}", hint)
        start = self.next()
        if start.kind == "NAME":
            return start.text, start.span
        text = self.next()
        end = self.next()
        return decode(text.text), start.span.to(end.span)


def cursor(source: Source, pipeline: Callable[[TokenCursor], Any]) -> TokenCursor:
    """Return a cursor at the start of a query."""
    return TokenCursor(source, _LEXER.tokens(source), pipeline)


def decode(literal: str) -> str:
    """Return the text that one string literal stands for."""
    text = literal[_PREFIX.match(literal).end() :]  # type: ignore[union-attr]
    if text.startswith(("```", "~~~")):
        return text[3:-3]
    if text.startswith("@"):
        quote = text[1]
        return text[2:-1].replace(quote * 2, quote)
    inner = text[1:-1]
    return _ESCAPED.sub(_escaped, inner) if "\\" in inner else inner


def _escaped(found: re.Match[str]) -> str:
    body = found.group()[1:]
    if body[0] in _SIMPLE:
        return chr(_SIMPLE[body[0]])
    if body[0] in "xuU":
        code = int(body[1:], 16)
        return chr(code) if code <= 0x10FFFF else body  # noqa: PLR2004 - the last code point
    return chr(int(body, 8)) if body[0].isdigit() else body


__all__ = ["END", "RESERVED", "TYPED", "TokenCursor", "cursor", "decode"]
