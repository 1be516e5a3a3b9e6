"""The values of expressions: text that is a number or a Boolean where the context wants one.

https://library.humio.com/data-analysis/syntax-expressions.html: a field that is missing is null,
an operator on a value of the wrong kind gives null, and Booleans are the texts true and false.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from harness.errors import Fault
from harness.ir import Function, Truth, as_number, as_text

_LARGEST = 2.0**53
"""Whole numbers beyond this are not exact as floating-point numbers."""
_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "%": operator.mod,
}


def _flag(value: bool) -> str:  # noqa: FBT001 - a conversion takes its one value bare
    return "true" if value else "false"


def truth(value: Any) -> Truth:
    """Return what a condition makes of a value: null is not true."""
    if value is None or value == "false":
        return Truth.FALSE
    if value == "true":
        return Truth.TRUE
    message = "a condition that is neither true nor false is not documented"
    raise Fault(message)


def _order(sign: str) -> Callable[[Any, Any], str | None]:
    def apply(left: Any, right: Any) -> str | None:
        numbers = as_number(left), as_number(right)
        return None if None in numbers else _flag(_ORDERS[sign](*numbers))

    return apply


def _same(left: Any, right: Any) -> bool:
    texts = as_text(left), as_text(right)
    if texts[0] == texts[1]:
        return True
    numbers = as_number(texts[0]), as_number(texts[1])
    if None not in numbers and numbers[0] == numbers[1]:
        message = "one number in two spellings: whether they are equal is not documented"
        raise Fault(message)
    return False


def _arithmetic(sign: str) -> Callable[[Any, Any], int | float | None]:
    def apply(left: Any, right: Any) -> int | float | None:
        first, second = as_number(left), as_number(right)
        if first is None or second is None:
            return None
        if (sign == "/" and second == 0) or (sign == "%" and (first < 0 or second <= 0)):
            message = f"what {first} {sign} {second} gives is not documented"
            raise Fault(message)
        try:
            result = _ARITHMETIC[sign](first, second)
        except OverflowError as error:
            raise Fault(str(error)) from error
        if not abs(result) < _LARGEST:
            message = "the number is too large to be exact"
            raise Fault(message)
        whole = isinstance(result, float) and result.is_integer()
        return int(result) if whole else result

    return apply


def _opposite(value: Any) -> str | None:
    text = as_text(value)
    if text in ("true", "false"):
        return _flag(text == "false")
    number = as_number(text)
    return None if number is None else _flag(number == 0)


def _negative(value: Any) -> int | float | None:
    number = as_number(value)
    return None if number is None else -number


def _length(value: Any) -> int:
    text = as_text(value)
    if any(char > "\uffff" for char in text):
        message = "whether characters beyond U+FFFF count once is not documented"
        raise Fault(message)
    return len(text)


def _choose(condition: Any, then: Any, otherwise: Any) -> Any:
    if condition not in ("true", "false"):
        message = "what if() makes of a condition without a value is not documented"
        raise Fault(message)
    return then if condition == "true" else otherwise


def _coalesce(*values: Any) -> Any:
    for value in values:
        if value == "":
            message = "whether coalesce() passes over this empty value is not documented"
            raise Fault(message)
        if value is not None:
            return value
    return None


def _concat(*values: Any) -> str:
    if None in values:
        message = "what concat() makes of a missing field is not documented"
        raise Fault(message)
    return "".join(as_text(value) for value in values)


def _default(old: Any, value: Any) -> Any:
    if old == "":
        message = "whether default() fills an empty field is not documented"
        raise Fault(message)
    return value if old is None else old


def _first(old: Any, other: Any) -> Any:
    return other if old is None else old


def _make(name: str, apply: Callable[..., Any], *, strict: bool = True) -> Function:
    return Function(f"logscale.{name}", apply, strict=strict)


BINARY: dict[str, Function] = {
    "==": _make("==", lambda left, right: _flag(_same(left, right))),
    "!=": _make("!=", lambda left, right: _flag(not _same(left, right))),
    **{sign: _make(sign, _order(sign)) for sign in _ORDERS},
    **{sign: _make(sign, _arithmetic(sign)) for sign in _ARITHMETIC},
}
UNARY = {"!": _make("not", _opposite), "-": _make("minus", _negative)}
TEXT_TESTS: dict[str, Function] = {
    "text:contains": _make("contains", lambda text, part: _flag(as_text(part) in as_text(text))),
    "text:startsWith": _make(
        "startsWith", lambda text, part: _flag(as_text(text).startswith(as_text(part)))
    ),
    "text:endsWith": _make(
        "endsWith", lambda text, part: _flag(as_text(text).endswith(as_text(part)))
    ),
}
LENGTH = _make("length", _length)
OF_FIELD: dict[str, Function] = {
    "lower": _make("lower", lambda value: as_text(value).lower()),
    "upper": _make("upper", lambda value: as_text(value).upper()),
    "length": LENGTH,
}
CHOOSE = _make("if", _choose, strict=False)
COALESCE = _make("coalesce", _coalesce, strict=False)
CONCAT = _make("concat", _concat, strict=False)
DEFAULT = _make("default", _default, strict=False)
FIRST = _make("first", _first, strict=False)
"""The first of two values unless it is null."""
