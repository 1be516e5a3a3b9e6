"""Numbers and times: literals, operators, and the clock."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from harness.errors import Fault
from harness.languages._sql import tree
from harness.languages._sql.operands import Operand, computed, constant
from harness.languages.clickhouse._comparisons import numbered
from harness.languages.clickhouse._kinds import (
    DATETIME,
    FLOAT,
    NULL,
    RANGES,
    UINT8,
    Kind,
    integer,
)
from harness.source import Span

if TYPE_CHECKING:
    from harness.languages.clickhouse._binder import Binder

_SECONDS = {"SECOND": 1, "MINUTE": 60, "HOUR": 3600, "DAY": 86400, "WEEK": 604800}
_WIDER = {8: 16, 16: 32, 32: 64, 64: 64}
_FIRST, _BEYOND = 1970, 2106
"""Years that a DateTime holds."""
_LARGEST = 2**64 - 1
_MOST_DIGITS = 30


def number(binder: Binder, node: tree.Constant) -> Operand:
    """Return a number: the smallest type of whole numbers that holds it, or Float64."""
    text = node.text.lower()
    if text[:2] in ("0x", "0b"):
        value = int(text, 0)
        if value > _LARGEST:
            binder.unsupported("so large a number", "64 bits are read", node.span)
        return constant(value, integer(value, value), node.span)
    if text.isdigit() and len(text) <= _MOST_DIGITS and int(text) <= _LARGEST:
        return constant(int(text), integer(int(text), int(text)), node.span)
    value_of = float(text)
    if not math.isfinite(value_of):
        binder.unsupported("so large a number", "finite numbers are read", node.span)
    return constant(value_of, FLOAT, node.span)


def operation(binder: Binder, sign: str, items: list[Operand], span: Span) -> Operand:
    """Return ``+ - * / % DIV MOD`` of numbers."""
    sign = {"MOD": "%"}.get(sign, sign)
    if any(item.kind == NULL for item in items):
        return constant(None, NULL, span)
    for item in items:
        if not item.kind.is_number:
            if item.kind.is_time or item.kind.item is not None:
                binder.unsupported(f"{sign} of a {item.kind}", "numbers are computed", span)
            message = f"no function {sign} takes a {item.kind}"
            binder.fail(message, "write toInt64(x) or toInt64OrNull(x)", item.span)
    items = [numbered(item) for item in items]
    kinds = [UINT8 if item.kind.name == "Bool" else item.kind for item in items]
    nullable = any(kind.nullable for kind in kinds)
    if len(items) == 1:
        return _signed(binder, sign, items[0], kinds[0], span)
    if sign == "/":
        kind = replace(FLOAT, nullable=nullable)
        return computed("/", _divided, [as_float(item) for item in items], kind, span)
    if any(kind.name == "Float64" for kind in kinds):
        if sign not in ("+", "-", "*"):
            binder.unsupported(f"{sign} of a Float64", "whole numbers are divided", span)
        kind = replace(FLOAT, nullable=nullable)
        parts = [as_float(item) for item in items]
        return computed(f"{sign} float", _OF_FLOATS[sign], parts, kind, span)
    kind = replace(_result(sign, kinds), nullable=nullable)
    found = computed(
        f"{sign} {kind}",
        _divides_null(_wrapped(kind, _OF_INTEGERS[sign]), sign),
        items,
        kind,
        span,
        strict=False,
    )
    if all(item.constant for item in items) and not found.constant:
        binder.fail("Division by zero", "", span)
    return replace(found, subject=None) if nullable else found


def _divides_null(apply: Callable[[int, int], int], sign: str) -> Callable[..., int | None]:
    """Return an operator that gives NULL for NULL, but for what is divided by zero."""

    def checked(one: int | None, other: int | None) -> int | None:
        if one is None or other is None:
            if other == 0 and sign in ("%", "DIV"):
                message = "Division by zero"
                raise Fault(message)
            return None
        return apply(one, other)

    return checked


def as_float(item: Operand) -> Operand:
    """Return a number as a Float64."""
    if item.kind.name == "Float64":
        return item
    return computed("float", float, [item], replace(FLOAT, nullable=item.kind.nullable), item.span)


def _bits(kind: Kind) -> tuple[bool, int]:
    return kind.name[0] != "U", int(kind.name.lstrip("UInt"))


def _result(sign: str, kinds: Sequence[Kind]) -> Kind:
    """Return the type of a result: the next wider one, signed where an argument is or may be."""
    signs, sizes = zip(*map(_bits, kinds), strict=True)
    if sign in ("%", "DIV"):
        bits = sizes[0] if sign == "DIV" else max(sizes)
        return Kind(f"{'Int' if any(signs) else 'UInt'}{bits}")
    signed = any(signs) or sign == "-"
    return Kind(f"{'Int' if signed else 'UInt'}{_WIDER[max(sizes)]}")


def _wrapped(kind: Kind, apply: Callable[[int, int], int]) -> Callable[[int, int], int]:
    signed, bits = _bits(replace(kind, nullable=False))

    def wrap(one: int, other: int) -> int:
        if apply is _truncated or apply is _remainder:
            _within(kind, one, other)
        value: int = apply(one, other) & (2**bits - 1)
        return value - (1 << bits) if signed and value >> (bits - 1) else value

    return wrap


def _truncated(one: int, other: int) -> int:
    if other == 0:
        message = "Division by zero"
        raise Fault(message)
    quotient = abs(one) // abs(other)
    return quotient if (one < 0) == (other < 0) else -quotient


def _remainder(one: int, other: int) -> int:
    return one - _truncated(one, other) * other


def _within(kind: Kind, *values: int) -> None:
    """Refuse to divide numbers that are cut to the type of the result before."""
    low, high = RANGES[kind.name]
    if not all(low <= value <= high for value in values):
        message = f"a number beyond {kind} is cut before it is divided"
        raise Fault(message)


_OF_INTEGERS: dict[str, Callable[[int, int], int]] = {
    "+": lambda one, other: one + other,
    "-": lambda one, other: one - other,
    "*": lambda one, other: one * other,
    "DIV": _truncated,
    "%": _remainder,
}


def _checked(apply: Callable[[float, float], float]) -> Callable[[float, float], float]:
    def checked(one: float, other: float) -> float:
        result = apply(one, other)
        if math.isnan(result):
            message = "NaN is equal to nothing, not to itself either"
            raise Fault(message)
        return result

    return checked


_OF_FLOATS: dict[str, Callable[[float, float], float]] = {
    "+": _checked(lambda one, other: one + other),
    "-": _checked(lambda one, other: one - other),
    "*": _checked(lambda one, other: one * other),
}


def _divided(one: float, other: float) -> float:
    if other == 0:
        if one == 0 or math.isnan(one):
            message = "NaN is equal to nothing, not to itself either"
            raise Fault(message)
        return math.copysign(math.inf, one) * math.copysign(1, other)
    return one / other


def _signed(binder: Binder, sign: str, item: Operand, kind: Kind, span: Span) -> Operand:
    if sign == "+":
        return replace(item, span=span)
    if sign != "-":
        binder.fail(f"there is no operator {sign}", "", span)
    if item.constant and item.kind.is_integer and item.value is not None:
        value = -item.value
        return constant(value, integer(value, value), span)
    if kind.name == "Float64":
        return computed("-", lambda value: -value, [item], kind, span)
    signed, bits = _bits(replace(kind, nullable=False))
    made = replace(kind, name=f"Int{bits if signed else _WIDER[bits]}")
    wrap = _wrapped(made, lambda one, other: other - one)
    zero = constant(0, made, span)
    return computed(f"- {made}", wrap, [item, zero], made, span)


def common(binder: Binder, kinds: Sequence[Kind], span: Span) -> Kind:
    """Return the type that the branches of a choice have together."""
    nullable = any(kind.nullable for kind in kinds)
    known = [kind for kind in kinds if kind != NULL]
    if not known:
        return NULL
    first = replace(known[0], nullable=nullable)
    if all(replace(kind, nullable=nullable) == first for kind in known):
        return first
    if all(kind.is_number for kind in known):
        if any(kind.name == "Bool" for kind in known):
            binder.unsupported("numbers mixed with Bool", "branches have one type", span)
        if any(kind.name == "Float64" for kind in known):
            binder.unsupported("whole numbers mixed with Float64", "branches have one type", span)
        low = min(RANGES[kind.name][0] for kind in known)
        high = max(RANGES[kind.name][1] for kind in known)
        found = integer(low, high)
        if found.name != "Float64":
            return replace(found, nullable=nullable)
    return binder.unsupported("branches of several types", "they have one type", span)


# Times -------------------------------------------------------------------------------------------


def now(binder: Binder, span: Span) -> Operand:
    """Return the time of the context; the server's time zone is taken to be UTC."""
    return constant(binder.scope.now.replace(microsecond=0), DATETIME, span)


