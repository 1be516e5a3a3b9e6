"""Arithmetic on numbers, moments and spans of time.

https://learn.microsoft.com/en-us/kusto/query/numerical-operators and datetime-timespan-arithmetic
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from harness.ir import Function
from harness.languages.kusto import _literals, _values
from harness.languages.kusto._typed import Typed, applied
from harness.source import Span

_RANKS = ("int", "long", "real", "decimal")
_TIMES = {
    ("+", "datetime", "timespan"): "datetime",
    ("+", "timespan", "datetime"): "datetime",
    ("-", "datetime", "timespan"): "datetime",
    ("-", "datetime", "datetime"): "timespan",
    ("+", "timespan", "timespan"): "timespan",
    ("-", "timespan", "timespan"): "timespan",
    ("*", "number", "timespan"): "timespan",
    ("*", "timespan", "number"): "timespan",
    ("/", "timespan", "number"): "timespan",
    ("/", "timespan", "timespan"): "real",
}


def calculation(symbol: str, left: Typed, right: Typed, span: Span) -> Typed | None:
    """Return ``left symbol right``; ``None`` where the types do not allow it."""
    kind = _result(symbol, left.type, right.type)
    if kind is None:
        return None
    return applied(Function(f"kusto.{symbol}", _checked(_APPLY[symbol])), (left, right), kind, span)


def is_arithmetic(symbol: str, left: str, right: str) -> bool:
    """Return whether the service takes an operator between two types at all."""
    kinds = {_values.group(left), _values.group(right)}
    mixed = "number" in kinds and bool(kinds & {"datetime", "timespan"})
    return kinds <= {"number", "datetime", "timespan", "dynamic", ""} and not (
        mixed and symbol in "+-"
    )


def _result(symbol: str, left: str, right: str) -> str | None:
    if left in _RANKS and right in _RANKS:
        return max(left, right, key=_RANKS.index)
    pair = {left, right}
    if pair & {"dynamic", ""} and pair <= {"dynamic", "", *_RANKS}:
        return next((kind for kind in pair if kind in _RANKS), "dynamic")
    known = _TIMES.get((symbol, _values.group(left), _values.group(right)))
    if known is None and "" in pair and pair & {"datetime", "timespan"} and symbol in "+-":
        return "datetime" if "datetime" in pair else ""
    return known


def _checked(apply: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def run(left: Any, right: Any) -> Any:
        left, right = _time(left, right), _time(right, left)
        if any(isinstance(item, bool | str | list | dict) for item in (left, right)):
            _values.fails("arithmetic on a value that is no number")
        try:
            found = apply(left, right)
        except (ArithmeticError, TypeError, ValueError):
            _values.fails("a calculation has no result")
        if isinstance(found, int) and found not in _literals.INT64:
            _values.fails("a calculation leaves the range of long")
        return found

    return run


def _time(value: Any, other: Any) -> Any:
    """Return a text beside a span of time as the moment that it spells."""
    value = _values.plain(value)
    return _values.moment(value) if isinstance(value, str) and _is_time(other) else value


def _is_time(value: Any) -> bool:
    return isinstance(value, timedelta) or _values.kind_of(value) == "datetime"


def _divided(left: Any, right: Any) -> Any:
    if isinstance(left, int) and isinstance(right, int):
        size = abs(left) // abs(right)
        return size if (left < 0) is (right < 0) else -size
    return left / right


def _modulo(left: Any, right: Any) -> Any:
    return left % abs(right)


_APPLY: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _divided,
    "%": _modulo,
}
