"""PowerShell's operators on values: one table from spelling to meaning, and the functions."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from harness.errors import Fault
from harness.ir import Case, Matches, Operator, Order, Truth
from harness.ir.regexes import compile_regex
from harness.languages.powershell.values import (
    MAX_ITEMS,
    Folding,
    RegexText,
    compare,
    equals,
    is_number,
    narrowed,
    text,
    to_integer,
    to_number,
    truth,
)
from harness.languages.powershell.wildcards import WildcardError, glob

_SUMMARIES = {
    "eq": ("The values are equal, the right one read as the type of the left.", Truth.FALSE),
    "ne": ("The values differ; on a list: one member differs.", Truth.TRUE),
    "gt": ("The left value is greater; a failing conversion is an error.", Truth.FALSE),
    "ge": ("The left value is greater or equal.", Truth.FALSE),
    "lt": ("The left value is less; $null is less than 0 and every text.", Truth.TRUE),
    "le": ("The left value is less or equal.", Truth.TRUE),
    "like": ("The whole text matches a wildcard pattern.", Truth.FALSE),
    "notlike": ("The whole text does not match a wildcard pattern.", Truth.TRUE),
    "match": ("A .NET regular expression matches somewhere.", Truth.FALSE),
    "notmatch": ("A .NET regular expression matches nowhere.", Truth.TRUE),
    "contains": ("One member of the left list equals the right value.", Truth.FALSE),
    "notcontains": ("No member of the left list equals the right value.", Truth.TRUE),
    "in": ("One member of the right list equals the left value.", Truth.FALSE),
    "notin": ("No member of the right list equals the left value.", Truth.TRUE),
}


def _comparisons() -> dict[str, Operator]:
    table: dict[str, Operator] = {}
    for name, (summary, missing) in _SUMMARIES.items():
        for prefix in ("", "i", "c"):
            table[f"-{prefix}{name}"] = Operator(
                summary=summary,
                case=Case.SENSITIVE if prefix == "c" else Case.UNICODE,
                wildcards="*?[]" if name.endswith("like") else "",
                missing=missing,
                dialect="dotnet" if name.endswith("match") else "",
            )
    return table


COMPARISONS = _comparisons()
"""Comparison operators; ``missing`` is the outcome against a text that is not empty."""

OTHERS = {
    "-and": Operator(summary="Both sides are true; the right one is looked at only if needed."),
    "-or": Operator(summary="One side is true; as strong as -and, from left to right."),
    "-xor": Operator(summary="Exactly one side is true."),
    "-not": Operator(summary="The operand is false; binds tighter than a comparison."),
    "-band": Operator(summary="Bitwise and of two integers."),
    "-bor": Operator(summary="Bitwise or of two integers."),
    "-bxor": Operator(summary="Bitwise exclusive or of two integers."),
    "-is": Operator(summary="The value has the type."),
    "-isnot": Operator(summary="The value does not have the type."),
    "-join": Operator(summary="The members of a list as one text, with a separator."),
    "-split": Operator(summary="The pieces of a text between matches of a pattern."),
    "-replace": Operator(summary="The text with the matches of a pattern replaced."),
    "+": Operator(summary="Sum, or the texts or lists one after the other."),
    "-": Operator(summary="Difference."),
    "*": Operator(summary="Product, or a text repeated."),
    "/": Operator(summary="Quotient; a whole number where it divides exactly."),
    "%": Operator(summary="Remainder with the sign of the left side."),
    "..": Operator(summary="The whole numbers from one to the other."),
}
OPERATORS: Mapping[str, Operator] = {**COMPARISONS, **OTHERS}

ORDERS = {"gt": Order.GREATER, "ge": Order.AT_LEAST, "lt": Order.LESS, "le": Order.AT_MOST}
_SIGNS = {"gt": (1,), "ge": (0, 1), "lt": (-1,), "le": (-1, 0)}


def base_name(spelling: str) -> str:
    """Return the name of a comparison without its dash and its case letter."""
    name = spelling.lstrip("-").lower()
    return name if name in _SUMMARIES else name[1:]


def scalar(name: str, left: Any, right: Any, folding: Folding) -> bool:
    """Apply a comparison to a left operand that is no collection."""
    match name:
        case "eq":
            return equals(left, right, folding)
        case "ne":
            return not equals(left, right, folding)
        case "like" | "notlike":
            return like(text(left), text(right), folding.case) is (name == "like")
        case "match" | "notmatch":
            case = pattern_case(right, folding.case)
            return matches(text(left), text(right), case) is (name == "match")
        case _:
            pass
    if left is None or right is None:
        return _beside_null(name, left, right)
    return compare(left, right, folding) in _SIGNS[name]


def _beside_null(name: str, left: Any, right: Any) -> bool:
    """Order a value and null: a negative number is less than null, everything else greater."""
    if is_number(left):
        return bool(left < 0) if name in {"lt", "le"} else bool(left >= 0)
    if is_number(right):
        return bool(right >= 0) if name in {"lt", "le"} else bool(right < 0)
    return {
        "lt": right is not None,
        "le": left is None,
        "gt": left is not None,
        "ge": right is None,
    }[name]


def like(value: str, pattern: str, case: Case) -> bool:
    """Return whether the whole text matches a wildcard pattern."""
    try:
        return glob(pattern, case).accepts(value)
    except WildcardError as error:
        raise Fault(str(error)) from error


def matches(value: str, pattern: str, case: Case) -> bool:
    """Return whether a regular expression matches somewhere in the text."""
    return Matches(pattern, "dotnet", case).accepts(value)


def pattern_case(pattern: Any, case: Case) -> Case:
    """Return the case rule of a pattern: a ``[regex]`` object keeps its own."""
    return Case.SENSITIVE if isinstance(pattern, RegexText) else case


def contains(left: Any, right: Any, folding: Folding) -> bool:
    """Return ``left -contains right``: the member is the left side of each comparison."""
    if not isinstance(left, list):
        return equals(left, right, folding)
    return any(_member_equals(item, right, folding) for item in left)


def _member_equals(item: Any, right: Any, folding: Folding) -> bool:
    if isinstance(item, list):
        return truth([inner for inner in item if equals(inner, right, folding)])
    return equals(item, right, folding)


def compared(name: str, left: Any, right: Any, folding: Folding) -> Any:
    """Apply a comparison: a collection on the left is filtered, -in gives one answer."""
    match name:
        case "contains":
            return contains(left, right, folding)
        case "notcontains":
            return not contains(left, right, folding)
        case "in":
            return contains(right, left, folding)
        case "notin":
            return not contains(right, left, folding)
        case _:
            pass
    if not isinstance(left, list):
        return scalar(name, left, right, folding)
    kept = [item for item in left if scalar(name, item, right, folding)]
    return [text(item) for item in kept] if name.endswith("like") else kept


def add(left: Any, right: Any) -> Any:
    """Return ``left + right``."""
    if isinstance(left, list):
        return _bounded([*left, *(right if isinstance(right, list) else [right])])
    if isinstance(left, str):
        return _bounded(left + text(right))
    if left is None:
        return right
    if isinstance(left, datetime):
        message = "a time can only be added to a time span"
        raise Fault(message)
    return narrowed(to_number(left) + to_number(right))


def subtract(left: Any, right: Any) -> Any:
    """Return ``left - right``; two times give a time span."""
    if isinstance(left, datetime):
        if isinstance(right, datetime):
            return left - right
        message = "only a time can be subtracted from a time"
        raise Fault(message)
    return narrowed(to_number(left) - to_number(right))


def multiply(left: Any, right: Any) -> Any:
    """Return ``left * right``; a text or a list is repeated."""
    if isinstance(left, str | list):
        count = to_integer(right)
        if count < 0 or count * len(left) > MAX_ITEMS:
            message = "the text or list cannot be repeated that often"
            raise Fault(message)
        return left * count
    return narrowed(to_number(left) * to_number(right))


def divide(left: Any, right: Any) -> Any:
    """Return ``left / right``: a whole number where two whole numbers divide exactly."""
    above, below = to_number(left), to_number(right)
    if below == 0:
        if isinstance(above, int) and isinstance(below, int):
            message = "a number is divided by zero"
            raise Fault(message)
        return math.nan if above == 0 else math.copysign(math.inf, above)
    if isinstance(above, int) and isinstance(below, int) and above % below == 0:
        return above // below
    return above / below


def remainder(left: Any, right: Any) -> Any:
    """Return ``left % right`` with the sign of the left side."""
    above, below = to_number(left), to_number(right)
    if below == 0:
        if isinstance(above, int) and isinstance(below, int):
            message = "a number is divided by zero"
            raise Fault(message)
        return math.nan
    if isinstance(above, int) and isinstance(below, int):
        return above - below * (abs(above) // abs(below)) * (
            1 if (above < 0) == (below < 0) else -1
        )
    return math.fmod(above, below)


def bitwise(operation: Callable[[int, int], int]) -> Callable[[Any, Any], int]:
    """Return a bitwise operator that reads its operands as integers."""

    def apply(left: Any, right: Any) -> int:
        return operation(to_integer(left, 64), to_integer(right, 64))

    return apply


def span(left: Any, right: Any) -> list[int]:
    """Return ``left..right``."""
    low, high = to_integer(left), to_integer(right)
    if abs(high - low) >= MAX_ITEMS:
        message = f"a range of more than {MAX_ITEMS} numbers is not built"
        raise Fault(message)
    return list(range(low, high + 1)) if low <= high else list(range(low, high - 1, -1))


def join(left: Any, right: Any) -> str:
    """Return ``left -join right``."""
    items = left if isinstance(left, list) else [left]
    return str(_bounded(text(right).join(text(item) for item in items)))


def replacer(case: Case) -> Callable[[Any, Any], Any]:
    """Return ``-replace`` under a case rule; the replacement holds no ``$`` here."""

    def apply(left: Any, right: Any) -> Any:
        pattern, new = (right[0], right[1]) if isinstance(right, list) else (right, "")
        if isinstance(left, list):
            return [_replaced(text(item), text(pattern), text(new), case) for item in left]
        return _replaced(text(left), text(pattern), text(new), case)

    return apply


def splitter(case: Case) -> Callable[[Any, Any], list[str]]:
    """Return ``-split`` under a case rule."""

    def apply(left: Any, right: Any) -> list[str]:
        items = left if isinstance(left, list) else [left]
        result: list[str] = []
        for item in items:
            result.extend(_pieces(text(item), text(right), case))
        return result

    return apply


def _gaps(value: str, pattern: str, case: Case) -> list[str]:
    """Return the pieces of a text between the matches of a pattern."""
    pieces, at = [], 0
    for found in _finder(pattern, case).finds(value):
        pieces.append(value[at : found.start])
        at = found.end
        if len(pieces) > MAX_ITEMS:
            message = "the text falls into too many pieces"
            raise Fault(message)
    return [*pieces, value[at:]]


@lru_cache(maxsize=256)
def _finder(pattern: str, case: Case) -> Any:
    return compile_regex(pattern, "dotnet", case=case)


def _replaced(value: str, pattern: str, new: str, case: Case) -> str:
    if "$" in new:
        message = "substitutions in a replacement are not evaluated"
        raise Fault(message)
    return str(_bounded(new.join(_gaps(value, pattern, case))))


def _pieces(value: str, pattern: str, case: Case) -> list[str]:
    return _gaps(value, pattern, case)


def _bounded(value: Any) -> Any:
    if len(value) > 100 * MAX_ITEMS:
        message = "an expression builds too large a value"
        raise Fault(message)
    return value


def type_test(wanted: str) -> Callable[[Any], bool]:
    """Return ``-is [wanted]`` as a function of a value."""
    test = TYPE_TESTS[wanted]
    return lambda value: value is not None and test(value)


def _whole(low: int, high: int) -> Callable[[Any], bool]:
    return lambda value: is_number(value) and isinstance(value, int) and low <= value < high


TYPE_TESTS: dict[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "int": _whole(-(2**31), 2**31),
    "int32": _whole(-(2**31), 2**31),
    "double": lambda value: isinstance(value, float),
    "bool": lambda value: isinstance(value, bool),
    "datetime": lambda value: isinstance(value, datetime),
    "timespan": lambda value: isinstance(value, timedelta),
    "array": lambda value: isinstance(value, list),
    "object[]": lambda value: isinstance(value, list),
    "object": lambda _: True,
}
"""Types that ``-is`` tests; values of an event hold no other."""
