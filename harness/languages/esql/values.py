"""Values inside expressions: comparison, arithmetic, text and numbers as ES|QL computes them.

A null is ``None``, several values are a tuple. An operator or function that wants one value
gives null for several; what fails on one row with a warning is null too
(https://www.elastic.co/docs/reference/query-languages/esql/esql-multivalued-fields).
"""

from __future__ import annotations

import ipaddress
import math
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import wraps
from typing import Any

from harness.ir import as_text
from harness.ir.regexes import compile_regex
from harness.languages._elastic import dates, types

LIMITS = {
    "integer": (-(2**31), 2**31 - 1),
    "long": (-(2**63), 2**63 - 1),
    "unsigned_long": (0, 2**64 - 1),
}
DATE_FORMAT = "strict_date_optional_time"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_JAVA_BLANKS = (
    "".join(
        map(chr, (*range(9, 14), *range(28, 33), 0x1680, *range(0x2000, 0x2007), 0x2008, 0x2009))
    )
    + "\u200a\u2028\u2029\u205f\u3000"
)
"""What Java's ``Character.isWhitespace`` accepts."""
_DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?[dDfF]?", re.ASCII)
_WHOLE = re.compile(r"[+-]?\d{1,20}", re.ASCII)
_RELEASE = re.compile(
    r"(0|[1-9]\d{0,18})\.(0|[1-9]\d{0,18})\.(0|[1-9]\d{0,18})"
    r"(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?",
    re.ASCII,
)
_LONGEST_NUMBER = 400
_PLAIN_DOUBLE = (1e-3, 1e7)


