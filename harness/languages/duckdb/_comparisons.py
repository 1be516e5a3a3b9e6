"""Comparisons of operands after both are cast to one type."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from harness.errors import Fault
from harness.ir import (
    Atom,
    Call,
    Check,
    Condition,
    Constant,
    Equals,
    Function,
    Or,
    Order,
    Ordered,
    Predicate,
    Truth,
)
from harness.languages._sql.operands import (
    Operand,
    computed,
    condition_of,
    constant,
    decided,
    failing,
    is_null,
    test_of,
    text_test,
)
from harness.languages.duckdb._casts import Differs, cast
from harness.languages.duckdb._kinds import RANGES, Kind
from harness.source import Span

ORDERS = {"<": Order.LESS, "<=": Order.AT_MOST, ">": Order.GREATER, ">=": Order.AT_LEAST}
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "="}
_HOLDS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def as_kind(operand: Operand, kind: Kind, *, tolerant: bool = False) -> Operand:
    """Return an operand cast to a type; ``tolerant`` gives NULL where that fails."""
    if operand.constant:
        return _constant_as(operand, kind, tolerant=tolerant)
    if operand.kind == kind:
        return operand
    if _same_values(operand.kind, kind):
        return replace(operand, kind=kind)

    def apply(value: Any) -> Any:
        try:
            return cast(value, kind)
        except Differs:
            raise
        except Fault:
            if tolerant:
                return None
            raise

    return computed(
        f"cast {kind} {tolerant}", apply, [operand], kind, operand.span, total=not tolerant
    )


def _constant_as(operand: Operand, kind: Kind, *, tolerant: bool) -> Operand:
    if operand.value is None:
        return constant(None, kind, operand.span)
    try:
        return constant(cast(operand.value, kind), kind, operand.span)
    except Fault as error:
        if tolerant and not isinstance(error, Differs):
            return constant(None, kind, operand.span)
        return failing(str(error), kind, operand.span)


def _same_values(kind: Kind, wanted: Kind) -> bool:
    """Return whether a value of one type is the same value of another."""
    if kind.name == wanted.name and kind.item == wanted.item and kind.name != "DECIMAL":
        return True
    if kind.is_integer and wanted.is_integer:
        return _widens(kind, wanted)
    return False


def _widens(kind: Kind, wanted: Kind) -> bool:
    (low, high), (least, most) = RANGES[kind.name], RANGES[wanted.name]
    return least <= low and high <= most


def compared(sign: str, left: Operand, right: Operand, span: Span, kind: Kind) -> Predicate:
    """Return ``left sign right`` of operands as one type; ``!=`` is another's negation."""
    for one, other, way in ((left, right, sign), (right, left, _MIRRORED[sign])):
        if other.constant and other.value is None:
            return _with_null(one, kind, span)
        if other.constant and not one.constant:
            exact = _exactly(one, kind)
            if exact is not None:
                return _against(way, exact, _bound(other, kind), span)
    one, other = as_kind(left, kind), as_kind(right, kind)
    if (left.constant and not one.constant) or (right.constant and not other.constant):
        return Constant(Truth.UNDEFINED, span)  # the cast of a constant fails
    for first, second, way in ((one, other, sign), (other, one, _MIRRORED[sign])):
        if second.constant:
            return _against(way, first, second, span)
    holds = _HOLDS[sign]

    def apply(first: Any, second: Any) -> Truth:
        return Truth.of(holds(first, second))

    name = f"duckdb.{sign} {kind}"
    call = Call(Function(name, apply), (one.expression, other.expression), span)
    return Condition(expression=call, truth=_as_it_is, span=span)


def _as_it_is(value: Truth | None) -> Truth:
    return Truth.UNKNOWN if value is None else value


def _with_null(operand: Operand, kind: Kind, span: Span) -> Predicate:
    """Return a comparison with NULL: unknown, unless the cast of the other side fails."""
    cast_one = as_kind(operand, kind)
    if cast_one is operand or cast_one.constant or kind.name == "NULL":
        return Constant(Truth.UNKNOWN, span)
    return Condition(expression=cast_one.expression, truth=_unknown, span=span)


def _null(value: Any) -> Truth:
    return Truth.of(value is None)


def _unknown(_: Any) -> Truth:
    return Truth.UNKNOWN


def _exactly(operand: Operand, kind: Kind) -> Operand | None:
    """Return a whole number that needs no cast to be compared with a decimal one."""
    if operand.kind.is_integer and (kind.name == "DECIMAL" or kind.is_integer):
        return operand
    return None


def _bound(operand: Operand, kind: Kind) -> Operand:
    found = as_kind(operand, kind)
    if found.constant and isinstance(found.value, Decimal) and found.value == int(found.value):
        return replace(found, value=int(found.value))
    return found


def _against(sign: str, operand: Operand, bound: Operand, span: Span) -> Predicate:
    """Return the test of an operand against a constant that is not NULL."""
    if not bound.constant:
        return Constant(Truth.UNDEFINED, span)
    value = bound.value
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


def identical(left: Operand, right: Operand, span: Span, kind: Kind) -> Predicate:
    """Return ``left IS NOT DISTINCT FROM right``: NULL is a value like others."""
    for one, other in ((left, right), (right, left)):
        if other.constant and other.value is None:
            cast_one = as_kind(one, kind)
            if cast_one is one or cast_one.constant or kind.name == "NULL":
                return is_null(one, span)
            return Condition(expression=cast_one.expression, truth=_null, span=span)
    found = compared("=", left, right, span, kind)
    if isinstance(found, Atom):
        return replace(found, missing=Truth.FALSE)
    one, other = as_kind(left, kind), as_kind(right, kind)
    if one.constant and other.constant:
        return Constant(Truth.of(one.value == other.value), span)

    def apply(first: Any, second: Any) -> Truth:
        if first is None or second is None:
            return Truth.of(first is second)
        return Truth.of(first == second)

    name = f"duckdb.same {kind}"
    call = Call(Function(name, apply, strict=False), (one.expression, other.expression), span)
    return Condition(expression=call, truth=_as_it_is, span=span)


def one_of(left: Operand, items: Sequence[Operand], span: Span, kind: Kind) -> Predicate:
    """Return ``left IN (items)``."""
    if not items:
        return Constant(Truth.FALSE, span)
    if left.constant and left.value is None:
        return Constant(Truth.UNKNOWN, span)
    tests = [compared("=", left, item, span, kind) for item in items]
    if any(isinstance(one, Constant) and one.truth is Truth.UNDEFINED for one in tests):
        return Constant(Truth.UNDEFINED, span)  # the whole list is cast before it is looked at
    return joined_or(tests)


def joined_or(tests: Sequence[Predicate]) -> Predicate:
    """Return a disjunction; a constant where its parts are constants."""
    truths = [one.truth if isinstance(one, Constant) else None for one in tests]
    if None not in truths and Truth.UNDEFINED not in truths:
        if Truth.TRUE in truths:
            return tests[truths.index(Truth.TRUE)]
        return tests[truths.index(Truth.UNKNOWN) if Truth.UNKNOWN in truths else 0]
    return tests[0] if len(tests) == 1 else Or(tuple(tests))
