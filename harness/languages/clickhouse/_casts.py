"""Texts as numbers and times, and values as texts."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from harness.errors import Fault
from harness.languages.clickhouse._kinds import RANGES, Kind

_INTEGER = re.compile(r"[+-]?\d{1,30}", re.ASCII)
_FLOAT = re.compile(
    r"[+-]?(?:\d{1,200}(?:\.\d{0,200})?|\.\d{1,200})(?:[eE][+-]?\d{1,4})?", re.ASCII
)
_MOMENT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:Z|[+]00:00)?)?", re.ASCII
)
_TRUTHS = {"true": True, "false": False, "1": True, "0": False}
_FEW = range(1971, 2100)


def parse(text: str, kind: Kind) -> Any:
    """Return the value that a text spells in a type; raises :class:`Fault` where it spells none."""
    name = kind.name
    if name in RANGES and _INTEGER.fullmatch(text):
        value = int(text)
        low, high = RANGES[name]
        if low <= value <= high and not (low == 0 and text[0] == "-"):
            return value
    elif name == "Float64" and _FLOAT.fullmatch(text):
        return float(text)
    elif name == "Bool" and text.lower() in _TRUTHS:
        return _TRUTHS[text.lower()]
    elif kind.is_time:
        return moment(text, kind)
    elif name == "String":
        return text
    message = f"Cannot convert string {text[:60]!r} to type {kind}"
    raise Fault(message)


def moment(text: str, kind: Kind) -> datetime:
    """Return the time that a text spells, as the type keeps it; times are UTC."""
    found = _MOMENT.fullmatch(text.strip())
    message = f"Cannot convert string {text[:60]!r} to type {kind}"
    if found is None:
        raise Fault(message)
    *numbers, part = found.groups()
    year, month, day, hour, minute, second = (int(one or 0) for one in numbers)
    try:
        at = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError as error:
        raise Fault(message) from error
    if kind.name == "Date":
        return at.replace(hour=0, minute=0, second=0)
    digits = (part or "")[: min(kind.scale, 6)]
    return at + timedelta(microseconds=int(digits.ljust(6, "0")) if digits else 0)


def in_range(at: datetime) -> bool:
    """Return whether every type of time holds a point in time."""
    return at.year in _FEW or (at.year == 1970 and at.tzinfo is not None)  # noqa: PLR2004 - the epoch


def text_of(value: Any, kind: Kind) -> str:
    """Return a value as ``toString`` writes it."""
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case float():
            return _float_text(value)
        case datetime():
            return _moment_text(value, kind)
        case _:
            return str(value)


def _float_text(value: float) -> str:
    if math.isfinite(value) and value.is_integer() and abs(value) < 1e15:  # noqa: PLR2004 - written out
        return str(int(value)) if value or math.copysign(1, value) > 0 else "-0"
    if math.isfinite(value) and 1e-3 < abs(value) < 1e15:  # noqa: PLR2004 - written out
        return repr(value)
    message = "how a large or small Float64 is written is not computed here"
    raise Fault(message)


def _moment_text(value: datetime, kind: Kind) -> str:
    if kind.name == "Date":
        return value.strftime("%Y-%m-%d")
    text = value.strftime("%Y-%m-%d %H:%M:%S")
    if kind.name == "DateTime64" and kind.scale:
        digits = f"{value.microsecond:06d}".ljust(9, "0")
        return f"{text}.{digits[: kind.scale]}"
    return text
