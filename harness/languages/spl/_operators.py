"""Arithmetic and comparison of eval on Python values.

Field values are text; text that looks like a number counts as one where the other side is a
number or also a field
(https://help.splunk.com/splunk-enterprise/spl-search-reference/9.2/search-commands/where).
Where a quoted number makes the two readings differ, the outcome is a fault.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from harness.errors import Fault
from harness.ir import as_number
from harness.languages.spl._functions import number_of, one, several, simplest, text_of

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def comparison(sign: str, *, quoted: bool) -> Callable[[Any, Any], bool | None]:
    """Return a comparison; ``quoted``: one side is a string literal."""

    def apply(left: Any, right: Any) -> bool | None:
        answers = {_compare(sign, a, b, quoted) for a in several(left) for b in several(right)}
        if len(answers) > 1:
            message = "the values of a multivalue field disagree"
            raise Fault(message)
        return next(iter(answers), None)

    return apply


def _compare(sign: str, left: Any, right: Any, quoted: bool) -> bool:  # noqa: FBT001 - passed on
    compare = _COMPARE[sign]
    if isinstance(left, bool) or isinstance(right, bool):
        return _booleans(sign, left, right)
    numbers = as_number(left), as_number(right)
    texts = text_of(left), text_of(right)
    if None in numbers:
        equality = sign in ("=", "!=")
        if not equality and numbers != (None, None):
            message = "a text is compared by order with a number"
            raise Fault(message)
        return compare(*texts)
    numeric = compare(*numbers)
    both_text = isinstance(left, str) and isinstance(right, str)
    if quoted and both_text and numeric != compare(*texts):
        message = "a quoted number compares differently as text and as a number"
        raise Fault(message)
    return numeric


def _booleans(sign: str, left: Any, right: Any) -> bool:
    """JSON booleans of an event are the texts true and false."""
    return _COMPARE[sign](text_of(left), text_of(right))


def plus(*, quoted: bool) -> Callable[[Any, Any], Any]:
    """Return ``+``: numbers are added, two texts joined."""

    def apply(left: Any, right: Any) -> Any:
        numbers = as_number(one(left)), as_number(one(right))
        texts = isinstance(one(left), str) and isinstance(one(right), str)
        if numbers == (None, None) and texts:
            return text_of(text_of(left) + text_of(right))
        if quoted and texts and None not in numbers:
            message = "a quoted number may be added or joined"
            raise Fault(message)
        return simplest(number_of(left) + number_of(right))

    return apply


def _divide(left: Any, right: Any) -> int | float:
    divisor = number_of(right)
    if divisor == 0:
        message = "division by zero"
        raise Fault(message)
    return simplest(number_of(left) / divisor)


def _modulo(left: Any, right: Any) -> int | float:
    divisor, number = number_of(right), number_of(left)
    if divisor == 0 or number < 0 or divisor < 0:
        message = "the remainder with zero or a negative number is not documented"
        raise Fault(message)
    return simplest(number % divisor)


ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "-": lambda left, right: simplest(number_of(left) - number_of(right)),
    "*": lambda left, right: simplest(number_of(left) * number_of(right)),
    "/": _divide,
    "%": _modulo,
    ".": lambda left, right: text_of(text_of(left) + text_of(right)),
}
"""The binary operators without +."""


def negative(value: Any) -> int | float:
    """Return the unary minus."""
    return -number_of(value)
