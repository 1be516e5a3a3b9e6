"""Scalar functions of SQLite on values. https://www.sqlite.org/lang_corefunc.html."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from harness.errors import Fault
from harness.ir import Case, fold
from harness.languages.sqlite import _json
from harness.languages.sqlite._like import glob, like
from harness.languages.sqlite._values import (
    MAX_TEXT,
    Affinity,
    Differs,
    Value,
    apply_affinity,
    bounded,
    is_number,
    to_bytes,
    to_integer,
    to_number,
    to_real,
    to_text,
    until_nul,
)

_INT_MIN, _INT_MAX = -(2**63), 2**63 - 1
_ASCII_UPPER = {code: code - 32 for code in range(ord("a"), ord("z") + 1)}
_WIDE_REAL = 4503599627370496.0
_MANY = 127
"""Arguments that a function may have: SQLITE_MAX_FUNCTION_ARG."""


@dataclass(frozen=True, slots=True)
class Builtin:
    """A function: how many arguments it takes, and what it does with values.

    ``strict`` functions give NULL for any NULL; ``total`` ones give NULL for nothing else.
    """

    low: int
    high: int
    apply: Callable[..., Value]
    strict: bool = True
    total: bool = True


def real_result(value: float) -> Value:
    """Return a real; what is no number is NULL."""
    return None if math.isnan(value) else value


def absolute(value: Value) -> Value:
    """``abs(X)``."""
    if not isinstance(value, int):
        return abs(to_real(value))
    if value == _INT_MIN:
        message = "integer overflow"
        raise Fault(message)
    return abs(value)


def lower(value: Value) -> Value:
    """``lower(X)`` of ASCII letters."""
    return fold(to_text(value), Case.ASCII)


def upper(value: Value) -> Value:
    """``upper(X)`` of ASCII letters."""
    return to_text(value).translate(_ASCII_UPPER)


def length(value: Value) -> Value:
    """``length(X)``: characters before a NUL, or bytes of a BLOB."""
    return len(value) if isinstance(value, bytes) else len(until_nul(to_text(value)))


def octet_length(value: Value) -> Value:
    """``octet_length(X)``."""
    return len(value) if isinstance(value, bytes) else len(to_bytes(to_text(value)))


def hexadecimal(value: Value) -> Value:
    """``hex(X)``; of NULL the empty text."""
    if value is None:
        return ""
    return (value if isinstance(value, bytes) else to_bytes(to_text(value))).hex().upper()


def instr(value: Value, part: Value) -> Value:
    """``instr(X,Y)``."""
    if isinstance(value, bytes) and isinstance(part, bytes):
        return value.find(part) + 1
    return to_text(value).find(to_text(part)) + 1


def substr(value: Value, start: Value, count: Value = MAX_TEXT * 1000) -> Value:
    """``substr(X,Y,Z)``: from the end for a negative Y, what stands before for a negative Z."""
    subject = value if isinstance(value, bytes) else until_nul(to_text(value))
    first, wanted = to_integer(start), to_integer(count)
    if max(abs(first), abs(wanted)) >= 2**31:
        message = "substr() beyond 32 bits"
        raise Differs(message)
    backwards, wanted = wanted < 0, abs(wanted)
    if first < 0:
        first += len(subject)
        if first < 0:
            first, wanted = 0, max(0, wanted + first)
    elif first > 0:
        first -= 1
    elif wanted > 0:
        wanted -= 1
    if backwards:
        first -= wanted
        if first < 0:
            first, wanted = 0, wanted + first
    return subject[first : first + max(0, wanted)]


def replace(value: Value, part: Value, other: Value) -> Value:
    """``replace(X,Y,Z)``."""
    wanted = to_text(part)
    if not wanted or wanted[0] == "\0":
        return value
    text, new = to_text(value), to_text(other)
    if len(text) + text.count(wanted) * len(new) > MAX_TEXT:
        message = f"a computed text is longer than {MAX_TEXT} characters"
        raise Differs(message)
    return text.replace(wanted, new)


def _trimming(*, left: bool, right: bool) -> Callable[..., Value]:
    def trim(value: Value, chars: Value = " ") -> Value:
        text, unwanted = to_text(value), to_text(chars)
        if left:
            text = text.lstrip(unwanted) if unwanted else text
        return text.rstrip(unwanted) if right and unwanted else text

    return trim


def rounded(value: Value, digits: Value = 0) -> Value:
    """``round(X,Y)``: half away from zero."""
    number, places = to_real(value), max(0, min(30, to_integer(digits)))
    if not math.isfinite(number) or abs(number) > _WIDE_REAL:
        return number
    if places == 0:
        return float(int(number + (-0.5 if number < 0 else 0.5)))
    return float(round_half_up(number, places))


def round_half_up(number: float, places: int) -> Decimal:
    """Return a number rounded to some decimal places, halves away from zero."""
    if abs(number) > 10 ** (26 - min(25, places)):
        return Decimal(number)
    return Decimal(number).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def sign(value: Value) -> Value:
    """``sign(X)``; NULL for a text that is no number."""
    if not is_number(apply_affinity(value, Affinity.NUMERIC)):
        return None
    number = to_number(value)
    return (number > 0) - (number < 0)


def typeof(value: Value) -> Value:
    """``typeof(X)``."""
    names = {type(None): "null", int: "integer", float: "real", str: "text", bytes: "blob"}
    return names[type(value)]


def unicode_of(value: Value) -> Value:
    """``unicode(X)``: the first code point; NULL for the empty text."""
    text = until_nul(to_text(value))
    return ord(text[0]) if text else None


def chars(*codes: Value) -> Value:
    """``char(X1,X2,...)``; what is no code point becomes U+FFFD."""
    return "".join(_char(to_integer(code)) for code in codes)


def _char(code: int) -> str:
    return chr(code) if 0 <= code <= sys.maxunicode and code not in _SURROGATES else "\ufffd"


_SURROGATES = range(0xD800, 0xE000)


def quote(value: Value) -> Value:
    """``quote(X)``: the value as a literal."""
    if value is None:
        return "NULL"
    if isinstance(value, bytes):
        return f"X'{value.hex().upper()}'"
    if isinstance(value, str):
        return "'" + until_nul(value).replace("'", "''") + "'"
    if isinstance(value, float):
        message = "quote() of a real"
        raise Differs(message)
    return to_text(value)


def concat(*values: Value) -> Value:
    """``concat(X,...)``: NULL counts as the empty text (3.44)."""
    return bounded("".join(to_text(value) for value in values if value is not None))


def concat_ws(separator: Value, *values: Value) -> Value:
    """``concat_ws(SEP,X,...)``: NULLs are left out (3.44)."""
    if separator is None:
        return None
    texts = [to_text(value) for value in values if value is not None]
    return bounded(to_text(separator).join(texts))


def _like(pattern: Value, value: Value, *escape: Value) -> Value:
    return like(pattern, value, *escape)


def first_value(value: Value, *_: Value) -> Value:
    """``likely(X)`` and its like: the value."""
    return value


BUILTINS: Mapping[str, Builtin] = {
    "abs": Builtin(1, 1, absolute),
    "char": Builtin(0, _MANY, chars, strict=False),
    "concat": Builtin(1, _MANY, concat, strict=False),
    "concat_ws": Builtin(2, _MANY, concat_ws, strict=False),
    "glob": Builtin(2, 2, glob),
    "hex": Builtin(1, 1, hexadecimal, strict=False),
    "instr": Builtin(2, 2, instr),
    "length": Builtin(1, 1, length),
    "like": Builtin(2, 3, _like),
    "likelihood": Builtin(2, 2, first_value, strict=False),
    "likely": Builtin(1, 1, first_value),
    "lower": Builtin(1, 1, lower),
    "ltrim": Builtin(1, 2, _trimming(left=True, right=False)),
    "octet_length": Builtin(1, 1, octet_length),
    "quote": Builtin(1, 1, quote, strict=False),
    "replace": Builtin(3, 3, replace),
    "round": Builtin(1, 2, rounded),
    "rtrim": Builtin(1, 2, _trimming(left=False, right=True)),
    "sign": Builtin(1, 1, sign, total=False),
    "substr": Builtin(2, 3, substr),
    "substring": Builtin(2, 3, substr),
    "trim": Builtin(1, 2, _trimming(left=True, right=True)),
    "typeof": Builtin(1, 1, typeof, strict=False),
    "unicode": Builtin(1, 1, unicode_of, total=False),
    "unlikely": Builtin(1, 1, first_value),
    "upper": Builtin(1, 1, upper),
    "json_array_length": Builtin(1, 2, _json.array_length, total=False),
    "json_extract": Builtin(2, 2, _json.extract, total=False),
    "json_type": Builtin(1, 2, _json.type_of, total=False),
    "json_valid": Builtin(1, 1, _json.valid, strict=False),
}
"""Functions by name. Those that build their own tests (coalesce, iif, max, ...) are elsewhere."""

AGGREGATES = frozenset({"avg", "count", "group_concat", "max", "min", "string_agg", "sum", "total"})
"""Aggregate functions; max and min are so with one argument."""
_OTHERS = """
acos acosh asin asinh atan atan2 atanh ceil ceiling changes cos cosh degrees exp
floor format json json_array json_insert json_object json_patch json_quote
json_remove json_replace json_set jsonb last_insert_rowid ln load_extension log
log10 log2 mod pi pow power printf radians random randomblob sin sinh soundex
sqlite_compileoption_get sqlite_compileoption_used sqlite_offset sqlite_source_id
sqlite_version sqrt subtype tan tanh total_changes trunc unhex unistr unistr_quote
zeroblob timediff match
"""
OTHERS = frozenset(_OTHERS.split())
"""Functions that SQLite has, or can be compiled with, and that are not evaluated."""


def arithmetic(sign_text: str) -> Callable[[Any, Any], Value]:
    """Return ``+``, ``-``, ``*``, ``/`` or ``%`` on values that are not NULL."""
    return {"+": _add, "-": _subtract, "*": _multiply, "/": _divide, "%": _remainder}[sign_text]


def _computed(left: Value, right: Value, exact: Callable[[Any, Any], Any]) -> Value:
    """Return an exact integer result within 64 bits, else the result on reals."""
    one, other = to_number(left), to_number(right)
    if isinstance(one, int) and isinstance(other, int):
        result = exact(one, other)
        if _INT_MIN <= result <= _INT_MAX:
            return int(result)
    try:
        return real_result(float(exact(float(one), float(other))))
    except OverflowError:
        return math.inf


def _add(left: Value, right: Value) -> Value:
    return _computed(left, right, lambda a, b: a + b)


def _subtract(left: Value, right: Value) -> Value:
    return _computed(left, right, lambda a, b: a - b)


def _multiply(left: Value, right: Value) -> Value:
    return _computed(left, right, lambda a, b: a * b)


def _divide(left: Value, right: Value) -> Value:
    one, other = to_number(left), to_number(right)
    if other == 0:
        return None
    if isinstance(one, int) and isinstance(other, int):
        quotient = abs(one) // abs(other)
        quotient = quotient if (one < 0) == (other < 0) else -quotient
        if quotient <= _INT_MAX:
            return quotient
    return real_result(float(one) / float(other))


def _remainder(left: Value, right: Value) -> Value:
    one, other = to_integer(left), to_integer(right)
    if other == 0:
        return None
    result = math.copysign(1, one) * (abs(one) % abs(other)) if one else 0
    result = (
        int(result) if abs(result) < 2**53 else (abs(one) % abs(other)) * (-1 if one < 0 else 1)
    )
    reals = isinstance(to_number(left), float) or isinstance(to_number(right), float)
    return float(result) if reals else result


def bitwise(sign_text: str) -> Callable[[Any, Any], Value]:
    """Return ``&``, ``|``, ``<<`` or ``>>`` on values that are not NULL."""

    def apply(left: Value, right: Value) -> Value:
        one, other = to_integer(left), to_integer(right)
        if sign_text == "&":
            return one & other
        if sign_text == "|":
            return one | other
        return _shifted(one, other if sign_text == "<<" else -other)

    return apply


def _shifted(value: int, places: int) -> int:
    """Return 64 bits shifted to the left, or to the right for a negative number of places."""
    if places < 0:
        return value >> min(-places, 64)
    bits = (value << places) & (2**64 - 1) if places < 64 else 0  # noqa: PLR2004 - 64 bits
    return bits - 2**64 if bits > _INT_MAX else bits


def inverted(value: Value) -> Value:
    """``~X``."""
    return ~to_integer(value)


def joined(left: Value, right: Value) -> Value:
    """``X || Y``."""
    return bounded(to_text(left) + to_text(right))
