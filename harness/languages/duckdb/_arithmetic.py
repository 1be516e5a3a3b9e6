"""Numbers and times: literals, operators, and the clock."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from harness.errors import Fault
from harness.languages._sql import tree
from harness.languages._sql.operands import Operand, computed, constant
from harness.languages.duckdb._comparisons import as_kind
from harness.languages.duckdb._kinds import (
    BIGINT,
    DATE,
    DOUBLE,
    HUGEINT,
    INTEGER,
    NULL,
    RANGES,
    TIMESTAMP,
    Kind,
    fitting,
)
from harness.source import Span

if TYPE_CHECKING:
    from harness.languages.duckdb._binder import Binder

_MOST_DIGITS = 38
_SECONDS = {"SECOND": 1, "MINUTE": 60, "HOUR": 3600, "DAY": 86400, "WEEK": 604800}
_SPELLED = re.compile(r"\s*(-?\d{1,6})\s*([A-Za-z]+)\s*")
_INTEGER_ONLY = frozenset({"//", "%", "&", "|", "<<", ">>", "~"})


def number(binder: Binder, node: tree.Constant) -> Operand:
    """Return a number: INTEGER, BIGINT, HUGEINT, DECIMAL or DOUBLE by how it is written."""
    text = node.text
    if text.isdigit():
        if len(text.lstrip("0")) > _MOST_DIGITS:
            binder.unsupported(
                "so large a number", "no type of DuckDB's integers holds it", node.span
            )
        value = int(text)
        kinds = (kind for kind in (INTEGER, BIGINT, HUGEINT) if value <= RANGES[kind.name][1])
        return constant(value, replace(next(kinds, HUGEINT), literal=True), node.span)
    digits = text.replace(".", "").lstrip("0") or "0"
    if "e" in text.lower() or len(digits) > _MOST_DIGITS:
        return constant(float(text), DOUBLE, node.span)
    whole, _, part = text.partition(".")
    scale = len(part)
    precision = max(len(whole.lstrip("0")) + scale, 1)
    kind = Kind("DECIMAL", precision=precision, scale=scale)
    return constant(Decimal(text.rstrip(".") if whole else f"0{text}"), kind, node.span)


def operation(binder: Binder, node: tree.Operation, items: list[Operand]) -> Operand:
    """Return ``+ - * / // % ^ & | << >> ~`` of numbers."""
    sign, span = node.sign, node.span
    if all(item.kind == NULL for item in items):
        return constant(None, NULL, span)
    for item in items:
        if not item.kind.is_number and item.kind != NULL:
            if item.kind.name in ("TIMESTAMP", "DATE", "INTERVAL"):
                binder.unsupported("arithmetic with times", "INTERVALs are subtracted", span)
            message = f"no function {sign} takes a {item.kind}"
            binder.fail(message, "write CAST(x AS BIGINT)", item.span)
    if len(items) == 1:
        return _signed(binder, sign, items[0], span)
    if sign in ("/", "^"):
        items = [as_kind(item, DOUBLE) for item in items]
        return computed(sign, _OF_DOUBLES[sign], items, DOUBLE, span)
    kind = fitting([item.kind for item in items], forced=False)
    if kind is None or kind.name == "DECIMAL":
        binder.unsupported("arithmetic with DECIMALs", "their precision is not tracked", span)
    if sign in _INTEGER_ONLY and not kind.is_integer:
        if sign in ("//", "%"):
            binder.unsupported(f"{sign} of a DOUBLE", "whole numbers are divided", span)
        binder.fail(f"no function {sign} takes a {kind}", "", span)
    items = [as_kind(item, kind) for item in items]
    kind = replace(kind, literal=False)
    if kind == DOUBLE:
        return computed(sign, _OF_DOUBLES[sign], items, kind, span)
    return computed(f"{sign} {kind}", within(kind, _OF_INTEGERS[sign]), items, kind, span)


def _signed(binder: Binder, sign: str, item: Operand, span: Span) -> Operand:
    if sign == "+":
        return replace(item, span=span)
    if sign == "-":
        if item.constant and item.kind.literal and item.value is not None:
            return _negative(item, span)
        if item.kind.is_integer:
            negative = within(item.kind, lambda value: -value)
            return computed(f"- {item.kind}", negative, [item], item.kind, span)
        return computed("-", lambda value: -value, [item], item.kind, span)
    if sign == "~" and item.kind.is_integer:
        kind = replace(item.kind, literal=False)
        return computed("~", within(kind, lambda value: ~value), [item], kind, span)
    return binder.fail(f"no function {sign} takes a {item.kind}", "", span)


def _negative(item: Operand, span: Span) -> Operand:
    value = -item.value
    kinds = (kind for kind in (INTEGER, BIGINT) if RANGES[kind.name][0] <= value)
    return constant(value, replace(next(kinds, HUGEINT), literal=True), span)


def within(kind: Kind, apply: Callable[..., int]) -> Callable[..., int]:
    """Return a function that fails where its result is beyond a type's range."""
    low, high = RANGES[kind.name]

    def bounded(*values: int) -> int:
        result = apply(*values)
        if not low <= result <= high:
            message = f"Overflow in the computation of a {kind}"
            raise Fault(message)
        return result

    return bounded


