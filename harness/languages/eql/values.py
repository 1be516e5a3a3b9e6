"""Values inside functions: Java's text, numbers, comparisons and three-valued logic.

Elasticsearch runs functions in scripts, on Java values. The rules are those of the server's
``InternalQlScriptUtils`` and ``InternalEqlScriptUtils`` (x-pack/plugin/ql and x-pack/plugin/eql).
A null is ``None``.
"""

from __future__ import annotations

import math
from typing import Any

from harness.errors import Fault
from harness.ir import Case, as_text
from harness.ir.regexes import compile_regex

_LONG = (-(2**63), 2**63 - 1)
_PLAIN_DOUBLE = (1e-3, 1e7)


def java_text(value: Any) -> str:
    """Return a value as Java's ``toString`` writes it."""
    if not isinstance(value, float):
        return as_text(value)
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    low, high = _PLAIN_DOUBLE
    if value == 0 or low <= abs(value) < high:
        plain = repr(value)
        return f"{value:f}".rstrip("0") if "e" in plain else plain
    return _scientific(value)


def _scientific(value: float) -> str:
    mantissa, _, exponent = f"{value!r}e0".partition("e")
    power = int(exponent.partition("e")[0])
    sign, digits = ("-", mantissa[1:]) if mantissa.startswith("-") else ("", mantissa)
    whole, _, fraction = digits.partition(".")
    power += len(whole) - 1
    joined = (whole + fraction).rstrip("0")
    stripped = joined.lstrip("0")
    power -= len(joined) - len(stripped)
    return f"{sign}{stripped[0]}.{stripped[1:] or '0'}E{power}"


def units(text: str) -> str:
    """Return a text with one character per UTF-16 unit, as Java counts characters."""
    if all(ord(char) < 0x10000 for char in text):  # noqa: PLR2004 - the first two-unit character
        return text
    data = text.encode("utf-16-le", "surrogatepass")
    return "".join(chr(data[at] | data[at + 1] << 8) for at in range(0, len(data), 2))


def whole(text: str) -> str:
    """Return the text that UTF-16 units spell."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def lower(text: str) -> str:
    """Return the text in lower case, as Java's ``toLowerCase(Locale.ROOT)``."""
    return text.lower()


def fold_each(text: str) -> str:
    """Return the text as ``compareToIgnoreCase`` sees it: each unit upper, then lower."""
    return "".join(_fold_unit(char) for char in text)


def _fold_unit(char: str) -> str:
    upper = char.upper()
    if len(upper) != 1:
        upper = char
    folded = upper.lower()
    return folded if len(folded) == 1 else upper


# Comparisons: null where a side is null or the types cannot be compared ---------------------


def _order(left: Any, right: Any) -> int | None:
    """Return the sign of a comparison; ``None`` where there is none."""
    if _is_number(left) and _is_number(right):
        return int(left > right) - int(left < right)
    if isinstance(left, bool) and isinstance(right, bool):
        return int(left) - int(right)
    if isinstance(left, str) and isinstance(right, str):
        one, two = (
            left.encode("utf-16-be", "surrogatepass"),
            right.encode("utf-16-be", "surrogatepass"),
        )
        return (one > two) - (one < two)
    return None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_HOLDS = {
    "==": lambda order: order == 0,
    "<": lambda order: order < 0,
    "<=": lambda order: order <= 0,
    ">": lambda order: order > 0,
    ">=": lambda order: order >= 0,
}


def compare(operator: str, left: Any, right: Any) -> bool | None:
    """Return ``left operator right``."""
    order = None if left is None or right is None else _order(left, right)
    return None if order is None else bool(_HOLDS[operator](order))


def one_of(left: Any, *values: Any) -> bool | None:
    """Return whether a value equals one of several; null where it could be a null."""
    if left is None:
        return None
    found = [compare("==", left, value) for value in values]
    if True in found:
        return True
    return None if None in found else False


def same_any_case(left: Any, right: Any) -> bool | None:
    """Return whether two texts are equal but for letter case."""
    if left is None or right is None:
        return None
    return fold_each(java_text(left)) == fold_each(java_text(right))


def matches(left: Any, pattern: str, folded: bool) -> bool | None:  # noqa: FBT001 - an IR argument
    """Return whether a Java expression matches a whole text."""
    if left is None:
        return None
    case = Case.ASCII if folded else Case.SENSITIVE
    return compile_regex(pattern, "java", case=case, whole=True).matches(java_text(left))


# Three-valued logic -------------------------------------------------------------------------


def negation(value: Any) -> bool | None:
    """Return ``not value``."""
    return None if value is None else not value


def conjunction(*values: Any) -> bool | None:
    """Return ``a and b ...``."""
    if False in values:
        return False
    return None if None in values else True


def disjunction(*values: Any) -> bool | None:
    """Return ``a or b ...``."""
    if True in values:
        return True
    return None if None in values else False


def is_null(value: Any) -> bool:
    """Return ``value == null``."""
    return value is None


# Arithmetic ---------------------------------------------------------------------------------


def arithmetic(operator: str, left: Any, right: Any) -> int | float:
    """Return ``left operator right``; whole numbers stay whole, as in Java."""
    if isinstance(left, float) or isinstance(right, float):
        return _fractional(operator, float(left), float(right))
    if operator in "/%" and right == 0:
        message = "a whole number is divided by zero"
        raise Fault(message)
    result = _whole(operator, left, right)
    if not _LONG[0] <= result <= _LONG[1]:
        message = "a whole number leaves the range of 64 bits"
        raise Fault(message)
    return result


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


def _fractional(operator: str, left: float, right: float) -> float:
    match operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/" if right == 0:
            zero = math.isnan(left) or left == 0
            sign = math.copysign(1, left) * math.copysign(1, right)
            return math.nan if zero else sign * math.inf
        case "/":
            return left / right
        case _:
            undefined = right == 0 or not math.isfinite(left) or math.isnan(right)
            return math.nan if undefined else math.fmod(left, right)


def negative(value: Any) -> int | float:
    """Return ``-value``."""
    return -value if isinstance(value, float) else int(arithmetic("-", 0, value))