def shifted(binder: Binder, node: tree.Operation) -> Operand:
    """``time ("+" | "-") "INTERVAL" number unit``."""
    left, period = node.items
    assert isinstance(period, tree.Period)
    operand = binder.bind(left)
    if operand.kind.name not in ("DateTime", "DateTime64"):
        binder.unsupported("an INTERVAL of other values", "it is added to a DateTime", node.span)
    by = _period(binder, period) * (1 if node.sign == "+" else -1)

    def apply(value: datetime) -> datetime:
        message = "a DateTime is out of range"
        try:
            result = value + by
        except OverflowError as error:
            raise Fault(message) from error
        if not _FIRST <= result.year < _BEYOND:
            raise Fault(message)
        return result

    return computed(f"+ {by}", apply, [operand], operand.kind, node.span)


def _period(binder: Binder, node: tree.Period) -> timedelta:
    amount, unit = node.amount, node.unit
    if isinstance(amount, tree.Constant):
        text, _, word = amount.text.partition(" ")
        unit = unit or word.strip().upper().rstrip("S")
        if unit in _SECONDS and re.fullmatch(r"-?\d{1,6}", text):
            return timedelta(seconds=int(text) * _SECONDS[unit])
    reason = "a whole number of seconds, minutes, hours, days or weeks is"
    return binder.unsupported("this INTERVAL", reason, node.span)


PARTS: dict[str, Callable[[Any], int]] = {
    "toYear": lambda at: int(at.year),
    "toMonth": lambda at: int(at.month),
    "toDayOfMonth": lambda at: int(at.day),
    "toDayOfWeek": lambda at: int(at.isoweekday()),
    "toHour": lambda at: int(at.hour),
    "toMinute": lambda at: int(at.minute),
    "toSecond": lambda at: int(at.second),
}


def part(binder: Binder, name: str, operand: Operand, span: Span) -> Operand:
    """Return a part of a time."""
    if not operand.kind.is_time:
        if operand.kind == NULL:
            binder.unsupported("a part of NULL", "times in columns are read", span)
        message = f"no function {name}() takes a {operand.kind}"
        binder.fail(message, "write parseDateTimeBestEffort(x)", operand.span)
    if operand.kind.name == "Date" and name in ("toHour", "toMinute", "toSecond"):
        binder.unsupported(f"{name}() of a Date", "versions differ", span)
    kind = replace(UINT8, nullable=operand.kind.nullable)
    if name == "toYear":
        kind = replace(kind, name="UInt16")
    return computed(name, PARTS[name], [operand], kind, span)