def single(apply: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that gives null where an argument is null or has several values."""

    @wraps(apply)
    def guarded(*arguments: Any) -> Any:
        if any(item is None or isinstance(item, tuple) for item in arguments):
            return None
        return apply(*arguments)

    return guarded


def each(apply: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that is applied to every value of its argument; nulls drop out."""

    @wraps(apply)
    def mapped(value: Any) -> Any:
        return several(apply(item) for item in many(value))

    return mapped


def many(value: Any) -> tuple[Any, ...]:
    """Return the values of a column: none for null."""
    if value is None:
        return ()
    return value if isinstance(value, tuple) else (value,)


def several(found: Any) -> Any:
    """Return values as a column holds them: null, one value, or a tuple."""
    items = tuple(item for item in found if item is not None)
    if not items:
        return None
    return items[0] if len(items) == 1 else items


# Comparison ---------------------------------------------------------------------------------


def compare(operator: str, left: Any, right: Any) -> bool | None:
    """Return ``left operator right``; null where a side is null or has several values."""
    if any(item is None or isinstance(item, tuple) for item in (left, right)):
        return None
    return _holds(operator, order_key(left), order_key(right))


def _holds(operator: str, left: Any, right: Any) -> bool | None:
    if isinstance(left, bool) is not isinstance(right, bool):
        return None
    try:
        match operator:
            case "==":
                return bool(left == right)
            case "<":
                return bool(left < right)
            case "<=":
                return bool(left <= right)
            case ">":
                return bool(left > right)
            case _:
                return bool(left >= right)
    except TypeError:
        return None


def order_key(value: Any) -> Any:
    """Return what a value is ordered by: an address by its sixteen bytes."""
    if isinstance(value, ipaddress.IPv4Address):
        return b"\0" * 10 + b"\xff\xff" + value.packed
    return value.packed if isinstance(value, ipaddress.IPv6Address) else value


def sort_key(value: Any) -> tuple[str, Any]:
    """Return what values of a column are sorted by, whatever their types."""
    kind = "number" if isinstance(value, int | float) else type(value).__name__
    return (kind if kind != "IPv4Address" else "IPv6Address", order_key(value))


def compare_versions(operator: str, left: Any, right: Any) -> bool | None:
    """Compare two versions of three numbers, pre-releases before their release."""
    if any(item is None or isinstance(item, tuple) for item in (left, right)):
        return None
    if operator == "==":
        return bool(left == right)
    one, two = version_key(left), version_key(right)
    return None if one is None or two is None else _holds(operator, one, two)


def version_key(text: str) -> tuple[Any, ...] | None:
    """Return what a version is ordered by; ``None`` for one that is not three numbers."""
    found = _RELEASE.fullmatch(text)
    if found is None:
        return None
    numbers = (int(found[1]), int(found[2]), int(found[3]))
    if found[4] is None:
        return (*numbers, 1, ())
    return (*numbers, 0, tuple(map(_identifier, found[4].split("."))))


def _identifier(part: str) -> tuple[int, int, str]:
    small = part.isdecimal() and len(part) < _LONGEST_NUMBER
    return (0, int(part), "") if small else (1, 0, part)


# Arithmetic ---------------------------------------------------------------------------------


def arithmetic(operator: str, kind: str, left: Any, right: Any) -> int | float | None:
    """Return ``left operator right`` in a type; null where there is no such number."""
    if kind == "double":
        return _fraction(operator, float(left), float(right))
    if isinstance(left, float) or isinstance(right, float):
        return _fraction(operator, float(left), float(right))
    if operator in "/%" and right == 0:
        return None
    return fitting(_whole(operator, left, right), kind)


def fitting(number: int, kind: str) -> int | None:
    """Return a whole number, or null where it leaves the range of its type."""
    low, high = LIMITS.get(kind, LIMITS["long"])
    return number if low <= number <= high else None


def _whole(operator: str, left: int, right: int) -> int:
    match operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case _:
            quotient = abs(left) // abs(right)
            quotient = quotient if (left < 0) == (right < 0) else -quotient
            return quotient if operator == "/" else left - quotient * right


def _fraction(operator: str, left: float, right: float) -> float | None:
    try:
        match operator:
            case "+":
                result = left + right
            case "-":
                result = left - right
            case "*":
                result = left * right
            case "/":
                result = left / right
            case _:
                result = math.fmod(left, right)
    except (ZeroDivisionError, ValueError):
        return None
    return result if math.isfinite(result) else None


def negative(value: Any) -> Any:
    """Return ``-value``."""
    return -value if isinstance(value, float) else fitting(-value, "long")


# Conversions --------------------------------------------------------------------------------


def text(value: Any) -> str:
    """Return a value as ``TO_STRING`` writes it; dates are written by their own function."""
    if isinstance(value, float):
        return _double_text(value)
    if isinstance(value, ipaddress.IPv4Address | ipaddress.IPv6Address):
        return str(value)
    return as_text(value)


def _double_text(value: float) -> str:
    """Return a number as Java's ``Double.toString`` writes it."""
    low, high = _PLAIN_DOUBLE
    exact = Decimal(repr(value))
    if value == 0 or low <= abs(value) < high:
        plain = f"{exact:f}"
        return plain if "." in plain else f"{plain}.0"
    sign, digits, exponent = exact.normalize().as_tuple()
    rest = "".join(map(str, digits[1:])) or "0"
    power = len(digits) - 1 + int(exponent)
    return f"{'-' * sign}{digits[0]}.{rest}E{power}"


def number(value: Any) -> float | None:
    """Return a value as ``TO_DOUBLE`` reads it."""
    if isinstance(value, bool):
        return 1.0 if value else 0.0
    if isinstance(value, int | float):
        return float(value)
    found = str(value).strip(_JAVA_BLANKS)
    if len(found) > _LONGEST_NUMBER or not _DECIMAL.fullmatch(found):
        return None
    result = float(found.rstrip("dDfF"))
    return result if math.isfinite(result) else None


def whole(kind: str, value: Any) -> int | None:
    """Return a value as ``TO_INTEGER`` and its like read it: fractions are rounded."""
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return fitting(value, kind)
    found = number(value)
    return None if found is None else fitting(math.floor(found + 0.5), kind)


def boolean(value: Any) -> bool:
    """Return a value as ``TO_BOOLEAN`` reads it."""
    return value.lower() == "true" if isinstance(value, str) else value != 0


def address(value: Any) -> Any:
    """Return a value as ``TO_IP`` reads it."""
    return types.address(value) if isinstance(value, str) else value


def instant(value: Any) -> int | None:
    """Return a value as ``TO_DATETIME`` reads it: milliseconds since 1970."""
    if isinstance(value, str):
        found = dates.stored_date(value, DATE_FORMAT)
        return None if found is None else found // dates.MILLI
    return whole("long", value)


def instant_text(value: int) -> str | None:
    """Return a date as ``TO_STRING`` writes it."""
    try:
        moment = _EPOCH + timedelta(milliseconds=value)
    except OverflowError:
        return None
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


_ACCEPTED: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "number": (int, float),
    "whole": int,
    "boolean": bool,
    "date": int,
    "ip": (ipaddress.IPv4Address, ipaddress.IPv6Address),
}


def accepted(kind: str, value: Any) -> Any:
    """Return a value of unknown type where it is of a kind, else null."""
    if isinstance(value, bool) and kind != "boolean":
        return None
    return value if isinstance(value, _ACCEPTED[kind]) else None


# Text ---------------------------------------------------------------------------------------


def trim(value: str) -> str:
    """Return ``TRIM(value)``."""
    return value.strip(_JAVA_BLANKS)


def trim_left(value: str) -> str:
    """Return ``LTRIM(value)``."""
    return value.lstrip(_JAVA_BLANKS)


def trim_right(value: str) -> str:
    """Return ``RTRIM(value)``."""
    return value.rstrip(_JAVA_BLANKS)


def matches(subject: Any, pattern: str) -> bool | None:
    """Return whether a Lucene expression covers a text."""
    if subject is None or isinstance(subject, tuple):
        return None
    return compile_regex(pattern, "lucene").matches(subject)
