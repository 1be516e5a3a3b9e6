"""Comparisons of operands of one family of types."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from harness.errors import Fault
from harness.ir import (
    Atom,
    Call,
    Check,
    Condition,
    Constant,
    Equals,
    Function,
    Order,
    Ordered,
    Predicate,
    Truth,
    Verdict,
)
from harness.languages._sql.operands import (
    Operand,
    computed,
    condition_of,
    constant,
    decided,
    test_of,
    text_test,
)
from harness.languages.clickhouse._casts import parse
from harness.languages.clickhouse._kinds import NULL, UINT8, Kind
from harness.source import Span

if TYPE_CHECKING:
    from harness.languages.clickhouse._binder import Binder

ORDERS = {"<": Order.LESS, "<=": Order.AT_MOST, ">": Order.GREATER, ">=": Order.AT_LEAST}
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "="}
_HOLDS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def is_text(kind: Kind) -> bool:
    """Return whether values are texts."""
    return kind.name == "String"


def numbered(operand: Operand) -> Operand:
    """Return a condition or a Bool as the numbers 1 and 0; other operands as they are."""
    if operand.constant and isinstance(operand.value, bool):
        return constant(int(operand.value), operand.kind, operand.span)
    if operand.predicate is not None and not operand.constant:
        call = Call(Function("sql.int", int), (Verdict(operand.predicate),), operand.span)
        return replace(operand, expression=call, predicate=None)
    if operand.kind.name == "Bool" and not operand.constant:
        return computed("int", int, [operand], operand.kind, operand.span)
    return operand


def alike(binder: Binder, left: Operand, right: Operand, span: Span) -> tuple[Operand, Operand]:
    """Return two operands whose values can be compared; a text in quotes becomes a number."""
    one, other = left.kind, right.kind
    if NULL in (one, other) or (is_text(one) and is_text(other)):
        return left, right
    if one.name in ("Array", "Map") or other.name in ("Array", "Map"):
        binder.unsupported("a comparison of arrays", "has() and arrayExists() are evaluated", span)
    if is_text(one) and left.constant:
        return _parsed(binder, left, other), right
    if is_text(other) and right.constant:
        return left, _parsed(binder, right, one)
    if one.is_number and other.is_number:
        return numbered(left), numbered(right)
    if one.is_time and other.is_time:
        return left, right
    if one.is_time != other.is_time and (one.is_number or other.is_number):
        binder.unsupported("a time against a number", "times are compared with times", span)
    if "Bool" in (one.name, other.name) or one.nullable or other.nullable:
        binder.unsupported(f"{one} against {other}", "versions differ", span)
    message = f"there is no supertype for types {one} and {other}"
    return binder.fail(message, "write toString(x), or toInt64OrNull(x), on one side", span)


def _parsed(binder: Binder, text: Operand, kind: Kind) -> Operand:
    if text.value is None:
        return text
    try:
        return numbered(constant(parse(text.value, kind), kind, text.span))
    except Fault as error:
        if kind.nullable:
            binder.unsupported(f"such a text against {kind}", str(error), text.span)
        binder.fail(str(error), "", text.span)


def compared(binder: Binder, sign: str, left: Operand, right: Operand, span: Span) -> Predicate:
    """Return ``left sign right``; ``!=`` is another's negation."""
    left, right = alike(binder, left, right, span)
    if any(one.constant and one.value is None for one in (left, right)):
        return Constant(Truth.UNKNOWN, span)
    for one, other, way in ((left, right, sign), (right, left, _MIRRORED[sign])):
        if other.constant:
            return against(way, numbered(one), other.value, span)
    holds = _HOLDS[sign]

    def apply(first: Any, second: Any) -> Truth:
        return Truth.of(holds(first, second))

    call = Call(Function(f"clickhouse.{sign}", apply), (left.expression, right.expression), span)
    return Condition(expression=call, truth=_as_it_is, span=span)


def _as_it_is(value: Truth | None) -> Truth:
    return Truth.UNKNOWN if value is None else value


def against(sign: str, operand: Operand, value: Any, span: Span) -> Predicate:
    """Return the test of an operand against a constant that is not NULL."""
    if isinstance(value, float) and math.isnan(value):
        return Constant(Truth.UNDEFINED, span)
    if sign == "=" and isinstance(value, str):
        return text_test(operand, value, lambda case: Equals(value, case), "value", span)
    check: Check = Equals(value) if sign == "=" else Ordered(ORDERS[sign], value)
    if operand.constant:
        return Constant(decided(operand.value, check), span)
    subject = operand.subject
    if subject is None:
        return condition_of(operand, check, span)
    return test_of(subject, check, "value", span)


def identical(binder: Binder, left: Operand, right: Operand, span: Span) -> Predicate:
    """Return ``left IS NOT DISTINCT FROM right``: NULL is a value like others."""
    for one, other in ((left, right), (right, left)):
        if other.constant and other.value is None:
            return binder.is_null(one, span)
    left, right = alike(binder, left, right, span)
    found = compared(binder, "=", left, right, span)
    if isinstance(found, Atom):
        nullable = found.missing is Truth.UNKNOWN
        return replace(found, missing=Truth.FALSE) if nullable else found
    if left.constant and right.constant:
        return found

    def apply(first: Any, second: Any) -> Truth:
        if first is None or second is None:
            return Truth.of(first is second)
        return Truth.of(first == second)

    function = Function("clickhouse.same", apply, strict=False)
    call = Call(function, (left.expression, right.expression), span)
    return Condition(expression=call, truth=_as_it_is, span=span)


def condition_kind(*operands: Operand) -> Kind:
    """Return the type of a condition over some operands."""
    return replace(UINT8, nullable=any(one.kind.nullable for one in operands))
