"""Values of SQLite: storage classes, affinities, casts, comparison and truth.

The rules are those of https://www.sqlite.org/datatype3.html; details that the page leaves out
are those of vdbe.c, vdbemem.c and util.c of version 3.40 and are held against the real engine
by a test.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from harness.errors import Fault
from harness.ir import Case, Truth, fold

Value = int | float | str | bytes | None
MAX_TEXT = 1_000_000
"""Characters that a computed text may have here; SQLite allows a thousand times more."""
_INT_MIN, _INT_MAX = -(2**63), 2**63 - 1
_PREFIX = re.compile(
    r"[ \t-\r]*([+-]?)([0-9]*)((?:\.[0-9]*)?(?:(?<=[0-9.])[eE][+-]?[0-9]+)?)", re.ASCII
)
_INTEGER_PREFIX = re.compile(r"[ \t-\r]*([+-]?[0-9]+)", re.ASCII)
_SPACES = " \t\n\x0b\f\r"


class Differs(Fault):
    """What SQLite gives here depends on its version, or on how it is compiled."""


class Affinity(IntEnum):
    """What a column or a CAST makes of the other side of a comparison."""

    NONE = 0
    """An expression that is neither a column nor a CAST."""
    BLOB = 1
    """A column without a declared type: values stay what they are."""
    TEXT = 2
    NUMERIC = 3
    INTEGER = 4
    REAL = 5


@dataclass(frozen=True, slots=True)
class Declared:
    """What a column's declaration means."""

    affinity: Affinity = Affinity.BLOB
    collation: str = "BINARY"


def affinity_of(type_name: str) -> Affinity:
    """Return the affinity of a type name that is not empty (datatype3.html, section 3.1)."""
    name = type_name.upper()
    if "INT" in name:
        return Affinity.INTEGER
    if any(part in name for part in ("CHAR", "CLOB", "TEXT")):
        return Affinity.TEXT
    if "BLOB" in name:
        return Affinity.BLOB
    if any(part in name for part in ("REAL", "FLOA", "DOUB")):
        return Affinity.REAL
    return Affinity.NUMERIC


def is_number(value: Value) -> bool:
    """Return whether a value has storage class INTEGER or REAL."""
    return isinstance(value, int | float)


def to_text(value: Value) -> str:
    """Return a value as text; not for NULL."""
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    if isinstance(value, float):
        return _real_text(value)
    return str(value)


def _real_text(value: float) -> str:
    """Return a real as ``printf("%!.15g")`` of SQLite writes it."""
    if math.isinf(value):
        return "Inf" if value > 0 else "-Inf"
    text = f"{value:.15g}" if value else "0.0"
    mantissa, exponent, power = text.partition("e")
    if "." not in mantissa:
        mantissa += ".0"
    return mantissa + exponent + power


def until_nul(text: str) -> str:
    """Return a text up to its first NUL, where some functions stop."""
    return text.partition("\0")[0]


def _as_int(digits: str) -> int:
    """Return an integer, at most as large as 64 bits hold."""
    if len(digits) > 25:  # noqa: PLR2004 - leading zeros aside, more digits than 64 bits have
        digits = digits[:1].strip("0123456789") + (digits.lstrip("+-0")[:25] or "0")
    return max(_INT_MIN, min(_INT_MAX, int(digits)))


def number_prefix(text: str) -> tuple[int | float, bool]:
    """Return the number that a text begins with, 0 for none, and whether the text is a number.

    The number is an integer if nothing but an integer stands there and 64 bits hold it.
    """
    found = _PREFIX.match(text)
    assert found is not None
    sign, digits, rest = found.groups()
    if not digits and not any(char.isdigit() for char in rest.partition("e")[0]):
        return 0, False
    whole = not text[found.end() :].strip(_SPACES)
    if rest in ("", ".") and not (rest and whole) and len(digits) < 25:  # noqa: PLR2004
        value = int(sign + digits)
        if rest == "" and _INT_MIN <= value <= _INT_MAX:
            return value, whole
    return float(sign + (digits or "0") + rest), whole


