"""Functions on values, each as a pure function of Python values.

Facts: the function pages of https://github.com/opensearch-project/sql/tree/main/docs/user/ppl/functions.
Where a page and the code of the engines disagree the function fails, so the outcome is undefined.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from types import MappingProxyType
from typing import Any, NoReturn

from harness.errors import Fault
from harness.ir import as_text
from harness.languages.ppl._times import spelled_number
from harness.languages.ppl._values import Kind

_MAX_TEXT = 1_000_000
_MAX_DIGITS = 15
_LATIN = 128


@dataclass(frozen=True, slots=True)
class Spec:
    """A function: what it takes, what it gives, and how."""

    takes: tuple[Kind, ...]
    gives: Kind
    apply: Callable[..., Any]
    least: int
    most: int
    strict: bool = True


def _fail(message: str) -> NoReturn:
    raise Fault(message)


def _bounded(text: str) -> str:
    return text if len(text) <= _MAX_TEXT else _fail("the text grows too long")


def _ascii_only(text: str, what: str) -> str:
    return text if text.isascii() else _fail(f"{what} of other letters differs between engines")


def _length(text: str) -> int:
    return len(_ascii_only(text, "the length"))


def _substring(text: str, start: float, count: float | None = None) -> str:
    if start < 1 or (count is not None and count < 0):
        _fail("a start below 1 or a negative length differs between engines")
    first = int(start) - 1
    return text[first:] if count is None else text[first : first + int(count)]


def _locate(part: str, text: str, start: float = 1) -> int:
    if start < 1:
        _fail("a start below 1 differs between engines")
    return text.find(part, int(start) - 1) + 1


def _right(text: str, count: float) -> str:
    return text[max(0, len(text) - int(count)) :] if count > 0 else ""


def _left(text: str, count: float) -> str:
    return text[: int(count)] if count > 0 else ""


def _compare_text(left: str, right: str) -> int:
    return (left > right) - (left < right)


def _ascii(text: str) -> int:
    return ord(text[0]) if text and ord(text[0]) < _LATIN else _fail("no character of ASCII")


def _concat(*texts: str) -> str:
    return _bounded("".join(texts))


def _concat_ws(between: str | None, *texts: str | None) -> str | None:
    if between is None:
        return None
    known = [text for text in texts if text is not None]
    if len(known) < len(texts):
        _fail("concat_ws of a null differs between engines")
    return _bounded(between.join(known))


def _round(number: float, digits: float = 0) -> int | float:
    if abs(digits) > _MAX_DIGITS:
        _fail("so many digits are not rounded")
    unit = Decimal(1).scaleb(-int(digits))
    if abs(number) > 10**_MAX_DIGITS:
        return number
    rounded = Decimal(str(number)).quantize(unit, ROUND_HALF_UP)
    return int(rounded) if isinstance(number, int) else float(rounded)


def _modulo(left: float, right: float) -> int | float | None:
    if right == 0:
        return None
    found = math.fmod(left, right)
    return int(found) if isinstance(left, int) and isinstance(right, int) else found


def _root(number: float) -> float | None:
    return math.sqrt(number) if number >= 0 else None


def _power(base: float, exponent: float) -> float:
    try:
        found = float(base) ** float(exponent)
    except (OverflowError, ZeroDivisionError):
        _fail("the power is no number")
    return found if isinstance(found, float) else _fail("the power is no number")


def _text(count: int, apply: Callable[..., Any], gives: Kind = Kind.TEXT) -> Spec:
    return Spec((Kind.TEXT,) * count, gives, apply, count, count)


def _number(count: int, apply: Callable[..., Any]) -> Spec:
    return Spec((Kind.NUMBER,) * count, Kind.NUMBER, apply, count, count)


_SUBSTRING = Spec((Kind.TEXT, Kind.NUMBER, Kind.NUMBER), Kind.TEXT, _substring, 2, 3)
_CUT = (Kind.TEXT, Kind.NUMBER)
_MANY = (Kind.TEXT,) * 9

FUNCTIONS: Mapping[str, Spec] = MappingProxyType(
    {
        "lower": _text(1, lambda text: _bounded(text.lower())),
        "upper": _text(1, lambda text: _ascii_only(text, "upper case").upper()),
        "trim": _text(1, lambda text: text.strip(" ")),
        "ltrim": _text(1, lambda text: text.lstrip(" ")),
        "rtrim": _text(1, lambda text: text.rstrip(" ")),
        "reverse": _text(1, lambda text: text[::-1]),
        "length": _text(1, _length, Kind.NUMBER),
        "ascii": _text(1, _ascii, Kind.NUMBER),
        "strcmp": _text(2, _compare_text, Kind.NUMBER),
        "substring": _SUBSTRING,
        "substr": _SUBSTRING,
        "left": Spec(_CUT, Kind.TEXT, _left, 2, 2),
        "right": Spec(_CUT, Kind.TEXT, _right, 2, 2),
        "locate": Spec((Kind.TEXT, Kind.TEXT, Kind.NUMBER), Kind.NUMBER, _locate, 2, 3),
        "position": _text(2, _locate, Kind.NUMBER),
        "concat": Spec(_MANY, Kind.TEXT, _concat, 1, 9),
        "concat_ws": Spec(_MANY, Kind.TEXT, _concat_ws, 2, 9, strict=False),
        "abs": _number(1, abs),
        "ceil": _number(1, math.ceil),
        "ceiling": _number(1, math.ceil),
        "floor": _number(1, math.floor),
        "sqrt": _number(1, _root),
        "sign": _number(1, lambda number: (number > 0) - (number < 0)),
        "signum": _number(1, lambda number: (number > 0) - (number < 0)),
        "mod": _number(2, _modulo),
        "modulus": _number(2, _modulo),
        "pow": _number(2, _power),
        "power": _number(2, _power),
        "round": Spec((Kind.NUMBER, Kind.NUMBER), Kind.NUMBER, _round, 1, 2),
    }
)
"""The functions that are evaluated; those that ask for null or choose are read elsewhere."""

_LATER_WORDS = """
acos adddate addtime array array_length asin atan atan2 avg cbrt conv convert_tz cos cosh cot
crc32 ctime curdate current_date current_time curtime date_format datediff
datetime day day_of_month day_of_week day_of_year dayname dayofmonth dayofweek dayofyear degrees
divide dur2sec e earliest exists exp expm1 extract filter forall from_days from_unixtime geoip
get_format hour hour_of_day json json_append json_array json_array_length json_delete json_extend
json_extract json_keys json_object json_set json_valid last_day latest ln localtime log
log10 log2 makedate maketime max md5 memk microsecond min minute minute_of_day minute_of_hour
mktime month month_of_year monthname mstime mvappend mvdedup mvfind mvindex mvjoin mvmap mvzip
nested now_utc num period_add period_diff pi quarter radians rand reduce regexp_replace relevance
replace rint rmcomma rmunit scalar_max scalar_min sec_to_time second second_of_minute sha1 sha2
sin sinh spath split str_to_date strftime subtime sum sysdate tan time time_format time_to_sec
timediff timestampadd timestampdiff to_days to_seconds tonumber tostring transform truncate typeof
unix_timestamp utc_date utc_time week week_of_year weekday weekofyear year yearweek auto
add subtract multiply
"""
LATER = frozenset(_LATER_WORDS.split())
"""Functions that exist and are not evaluated."""


def add(left: Any, right: Any) -> Any:
    """Return a sum, or two texts put together."""
    return _bounded(left + right) if isinstance(left, str) else left + right


def divide(left: float, right: float, *, truncates: bool) -> int | float | None:
    """Return a quotient; whole numbers are cut to a whole one in the legacy setting."""
    if right == 0:
        return None
    if truncates and isinstance(left, int) and isinstance(right, int):
        return int(math.copysign(abs(left) // abs(right), left * right)) if left else 0
    return left / right


ARITHMETIC: Mapping[str, Callable[[Any, Any], Any]] = MappingProxyType(
    {"-": lambda a, b: a - b, "*": lambda a, b: a * b, "%": _modulo}
)


def to_text(value: Any) -> str:
    """Return a value cast to string."""
    if isinstance(value, bool):
        _fail("a boolean is cast to text in different letter case by the engines")
    return as_text(value)


def to_number(value: Any, *, whole: bool, safe: bool) -> int | float | None:
    """Return a value cast to a number; null, or an error, where it spells none."""
    if isinstance(value, bool):
        return int(value)
    number = spelled_number(value)
    if number is None:
        return None if safe else _fail(f"{as_text(value)[:40]!r} is no number")
    return int(number) if whole else float(number)


def to_boolean(value: Any, *, safe: bool) -> bool | None:
    """Return a value cast to boolean."""
    if isinstance(value, int | float):
        return bool(value)
    found = {"true": True, "false": False}.get(as_text(value).strip().lower())
    return found if found is not None or safe else False
