"""Reading KQL: tokens into clauses.

Kibana's grammar is a parsing expression grammar, but no alternative that it tries second can
succeed where the first has failed behind a field's operator; so one token decides here.
"""

from __future__ import annotations

from harness.languages._lexing import END
from harness.languages._nested import NestedCursor
from harness.languages.kuery._syntax import All, Clause, Group, Is, Joined, Negated, Range
from harness.languages.kuery._tokens import AND, NOT, OR, QUOTED, WORD, tokens
from harness.languages.kuery._words import Word, word
from harness.source import Source, Span

_ORDER = ("<", "<=", ">", ">=")


class _Cursor(NestedCursor):
    """A position in a query; ``leading_wildcards`` tells whether values may begin with one."""

    def __init__(self, source: Source, *, leading_wildcards: bool) -> None:
        super().__init__(source, tokens(source))
        self.leading_wildcards = leading_wildcards


def parse_syntax(source: Source, *, leading_wildcards: bool = True) -> Clause:
    """Start = [ or ]."""
    cursor = _Cursor(source, leading_wildcards=leading_wildcards)
    if cursor.at(END):
        return All(Span(0, len(source.text)))
    found = _or(cursor)
    if not cursor.at(END):
        _fail_behind(cursor, "'and', 'or' or the end of the query")
    return found


def _fail_behind(cursor: _Cursor, expected: str) -> None:
    """Fail at a token that cannot follow a whole clause."""
    hint = "put blanks on both sides of and, or and not"
    if cursor.at(":"):
        hint = "escape a colon that is part of a value as \\:, or quote the value"
    elif cursor.at(*_ORDER):
        hint = "escape < and > that are part of a value with a backslash, or quote the value"
    elif cursor.at("(", QUOTED):
        hint = "join clauses with and or or; escape brackets and quotes that are part of a value"
    elif cursor.at(")", "}"):
        hint = "take it out, or escape it with a backslash if it is part of a value"
    elif cursor.at(NOT):
        hint = "write and not; escape the word as \\not (\\NOT) if it is part of a value"
    cursor.fail(f"expected {expected}, found {cursor.token}", hint)


def _close(cursor: _Cursor, bracket: str) -> None:
    if cursor.take(bracket) is None:
        _fail_behind(cursor, f"'and', 'or' or {bracket!r}")


def _joined(kind: str, items: list[Clause]) -> Clause:
    if len(items) == 1:
        return items[0]
    return Joined(kind, tuple(items), items[0].span.to(items[-1].span))


def _or(cursor: _Cursor) -> Clause:
    """Or = and { 'or' and }."""
    items = [_and(cursor)]
    while cursor.take(OR):
        items.append(_and(cursor))
    return _joined(OR, items)


def _and(cursor: _Cursor) -> Clause:
    """And = not { 'and' not }."""
    items = [_not(cursor)]
    while cursor.take(AND):
        items.append(_not(cursor))
    return _joined(AND, items)


def _not(cursor: _Cursor) -> Clause:
    """Not = [ 'not' ] ( '(' or ')' | expression )."""
    start = cursor.take(NOT)
    item = _group(cursor) if cursor.at("(") else _expression(cursor)
    return item if start is None else Negated(item, start.span.to(item.span))


def _group(cursor: _Cursor) -> Clause:
    with cursor:
        cursor.next()
        found = _or(cursor)
        _close(cursor, ")")
        return found


def _expression(cursor: _Cursor) -> Clause:
    """Expression = field ':' '{' or '}' | field order literal | field ':' values | value."""
    first = _literal(cursor, "a field or a value")
    if cursor.take(":"):
        return _nested(cursor, first) if cursor.at("{") else _values(cursor, first)
    if cursor.at(*_ORDER):
        operator = cursor.next().kind
        bound = _literal(cursor, f"a value after {operator!r}")
        return Range(first, operator, bound, first.span.to(bound.span))
    _check_wildcard(cursor, first)
    return Is(None, first, first.span)


def _nested(cursor: _Cursor, field: Word) -> Clause:
    with cursor:
        cursor.next()
        item = _or(cursor)
        _close(cursor, "}")
        return Group(field, item, field.span.to(cursor.previous.span))


def _values(cursor: _Cursor, field: Word) -> Clause:
    """Values = '(' value list ')' | value."""
    if cursor.take("(") is None:
        value = _literal(cursor, "a value after ':'")
        _check_wildcard(cursor, value)
        return Is(field, value, field.span.to(value.span))
    with cursor:
        found = _or_values(cursor, field)
        _close(cursor, ")")
        return found


def _or_values(cursor: _Cursor, field: Word) -> Clause:
    """OrValues = and values { 'or' and values }."""
    items = [_and_values(cursor, field)]
    while cursor.take(OR):
        items.append(_and_values(cursor, field))
    return _joined(OR, items)


def _and_values(cursor: _Cursor, field: Word) -> Clause:
    """AndValues = not values { 'and' not values }."""
    items = [_not_values(cursor, field)]
    while cursor.take(AND):
        items.append(_not_values(cursor, field))
    return _joined(AND, items)


def _not_values(cursor: _Cursor, field: Word) -> Clause:
    """NotValues = [ 'not' ] values."""
    start = cursor.take(NOT)
    item = _values(cursor, field)
    return item if start is None else Negated(item, start.span.to(item.span))


def _literal(cursor: _Cursor, what: str) -> Word:
    """Literal = QUOTED | WORD."""
    if not cursor.at(QUOTED, WORD):
        cursor.fail(f"expected {what}, found {cursor.token}", _hint(cursor))
    return word(cursor.next())


def _hint(cursor: _Cursor) -> str:
    if cursor.at(NOT):
        return "not stands before a field, or inside the brackets of a list of values"
    if cursor.at(*_ORDER) and cursor.previous.kind == ":":
        return "write the operator in place of the colon, as in bytes > 5"
    if cursor.at(END):
        return ""
    return "escape special characters with a backslash, or quote the value"


def _check_wildcard(cursor: _Cursor, value: Word) -> None:
    if value.leads_with_wildcard and not cursor.leading_wildcards:
        hint = "set query:allowLeadingWildcards in Kibana's advanced settings"
        cursor.fail("a value does not begin with '*' here", hint, value.span)
