"""The tokens of LogQL, as Loki's lexer makes them out of Go's text scanner."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from harness.languages._lexing import END, Token, syntax_error, unsupported
from harness.languages.logql._units import query_duration, size
from harness.source import Source, Span

MAX_BYTES = 131_072
"""Loki refuses a query from this length on."""
KEYWORDS = frozenset(
    [
        "by",
        "without",
        "bool",
        "offset",
        "on",
        "ignoring",
        "group_left",
        "group_right",
        "or",
        "and",
        "unless",
        "unwrap",
        "json",
        "regexp",
        "logfmt",
        "unpack",
        "pattern",
        "label_format",
        "line_format",
        "decolorize",
        "drop",
        "keep",
        "variants",
        "of",
    ]
)
METRICS = frozenset(
    [
        "rate",
        "rate_counter",
        "count_over_time",
        "bytes_rate",
        "bytes_over_time",
        "avg_over_time",
        "sum_over_time",
        "min_over_time",
        "max_over_time",
        "stdvar_over_time",
        "stddev_over_time",
        "quantile_over_time",
        "first_over_time",
        "last_over_time",
        "absent_over_time",
        "vector",
        "sum",
        "avg",
        "max",
        "min",
        "count",
        "stddev",
        "stdvar",
        "bottomk",
        "topk",
        "approx_topk",
        "sort",
        "sort_desc",
        "label_replace",
    ]
)
FUNCTIONS = METRICS | {"bytes", "duration", "duration_seconds", "ip"}
"""Names that are functions where a parenthesis follows, and plain names elsewhere."""

_FLAGS = ("--strict", "--keep-empty")
_RULES = re.compile(
    r"""(?P<_skip>[\t\n\r ]+|\#[^\n]*|//[^\n]*|/\*.*?\*/)
    | (?P<STRING>"(?:[^"\\\n]|\\[^\n])*"|`[^`]*`)
    | (?P<NAME>[^\W\d]\w*|'(?:[^'\\\n]|\\[^\n])')
    | (?P<BASE>0[xXoObB]\w*)
    | (?P<NUMBER>(?:\d+(?:_\d+)*(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
    | (?P<SIGN>=~|!=|!~|!>|\|=|\|~|\|>|==|>=|<=|[{}(),.=|<>+\-*/%^])
    | (?P<RANGE>\[[^\]]*\])
    | (?P<OTHER>[^"`'\x00\[])""",
    re.VERBOSE | re.DOTALL,
)
_OCTAL = re.compile(r"0[0-9_]*[89][0-9_]*")
_CALL = re.compile(r"\s*(?:\(|(?:by|without)\s*\()", re.IGNORECASE)
_FLAG = re.compile(r"-(?:[^\W\d_]|-)*")
_ESCAPE = re.compile(
    r"""\\(?:x([0-9a-fA-F]{2})|([0-7]{3})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))""", re.DOTALL
)
_SIMPLE = {"a": 7, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11, "\\": 92, '"': 34}
_UNCLOSED = {
    '"': "the string is not closed",
    "`": "the raw string is not closed",
    "'": "single quotes do not make a string",
    "[": "the range is not closed",
    "\x00": "the query holds a NUL character",
}


@dataclass(frozen=True, slots=True)
class Lexeme(Token):
    """A token with the value that it stands for: text, number, nanoseconds or bytes."""

    value: Any = None


def tokens(source: Source) -> list[Token]:
    """Return all tokens of a query."""
    text = source.text
    if len(text) >= MAX_BYTES or len(text.encode("utf-8", "replace")) >= MAX_BYTES:
        whole = Span(0, len(text))
        raise syntax_error(source, whole, f"the query is longer than {MAX_BYTES - 1} bytes")
    found: list[Token] = list(scan(source))
    found.append(Lexeme(END, "", Span(len(text), len(text))))
    return found


def scan(source: Source) -> Iterator[Lexeme]:
    """Yield the tokens up to the first thing that is none."""
    text, at = source.text, 0
    while at < len(text):
        match = _RULES.match(text, at)
        if match is None:
            hint = "write double quotes or backticks" if text[at] == "'" else ""
            message = _UNCLOSED.get(text[at], f"unexpected character {text[at]!r}")
            raise syntax_error(source, Span(at, at + 1), message, hint)
        kind = match.lastgroup or ""
        if kind == "_skip":
            at = match.end()
            continue
        lexeme = _lexeme(source, kind, match)
        yield lexeme
        at = lexeme.span.end


def _lexeme(source: Source, kind: str, match: re.Match[str]) -> Lexeme:
    written, span = match.group(), Span(*match.span())
    if kind == "STRING":
        return Lexeme("STRING", written, span, _unquoted(source, written, span))
    if kind == "BASE":
        raise _other_base(source, written, span)
    if kind == "NUMBER" or written == "-":
        if _OCTAL.fullmatch(written):
            raise syntax_error(source, span, f"{written} begins as an octal number and is none")
        return _quantity(source.text, written, span)
    if kind == "NAME":
        return _name(source.text, written, span)
    if kind == "RANGE":
        if query_duration(written[1:-1]) is None:
            raise syntax_error(source, span, f"{written} is no duration")
        return Lexeme("RANGE", written, span)
    if kind == "OTHER":
        return Lexeme("NAME", written, span, written)
    return Lexeme(written, written, span)


def _name(text: str, written: str, span: Span) -> Lexeme:
    lower = written.lower()
    if lower in FUNCTIONS:
        called = _CALL.match(text, span.end) is not None
        return Lexeme("FUNCTION" if called else "NAME", written, span, lower if called else written)
    if lower in KEYWORDS:
        return Lexeme(lower, written, span)
    return Lexeme("NAME", written, span, written)


def _other_base(source: Source, written: str, span: Span) -> Exception:
    """Return the error of a number such as ``0x1F``, which is a zero to Loki's parser."""
    if len(written) == 2:  # noqa: PLR2004 - the prefix alone
        return syntax_error(source, span, f"{written} begins a number of another base")
    return unsupported(source, span, "number of another base", "Loki takes nearly all of them as 0")


def _quantity(text: str, written: str, span: Span) -> Lexeme:
    """Return a number, or the duration or size that goes on behind its digits."""
    if written == "-":
        flag = _FLAG.match(text, span.end)
        if flag and f"-{flag.group()}" in _FLAGS:
            return Lexeme("FLAG", f"-{flag.group()}", Span(span.start, flag.end()))
    for kind, letters, value_of in (
        ("DURATION", "nuµmshdwy.", query_duration),
        ("BYTES", "BikKMGTP.", size),
    ):
        end = _run(text, span.end, letters)
        value = value_of(text[span.start : end]) if end > span.end else None
        if value is not None and (kind == "DURATION" or written != "-"):
            return Lexeme(kind, text[span.start : end], Span(span.start, end), value)
    return Lexeme("NUMBER" if written != "-" else "-", written, span, written)


def _run(text: str, at: int, letters: str) -> int:
    while at < len(text) and (text[at] in letters or text[at].isnumeric()):
        at += 1
    return at


def _unquoted(source: Source, written: str, span: Span) -> str:
    """Return the text of a Go string literal; bytes that are not UTF-8 stay what they are."""
    if written[0] == "`":
        return written[1:-1]
    inner = written[1:-1]
    if "\\" not in inner:
        return inner
    pieces: list[bytes] = []
    at = 0
    for match in _ESCAPE.finditer(inner):
        pieces.append(_encoded(inner[at : match.start()]))
        value = _escaped(match)
        if value is None:
            begin = span.start + 1 + match.start()
            hint = "double the backslash, or write the string in backticks"
            place = Span(begin, begin + len(match.group()))
            raise syntax_error(source, place, f"unknown escape {match.group()!r}", hint)
        pieces.append(value)
        at = match.end()
    pieces.append(_encoded(inner[at:]))
    return b"".join(pieces).decode("utf-8", "surrogateescape")


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _escaped(match: re.Match[str]) -> bytes | None:
    byte, octal, short, long, single = match.groups()
    if byte or octal:
        value = int(byte, 16) if byte else int(octal, 8)
        return bytes([value]) if value < 0x100 else None  # noqa: PLR2004 - one byte
    if short or long:
        code = int(short or long, 16)
        valid = code <= 0x10FFFF and not 0xD800 <= code < 0xE000  # noqa: PLR2004 - Unicode
        return chr(code).encode() if valid else None
    return bytes([_SIMPLE[single]]) if single in _SIMPLE else None
