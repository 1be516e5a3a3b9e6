"""Values: which types compare, what counts as true, and comparisons of two expressions.

Source: the published PowerQuery reference, syntax-and-operators.md sections 7 and 8: Booleans,
64-bit floats, text and null; comparisons across types are undefined.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

from harness.errors import Fault
from harness.ir import Check, Scalar, Truth, View, as_number, as_text


def undecidable(message: str) -> NoReturn:
    """Raise the error of a point that no page settles."""
    raise Fault(message)


def _texts(value: Scalar) -> tuple[str, ...]:
    if not isinstance(value, str):
        undecidable("comparing a text with another type is undefined")
    return (value,)


def _numbers(value: Scalar) -> tuple[int | float, ...]:
    if isinstance(value, bool) or not isinstance(value, int | float):
        undecidable("comparing a number with another type is undefined")
    return (value,)


def _flags(value: Scalar) -> tuple[bool, ...]:
    if not isinstance(value, bool):
        undecidable("comparing a Boolean with another type is undefined")
    return (value,)


TEXTS = View("text, undecided for other types", _texts)
"""The text; undecided for numbers and Booleans."""
NUMBERS = View("number, undecided for other types", _numbers)
"""The number; undecided for text and Booleans."""
FLAGS = View("Boolean, undecided for other types", _flags)
"""The Boolean; undecided for text and numbers."""


def view_of(literal: Any) -> View:
    """Return the view under which values compare with a literal."""
    if isinstance(literal, bool):
        return FLAGS
    return NUMBERS if isinstance(literal, int | float) else TEXTS


def member_view(literal: Any) -> View:
    """Return the view for a member of a list, whose types may differ.

    Another type is no match, unless the value could be converted to the member.
    """
    if isinstance(literal, str) and as_number(literal) is None and literal not in _SPELLED:
        return TEXTS_ONLY
    if isinstance(literal, int | float) and not isinstance(literal, bool):
        return NUMBERS_ONLY
    return view_of(literal)


_SPELLED = ("true", "false")


def _texts_only(value: Scalar) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else ()


def _numbers_only(value: Scalar) -> tuple[int | float, ...]:
    return () if isinstance(value, str) and as_number(value) is None else _numbers(value)


TEXTS_ONLY = View("text, nothing for other types", _texts_only)
"""The text; nothing for numbers and Booleans."""
NUMBERS_ONLY = View("number, nothing for other text", _numbers_only)
"""The number; nothing for a text that spells none, undecided for one that does."""


@dataclass(frozen=True, slots=True)
class OfAnyType:
    """A check on text; undecided for a number that would pass it as text."""

    check: Check

    def accepts(self, value: Any) -> bool:
        if isinstance(value, str):
            return self.check.accepts(value)
        if self.check.accepts(as_text(value)):
            undecidable("whether a search of all fields reads numbers is not documented")
        return False

    def describe(self) -> str:
        return self.check.describe()


def truth(value: Any) -> Truth:
    """Return what a value counts as: null, 0, NaN, false and an empty text are false."""
    if isinstance(value, list | dict):
        undecidable("what a list counts as is not documented")
    if isinstance(value, float) and math.isnan(value):
        return Truth.FALSE
    return Truth.of(bool(value))


def first_true(*values: Any) -> Any:
    """Return the first value that counts as true, else the last."""
    for value in values:
        if truth(value) is Truth.TRUE:
            return value
    return values[-1]


def is_null(value: Any) -> Truth:
    """Return whether a value is null."""
    return Truth.of(value is None)


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def _kind(value: Any) -> type:
    if isinstance(value, bool | str):
        return type(value)
    if isinstance(value, int | float):
        return float
    undecidable("comparing lists is not documented")


def comparing(sign: str, missing: Truth) -> Callable[[Any, Any], Truth]:
    """Return a comparison of two values; ``missing`` is its outcome where one is null."""
    compare = _COMPARE[sign]

    def apply(left: Any, right: Any) -> Truth:
        if left is None and right is None and sign in ("=", "!="):
            return Truth.of(sign == "=")
        if left is None or right is None:
            return missing
        if _kind(left) is not _kind(right):
            return Truth.UNDEFINED
        return Truth.of(compare(left, right))

    return apply
