"""Comparisons: which types they take, and the tests that they become."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from harness.ir import (
    Case,
    Condition,
    Constant,
    Equals,
    Function,
    Not,
    Order,
    Ordered,
    Predicate,
    Truth,
    Within,
    all_of,
    any_of,
)
from harness.languages.kusto import _values
from harness.languages.kusto._operators import TextOperator
from harness.languages.kusto._typed import (
    Typed,
    applied,
    as_text,
    atom,
    ignoring_case,
    truth_of,
)
from harness.source import Span

ORDERS = {"<": Order.LESS, "<=": Order.AT_MOST, ">": Order.GREATER, ">=": Order.AT_LEAST}
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_PYTHON: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
ORDERED_TYPES = frozenset(("number", "datetime", "timespan"))


def text_test(spoken: TextOperator, left: Typed, right: Typed, span: Span) -> Predicate:
    """Return ``left operator right`` on text."""
    left, right = as_text(left), as_text(right)
    if right.constant and left.column is not None:
        test = _text_atom(spoken, left, right.value, span)
    else:
        test = _text_condition(spoken, left, right, span)
    return Not(test) if spoken.negated else test


def _text_atom(spoken: TextOperator, left: Typed, wanted: str, span: Span) -> Predicate:
    if spoken.on_terms and not wanted:
        # what an empty term matches is not documented
        return Constant(Truth.UNDEFINED, span, about=(left.column or "",))
    # A missing text is empty, so that no text but the empty one is in it.
    known = left.direct and spoken.name != "matches regex"
    missing = Truth.of(not wanted) if known else None
    return ignoring_case(
        wanted,
        spoken.case,
        lambda case: all_of(
            *(
                atom(left, check, missing=missing, span=span)
                for check in spoken.checks(wanted, case)
            )
        ),
    )


def _text_condition(spoken: TextOperator, left: Typed, right: Typed, span: Span) -> Predicate:
    def holds(value: str, wanted: str) -> bool:
        if spoken.on_terms and not wanted:
            _values.fails("what an empty term matches is not documented")
        plain = all(check.accepts(value) for check in spoken.checks(wanted, spoken.case))
        if spoken.case is Case.ASCII and not (wanted.isascii() and value.isascii()):
            folded = all(check.accepts(value) for check in spoken.checks(wanted, Case.UNICODE))
            if folded is not plain:
                _values.fails("whether letters beyond ASCII fold is not settled")
        return plain

    function = Function(f"kusto.{spoken.name}", holds)
    found = applied(function, (left, right), "bool", span)
    if found.constant:
        return Constant(Truth.of(found.value), span)
    return Condition(expression=found.expression, truth=truth_of, span=span)


def equal(left: Typed, right: Typed, span: Span) -> Predicate:
    """Return ``left == right``; undefined where the types do not compare."""
    if left.constant and not right.constant:
        left, right = right, left
    if not comparable(left.type, right.type):
        return Constant(Truth.UNDEFINED, span, about=_about(left, right))
    if right.constant and left.column is not None and right.value is not None:
        return _equal_atom(left.at(span), right)
    return _equal_condition(left, right, span)


def _about(*items: Typed) -> tuple[str, ...]:
    return tuple(item.column for item in items if item.column is not None)


def comparable(left: str, right: str) -> bool:
    """Return whether ``==`` between two types is known to be evaluated."""
    if "" in {left, right}:
        return True
    if left == right == "dynamic":
        return False
    if "dynamic" in {left, right} or {left, right} == {"guid", "string"}:
        return True
    return _values.group(left) == _values.group(right)


def _equal_atom(left: Typed, right: Typed) -> Predicate:
    wanted = right.value
    if right.type == "guid" or left.type == "guid":
        wanted = _values.guid(wanted)
        view = applied(Function("kusto.toguid", _values.guid), (left,), "guid", left.span)
        return atom(view, Equals(wanted)) if wanted else Constant(Truth.FALSE, left.span)
    if left.type == "string" and right.type == "string":
        return atom(left, Equals(wanted, Case.SENSITIVE))
    if left.type == "" and right.type == "string":
        return atom(as_text(left), Equals(wanted, Case.SENSITIVE))
    kind = _values.group(_values.kind_of(wanted))
    if kind == "dynamic":
        return _equal_condition(left, right, left.span)
    view = applied(Function(f"kusto.as.{kind}", _as_kind(kind)), (left,), kind, left.span)
    return atom(view, Equals(wanted))


def _equal_condition(left: Typed, right: Typed, span: Span) -> Predicate:
    kinds = (left.type, right.type)
    function = Function(f"kusto.==.{kinds[0]}.{kinds[1]}", _equals(*kinds), strict=False)
    found = applied(function, (left, right), "bool", span)
    if found.constant:
        truth = Truth.UNKNOWN if found.value is None else Truth.of(found.value)
        return Constant(truth, span)
    return Condition(expression=found.expression, truth=truth_of, span=span)


def _equals(left: str, right: str) -> Callable[[Any, Any], bool | None]:
    """Return the test of two values of these types."""

    def holds(one: Any, other: Any) -> bool | None:
        one, other = _filled(one, left, right), _filled(other, right, left)
        if one is None and other is None:
            if "" in {left, right}:
                _values.fails("whether two missing values are texts or nulls is not known")
            return None
        if one is None or other is None:
            return False
        if "guid" in {left, right}:
            return _values.guid(one) == _values.guid(other)
        kinds = {_values.group(_values.kind_of(item)) for item in (one, other)}
        if len(kinds) > 1 or kinds == {"dynamic"}:
            _values.fails("values of different types, or dynamic ones, are compared")
        return bool(one == other)

    return holds


def _filled(value: Any, kind: str, other: str) -> Any:
    """Return a value, a missing one as the empty text beside a string."""
    return "" if value is None and kind == "" and other == "string" else value


def ordered(symbol: str, left: Typed, right: Typed, span: Span) -> Predicate:
    """Return ``left < right`` and the like."""
    if left.constant and not right.constant:
        left, right, symbol = right, left, _MIRRORED[symbol]
    if right.constant and right.value is not None and left.column is not None and left.direct:
        check = Ordered(ORDERS[symbol], right.value)
        return _order_atom(left.at(span), check, right)
    function = Function(f"kusto.{symbol}", _order(symbol))
    found = applied(function, (left, right), "bool", span)
    if found.constant:
        truth = Truth.UNKNOWN if found.value is None else Truth.of(found.value)
        return Constant(truth, span)
    return Condition(expression=found.expression, truth=truth_of, span=span)


def _order_atom(left: Typed, check: Ordered | Within, right: Typed) -> Predicate:
    kind = _values.group(right.type)
    view = applied(Function(f"kusto.as.{kind}", _as_kind(kind)), (left,), right.type, left.span)
    return atom(view, check, missing=Truth.UNKNOWN)


def _as_kind(kind: str) -> Callable[[Any], Any]:
    """Return what makes a value of a column without a type comparable to one of a kind."""

    def convert(value: Any) -> Any:
        value = _values.plain(value)
        if kind == "datetime" and isinstance(value, str):
            value = _values.moment(value)
        elif kind == "timespan" and isinstance(value, str):
            value = _values.span(value)
        if value is not None and _values.group(_values.kind_of(value)) != kind:
            _values.fails("values of different types are compared")
        return value

    return convert


def _order(symbol: str) -> Callable[[Any, Any], bool]:
    def holds(one: Any, other: Any) -> bool:
        kinds = [_values.group(_values.kind_of(item)) for item in (one, other)]
        if "datetime" in kinds:
            one, other = _as_kind("datetime")(one), _as_kind("datetime")(other)
        elif kinds[0] != kinds[1] or kinds[0] not in ORDERED_TYPES:
            _values.fails("values of different types are compared")
        return _PYTHON[symbol](one, other)

    return holds


def between(left: Typed, low: Typed, high: Typed, span: Span) -> Predicate:
    """Return ``left between (low .. high)``, both ends included."""
    direct = left.column is not None and left.direct and low.constant and high.constant
    if direct and low.value is not None and high.value is not None:
        return _order_atom(left.at(span), Within(low.value, high.value), low)
    return all_of(ordered(">=", left, low, span), ordered("<=", left, high, span))


def among(
    left: Typed, items: list[Typed], test: Callable[[Typed], Predicate], span: Span
) -> Predicate:
    """Return whether one of some values passes; the values of a dynamic one are found by event."""
    fixed = [test(item) for item in items]
    return any_of(*fixed) if fixed else Constant(Truth.FALSE, span, about=_about(left))


def in_dynamic(left: Typed, items: Typed, spoken: TextOperator, span: Span) -> Predicate:
    """Return ``left in (items)`` where the values come from a dynamic column."""
    compare = _equals(left.type, "")

    def holds(value: Any, found: Any) -> bool:
        listed = flattened(_values.plain(found))
        if spoken.name == "==":
            return any(compare(value, item) for item in listed if item is not None)
        wanted = [_values.text(item) for item in listed]
        whole = _values.text(value)
        tests = (all(c.accepts(whole) for c in spoken.checks(x, spoken.case)) for x in wanted)
        return any(tests)

    function = Function(f"kusto.in.{spoken.name}.{left.type}", holds)
    found = applied(function, (left, items), "bool", span)
    return Condition(expression=found.expression, truth=truth_of, span=span)


def flattened(value: Any) -> list[Any]:
    """Return the elements of an array, those of arrays in it included."""
    if not isinstance(value, list):
        return [] if value is None else [value]
    found: list[Any] = []
    stack = [iter(value)]
    while stack:
        for item in stack[-1]:
            if isinstance(item, list):
                stack.append(iter(item))
                break
            found.append(item)
        else:
            stack.pop()
    return found