def _truncated(one: int, other: int) -> int:
    if other == 0:
        message = "Division by zero"
        raise Fault(message)
    quotient = abs(one) // abs(other)
    return quotient if (one < 0) == (other < 0) else -quotient


def _remainder(one: int, other: int) -> int:
    return one - _truncated(one, other) * other


def _shift(one: int, other: int) -> int:
    message = "a shift depends on the width of the type"
    if one < 0 or not 0 <= other < 31:  # noqa: PLR2004 - bits of an INTEGER
        raise Fault(message)
    return one << other


def _shift_right(one: int, other: int) -> int:
    message = "a shift depends on the width of the type"
    if one < 0 or not 0 <= other < 31:  # noqa: PLR2004 - bits of an INTEGER
        raise Fault(message)
    return one >> other


_OF_INTEGERS: dict[str, Callable[[int, int], int]] = {
    "+": lambda one, other: one + other,
    "-": lambda one, other: one - other,
    "*": lambda one, other: one * other,
    "//": _truncated,
    "%": _remainder,
    "&": lambda one, other: one & other,
    "|": lambda one, other: one | other,
    "<<": _shift,
    ">>": _shift_right,
}


def _double(apply: Callable[[float, float], Any]) -> Callable[[float, float], float]:
    def checked(one: float, other: float) -> float:
        try:
            result = apply(one, other)
        except (OverflowError, ZeroDivisionError, ValueError) as error:
            message = "the computation of a DOUBLE goes beyond its range"
            raise Fault(message) from error
        if isinstance(result, complex) or math.isnan(result):
            message = "NaN compares otherwise than numbers do"
            raise Fault(message)
        return float(result)

    return checked


def _divided(one: float, other: float) -> float:
    if other == 0:
        if one == 0:
            return math.nan
        return math.copysign(math.inf, one) * math.copysign(1, other)
    return one / other


_OF_DOUBLES: dict[str, Callable[[Any, Any], float]] = {
    "+": _double(lambda one, other: one + other),
    "-": _double(lambda one, other: one - other),
    "*": _double(lambda one, other: one * other),
    "/": _double(_divided),
    "^": _double(lambda one, other: one**other),
}


# Times -------------------------------------------------------------------------------------------


def clock(binder: Binder, name: str, span: Span) -> Operand:
    """Return the time of the context; the session's time zone is taken to be UTC."""
    now = binder.scope.now.astimezone(UTC).replace(tzinfo=None)
    if name in ("current_date", "today"):
        return constant(now.date(), DATE, span)
    return constant(now, TIMESTAMP, span)


def shifted(binder: Binder, node: tree.Operation) -> Operand:
    """``time ("+" | "-") "INTERVAL" ...``."""
    left, period = node.items
    assert isinstance(period, tree.Period)
    operand = binder.bind(left)
    delta = _period(binder, period)
    if operand.kind.name not in ("TIMESTAMP", "DATE"):
        binder.unsupported("an INTERVAL of other values", "it is added to times", node.span)
    operand = as_kind(operand, TIMESTAMP)
    by = delta if node.sign == "+" else -delta

    def apply(value: datetime) -> datetime:
        try:
            return value + by
        except OverflowError as error:
            message = "a TIMESTAMP is out of range"
            raise Fault(message) from error

    return computed(f"+ {by}", apply, [operand], TIMESTAMP, node.span)


def _period(binder: Binder, node: tree.Period) -> timedelta:
    amount, unit = node.amount, node.unit
    if isinstance(amount, tree.Constant):
        text = amount.text
        spelled = _SPELLED.fullmatch(text) if not unit else None
        if spelled is not None:
            text, unit = spelled[1], spelled[2].upper().rstrip("S")
        if unit in _SECONDS and re.fullmatch(r"\s*-?\d{1,6}\s*", text):
            return timedelta(seconds=int(text) * _SECONDS[unit])
    reason = "a whole number of seconds, minutes, hours, days or weeks is"
    return binder.unsupported("this INTERVAL", reason, node.span)


_PARTS: dict[str, Callable[[Any], int]] = {
    "year": lambda at: int(at.year),
    "month": lambda at: int(at.month),
    "day": lambda at: int(at.day),
    "hour": lambda at: int(getattr(at, "hour", 0)),
    "minute": lambda at: int(getattr(at, "minute", 0)),
    "second": lambda at: int(getattr(at, "second", 0)),
    "dayofweek": lambda at: int(at.isoweekday() % 7),
    "isodow": lambda at: int(at.isoweekday()),
    "dayofmonth": lambda at: int(at.day),
}
PARTS = frozenset(_PARTS)
_SHORT = {"dow": "dayofweek", "weekday": "dayofweek", "hours": "hour", "minutes": "minute"}


def part(binder: Binder, name: str, operand: Operand, span: Span) -> Operand:
    """Return a part of a time: ``hour(time)``, ``date_part('hour', time)``."""
    name = _SHORT.get(name, name)
    if name not in _PARTS:
        binder.unsupported(f"the part {name} of a time", f"{', '.join(_PARTS)} are read", span)
    if operand.kind.name not in ("TIMESTAMP", "DATE"):
        if operand.kind == NULL or operand.kind.literal:
            binder.unsupported("a part of a literal", "times in columns are read", span)
        binder.fail(f"no function {name} takes a {operand.kind}", "", span)
    return computed(name, _PARTS[name], [operand], BIGINT, span)
