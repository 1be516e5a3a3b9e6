"""Casts between types. https://duckdb.org/docs/stable/sql/data_types/typecasting.

What a text may look like is not documented; it is what version 2.0.0 takes.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from harness.errors import Fault
from harness.languages.duckdb._kinds import RANGES, Kind

_SPACES = " \t\n\v\f\r"
_LONGEST = 400
_DIGITS = r"\d+(?:_\d+)*"
_NUMBER = re.compile(
    rf"([+-]?)(?:({_DIGITS})(?:\.((?:{_DIGITS})?))?|\.({_DIGITS}))(?:[eE]([+-]?\d+))?", re.ASCII
)
_BITS = re.compile(r"0[xX]([0-9A-Fa-f]+(?:_[0-9A-Fa-f]+)*)|0[bB]([01]+(?:_[01]+)*)", re.ASCII)
_TRUTHS = {
    **dict.fromkeys(("true", "t", "1", "yes", "y"), True),
    **dict.fromkeys(("false", "f", "0", "no", "n"), False),
}
_MOMENT = re.compile(
    r"\s*(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T]"
    r"(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6}))?)?(Z|[+]00(?::00)?)?)?\s*",
    re.ASCII,
)
_MOST = Context(prec=100)
_LARGE_POWER = 60


class Differs(Fault):
    """What comes of a cast is not known here, not even whether it fails."""


def cast(value: Any, kind: Kind) -> Any:
    """Return a value that is not NULL as another type; raises :class:`Fault` where it fails."""
    return _caster(kind)(value)


@lru_cache(maxsize=256)
def _caster(kind: Kind) -> Callable[[Any], Any]:
    if kind.item is not None:
        inner = _caster(kind.item)
        return lambda value: _listed(value, inner)
    if kind.name in RANGES:
        low, high = RANGES[kind.name]
        return lambda value: _integer(value, low, high)
    if kind.name == "DECIMAL":
        return lambda value: _decimal(value, kind)
    return _CASTERS.get(kind.name, _as_it_is)


def _as_it_is(value: Any) -> Any:
    return value


def _listed(value: Any, inner: Callable[[Any], Any]) -> Any:
    if not isinstance(value, tuple):
        message = f"Type with value {value!r} can't be cast to a list"
        raise Fault(message)
    return tuple(None if one is None else inner(one) for one in value)


def _fails(value: Any, name: str) -> Fault:
    return Fault(f"Could not convert {str(value)[:60]!r} to {name}")


def parsed(text: str, name: str) -> tuple[str, str, str, int]:
    """Return the sign, the digits before and after the point, and the power of a number."""
    found = _NUMBER.fullmatch(text.strip(_SPACES)) if len(text) <= _LONGEST else None
    if found is None:
        raise _fails(text, name)
    sign, whole, part, only, power = found.groups()
    before = (whole or "").replace("_", "")
    after = (part or only or "").replace("_", "")
    return sign, before, after, int((power or "0")[:8])


def _exact(text: str, name: str) -> Decimal:
    sign, before, after, power = parsed(text, name)
    if abs(power) > _LARGE_POWER:
        raise _fails(text, name)
    number = Decimal(f"{sign}{before or '0'}.{after or '0'}")
    return number.scaleb(power, _MOST)


def rounded(number: Decimal, scale: int = 0) -> Decimal:
    """Return a number rounded to some decimal places, halves away from zero."""
    try:
        return number.quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP, _MOST)
    except InvalidOperation as error:
        raise _fails(number, "DECIMAL") from error


def _integer(value: Any, low: int, high: int) -> int:
    if isinstance(value, str):
        number = _integer_of(value)
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise _fails(value, "INTEGER")
        number = round(value)
    elif isinstance(value, Decimal):
        number = int(rounded(value))
    elif isinstance(value, int):
        number = int(value)
    else:
        raise _fails(value, "INTEGER")
    if not low <= number <= high:
        raise _fails(value, "INTEGER")
    return number


def _integer_of(text: str) -> int:
    bits = _BITS.fullmatch(text) if len(text) <= _LONGEST else None
    if bits is not None:
        digits = (bits[1] or bits[2]).replace("_", "")
        return int(digits, 16 if bits[1] else 2)
    return int(rounded(_exact(text, "INTEGER")))


def _decimal(value: Any, kind: Kind) -> Decimal:
    if isinstance(value, str):
        if "e" in value.lower():  # which digits of it count depends on how many there are
            raise Differs(str(_fails(value, str(kind))))
        number = _exact(value, str(kind))
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise _fails(value, str(kind))
        number = Decimal(repr(value))
    else:
        number = Decimal(value)
    result = rounded(number, kind.scale)
    if abs(result) >= Decimal(10) ** (kind.precision - kind.scale):
        raise _fails(value, str(kind))
    return result


def _double(value: Any) -> float:
    if not isinstance(value, str):
        return float(value)
    text = value.strip(_SPACES).lower()
    if text.lstrip("+-") in ("inf", "infinity") and text[:1] != "+":
        return -math.inf if text[0] == "-" else math.inf
    if text.lstrip("+-") == "nan":
        message = "NaN compares otherwise than numbers do"
        raise Differs(message)
    sign, before, after, power = parsed(value, "DOUBLE")
    return float(f"{sign}{before or '0'}.{after or '0'}e{power}")


def _boolean(value: Any) -> bool:
    if not isinstance(value, str):
        return bool(value)
    found = _TRUTHS.get(value.lower())
    if found is None:
        raise _fails(value, "BOOL")
    return found


def text_of(value: Any) -> str:
    """Return a value as a VARCHAR."""
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case float():
            return repr(value)
        case datetime():
            return _moment_text(value)
        case Decimal():
            return f"{value:f}"
        case tuple():
            return _list_text(value)
        case _:
            return str(value)


_QUOTED = re.compile(r"[\s,\[\](){}'\"\\=:]|\A(?:null)?\Z", re.IGNORECASE)


def _list_text(items: tuple[Any, ...]) -> str:
    texts = ["NULL" if one is None else text_of(one) for one in items]
    if any(isinstance(one, str) and _QUOTED.search(one) for one in items):
        message = "how the texts of a list are quoted depends on the version"
        raise Fault(message)
    return f"[{', '.join(texts)}]"


def _moment_text(value: datetime) -> str:
    text = value.strftime("%Y-%m-%d %H:%M:%S")
    return f"{text}.{value.microsecond:06d}".rstrip("0") if value.microsecond else text


def _timestamp(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001 - a TIMESTAMP has none
    return moment(value)


def moment(text: Any) -> datetime:
    """Return a TIMESTAMP; one with another offset than UTC's is left to the versions."""
    found = _MOMENT.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise _fails(text, "TIMESTAMP")
    *numbers, part, _ = found.groups()
    year, month, day, hour, minute, second = (int(one or 0) for one in numbers)
    try:
        at = datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 - a TIMESTAMP has none
    except ValueError as error:
        raise _fails(text, "TIMESTAMP") from error
    return at + timedelta(microseconds=int((part or "0").ljust(6, "0")))


def _date(value: Any) -> date:
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else moment(value).date()


_CASTERS: dict[str, Callable[[Any], Any]] = {
    "DOUBLE": _double,
    "BOOLEAN": _boolean,
    "VARCHAR": text_of,
    "TIMESTAMP": _timestamp,
    "DATE": _date,
}
