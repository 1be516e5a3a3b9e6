"""Timestamps in expressions: literals, ``timestamp()``, ``now()``, ``date_sub()`` and the like."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any

from harness.languages._lexing import Token
from harness.languages.ppl import _times
from harness.languages.ppl._tokens import is_word
from harness.languages.ppl._values import Kind, Value, constant
from harness.source import Span

if TYPE_CHECKING:
    from harness.languages.ppl._expressions import Expressions

SHIFTS = {"date_add": 1, "adddate": 1, "date_sub": -1, "subdate": -1}
CONSTANTS = frozenset({"now", "current_timestamp", "localtimestamp", "sysdate", "utc_timestamp"})


def now(parser: Expressions, name: Token) -> Value:
    """``now := WORD "(" ")"``."""
    parser.operator(")")
    moment = parser.tests.context.now.astimezone(UTC)
    return constant(moment, Kind.TIME, parser.span_from(name.span))


def literal_of_time(parser: Expressions) -> Value | None:
    """``literal := ("DATE" | "TIMESTAMP") STRING``."""
    token = parser.cursor.token
    if not is_word(token, "date", "timestamp", "time") or parser.cursor.peek().kind != "STRING":
        return None
    parser.cursor.next()
    text = parser.cursor.next()
    if token.text.lower() == "time":
        reason = "a time of day is compared on today's date"
        parser.cursor.unsupported("literal of a time", reason, token.span)
    return _moment(parser, parser.text(text), parser.span_from(token.span))


def _moment(parser: Expressions, text: Any, span: Span) -> Value:
    when = _times.moment(text, parser.tests.engine)
    if when is None:
        parser.cursor.fail("this is no timestamp", "write it as 'yyyy-MM-dd HH:mm:ss'", span)
    return constant(when, Kind.TIME, span)


def timestamp(parser: Expressions, name: Token) -> Value:
    """``timestamp(text)`` or ``date(text)`` of a constant."""
    given = parser.value()
    parser.operator(")")
    span = parser.span_from(name.span)
    if not given.is_constant or given.kind not in {Kind.TEXT, Kind.TIME}:
        parser.cursor.unsupported(f"function {name.text.lower()}", "only constants are read", span)
    found = _moment(parser, given.constant, span)
    if name.text.lower() == "date":
        day = found.constant.replace(hour=0, minute=0, second=0, microsecond=0)
        return constant(day, Kind.TIME, span)
    return found


def shift(parser: Expressions, name: Token) -> Value:
    """``shift := WORD "(" time "," "INTERVAL" NUMBER unit ")"``."""
    word = name.text.lower()
    start = parser.value()
    parser.operator(",")
    if not is_word(parser.cursor.token, "interval"):
        parser.cursor.unsupported(f"{word} without INTERVAL", "it counts days", name.span)
    parser.cursor.next()
    amount = parser.literal()
    unit = parser.cursor.expect("WORD", "a unit of time")
    parser.operator(")")
    span = parser.span_from(name.span)
    known = _times.moment(start.constant, parser.tests.engine)
    if known is None or not isinstance(amount.constant, int):
        parser.cursor.unsupported(f"function {word}", "only constants are read", span)
    moved = _times.shift(known, amount.constant * SHIFTS[word], unit.text.lower())
    if moved is None:
        reason = "the unit, or the time it leads to, is not modelled"
        parser.cursor.unsupported(f"{word} by {unit.text[:20]!r}", reason, span)
    return constant(moved, Kind.TIME, span)
