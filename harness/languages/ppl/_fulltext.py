"""The full-text functions as they are called: fields, the text to look for, arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.ir import as_text
from harness.languages.ppl import _relevance
from harness.languages.ppl._tokens import is_name
from harness.languages.ppl._values import Value, truth_value
from harness.source import Span

if TYPE_CHECKING:
    from harness.languages.ppl._expressions import Expressions

_MAX_FIELDS = 100


def full_text(parser: Expressions, word: str, start: Span) -> Value:
    """``call := WORD "(" (field "," | "[" fields "]" ",")? query ("," argument)* ")"``."""
    fields: list[tuple[str, Span]] = []
    if word in _relevance.SINGLE:
        fields.append(_field(parser))
        parser.operator(",")
    elif parser.take("["):
        fields = _fields(parser)
        parser.operator(",")
    query = _word(parser)
    given: dict[str, str] = {}
    while parser.take(","):
        name = parser.cursor.expect("WORD", "the name of an argument")
        argument = name.text.lower()
        parser.operator("=")
        if argument not in _relevance.ARGUMENTS or argument in given:
            message = f"the argument {argument[:40]!r} is unknown or given twice"
            parser.cursor.fail(message, "", name.span)
        given[argument] = _word(parser)
    parser.operator(")")
    span = parser.span_from(start)
    if word in _relevance.SINGLE:
        field = parser.resolve(*fields[0])
        found = _relevance.on_field(parser.tests, word, field, query, given, span)
    else:
        names = [name for name, _ in fields]
        found = _relevance.on_fields(parser.tests, word, names, query, given, span)
    return truth_value(found, span)


def _field(parser: Expressions) -> tuple[str, Span]:
    """``field := STRING | name``."""
    token = parser.cursor.take("STRING")
    return (parser.text(token), token.span) if token else parser.name()


def _fields(parser: Expressions) -> list[tuple[str, Span]]:
    """``fields := field ("^"? NUMBER)? ("," field ("^"? NUMBER)?)* "]"``."""
    fields = []
    while True:
        fields.append(_field(parser))
        if len(fields) > _MAX_FIELDS:
            parser.cursor.unsupported("a very long list", f"more than {_MAX_FIELDS} fields")
        if parser.take("^"):
            parser.cursor.expect("NUMBER", "a weight")
        else:
            parser.cursor.take("NUMBER")
        if not parser.take(","):
            parser.operator("]")
            return fields


def _word(parser: Expressions) -> str:
    """``word := literal | name``; everything is text there."""
    token = parser.cursor.token
    if token.kind == "STRING":
        return parser.text(parser.cursor.next())
    if is_name(token):
        return parser.name()[0]
    return as_text(parser.literal().constant)