def to_number(value: Value) -> int | float:
    """Return a value as arithmetic takes it: the number that a text begins with, else 0."""
    if isinstance(value, int | float):
        return value
    return number_prefix(to_text(value))[0]


def to_real(value: Value) -> float:
    """Return a value as a real."""
    return float(to_number(value))


def to_integer(value: Value) -> int:
    """Return a value as a 64-bit integer: fractions are cut off, limits are kept."""
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        if value <= _INT_MIN:
            return _INT_MIN
        return _INT_MAX if value >= _INT_MAX else int(value)
    found = _INTEGER_PREFIX.match(to_text(value))
    return _as_int(found.group(1)) if found else 0


def exact_integer(value: float) -> int | float:
    """Return an integer for a real that is one and lies within 64 bits."""
    if math.isfinite(value) and value.is_integer() and _INT_MIN < value < _INT_MAX:
        return int(value)
    return value


def apply_affinity(value: Value, affinity: Affinity, *, store: bool = False) -> Value:
    """Return a value after an affinity is applied, in a comparison or as a column stores it."""
    if affinity is Affinity.TEXT:
        return to_text(value) if is_number(value) else value
    if affinity < Affinity.NUMERIC:
        return value
    if isinstance(value, str):
        number, whole = number_prefix(value)
        value = number if whole else value
    if not store or not isinstance(value, int | float):
        return value
    if affinity is Affinity.REAL:
        return float(value)
    return exact_integer(value) if isinstance(value, float) else value


def stored(value: Any, declared: Declared) -> Value:
    """Return what a column holds for a JSON scalar; booleans are 1 and 0."""
    if isinstance(value, bool):
        value = int(value)
    return apply_affinity(value, declared.affinity, store=True)


def cast(value: Value, affinity: Affinity) -> Value:
    """Return ``CAST(value AS type)``; not for NULL."""
    match affinity:
        case Affinity.TEXT:
            return to_text(value)
        case Affinity.BLOB:
            return value if isinstance(value, bytes) else to_bytes(to_text(value))
        case Affinity.INTEGER:
            return to_integer(value)
        case Affinity.REAL:
            return to_real(value)
        case _:
            if isinstance(value, int | float):
                return value
            number = to_number(value)
            return exact_integer(number) if isinstance(number, float) else number


def to_bytes(text: str) -> bytes:
    """Return the bytes of a text."""
    return text.encode("utf-8", "surrogateescape")


def collate(text: str, collation: str) -> str:
    """Return a text such that plain comparison follows a collation."""
    if collation == "NOCASE":
        return fold(text, Case.ASCII)
    return text.rstrip(" ") if collation == "RTRIM" else text


def rank(value: Value) -> int:
    """Return the place of a value's storage class in the order of all values."""
    if value is None:
        return 0
    if isinstance(value, str):
        return 2
    return 3 if isinstance(value, bytes) else 1


def compare(left: Value, right: Value, collation: str) -> int:
    """Return -1, 0 or 1 as the left value is less, equal or greater; NULL is the least."""
    first, second = rank(left), rank(right)
    if first != second or left is None:
        return (first > second) - (first < second)
    one: Any = left
    other: Any = right
    if isinstance(left, str) and isinstance(right, str):
        one, other = collate(left, collation), collate(right, collation)
    return int(one > other) - int(one < other)


def truth(value: Value) -> Truth:
    """Return a value as a condition: NULL is unknown, text counts by its number."""
    if value is None:
        return Truth.UNKNOWN
    return Truth.of(to_number(value) != 0)


def bounded(text: str) -> str:
    """Return a text; a fault where it is larger than the harness computes with."""
    if len(text) > MAX_TEXT:
        message = f"a computed text is longer than {MAX_TEXT} characters"
        raise Differs(message)
    return text
