"""Literals that name their type, such as ``datetime(2024-01-01)`` and ``1.5h``."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

TYPES = {
    "bool": "bool",
    "boolean": "bool",
    "int": "int",
    "int32": "int",
    "long": "long",
    "int64": "long",
    "real": "real",
    "double": "real",
    "decimal": "decimal",
    "string": "string",
    "datetime": "datetime",
    "date": "datetime",
    "timespan": "timespan",
    "time": "timespan",
    "guid": "guid",
    "uuid": "guid",
    "uniqueid": "guid",
    "dynamic": "dynamic",
}
"""The type that a name of a type means.

https://learn.microsoft.com/en-us/kusto/query/scalar-data-types/
"""
_UNITS = {
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
    "ms": timedelta(milliseconds=1),
    "milli": timedelta(milliseconds=1),
    "micro": timedelta(microseconds=1),
}
_SHORT = re.compile(r"(\d+(?:\.\d+)?)([a-z]+)")
_CLOCK = re.compile(
    r"(-)?(?:(\d{1,8})\.)?(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,7}))?)?", re.ASCII
)
_MOMENT = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})"
    r"(?:[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,7}))?)?)?\s*(Z|[+-]\d{2}:?\d{2})?",
    re.ASCII,
)
_LONGEST = 400
_INTEGER = re.compile(r"[+-]?\d+", re.ASCII)
_HEXADECIMAL = re.compile(r"0[xX][0-9A-Fa-f]+")
_REAL = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
INT64 = range(-(2**63), 2**63)
INT32 = range(-(2**31), 2**31)


class NotRead(ValueError):
    """The text may be a literal of this type, and its form is not known here."""


def timespan_of(text: str) -> timedelta | None:
    """Return what a short form such as ``1.5h`` stands for; ``None`` below a microsecond."""
    found = _SHORT.fullmatch(text)
    if found is None:
        raise NotRead(text)
    unit = _unit(found[2])
    if unit is None:
        return None
    try:
        return float(found[1]) * unit if "." in found[1] else int(found[1][:12]) * unit
    except OverflowError as error:
        raise NotRead(text) from error


def _unit(name: str) -> timedelta | None:
    for start in ("milli", "micro", "ms"):
        if name.startswith(start):
            return _UNITS[start]
    return None if name.startswith(("nano", "tick")) else _UNITS[name[0]]


def clock(text: str) -> timedelta | None:
    """Return the time span of ``[-][d.]hh:mm[:ss[.fffffff]]``; ``None`` for other text."""
    found = _CLOCK.fullmatch(text.strip())
    if found is None:
        return None
    sign, days, hours, minutes, seconds, fraction = found.groups()
    if int(hours) > 23 or int(minutes) > 59 or int(seconds or 0) > 59:  # noqa: PLR2004 - a clock
        return None
    try:
        span = timedelta(
            days=int(days or 0),
            hours=int(hours),
            minutes=int(minutes),
            seconds=int(seconds or 0),
            microseconds=_microseconds(fraction),
        )
    except OverflowError:
        return None
    return -span if sign else span


def _microseconds(fraction: str | None) -> int:
    return int((fraction or "")[:6].ljust(6, "0"))


def moment(text: str) -> datetime | None:
    """Return the moment that an ISO 8601 text names, UTC by default; ``None`` for other text."""
    found = _MOMENT.fullmatch(text.strip())
    if found is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    try:
        local = datetime(
            int(year),
            int(month),
            int(day),
            int(hour or 0),
            int(minute or 0),
            int(second or 0),
            _microseconds(fraction),
            tzinfo=UTC,
        )
        return local if zone in {None, "Z"} else local - _offset(zone)
    except (ValueError, OverflowError):
        return None


def _offset(zone: str) -> timedelta:
    size = timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))
    return -size if zone[0] == "-" else size


def guid(text: str) -> str | None:
    """Return a GUID in its usual form; ``None`` for other text."""
    plain = text.strip().strip("{}").replace("-", "")
    if len(plain) != 32:  # noqa: PLR2004 - the digits of a GUID
        return None
    try:
        return str(UUID(plain))
    except ValueError:
        return None


def integer(text: str) -> int | None:
    """Return the whole number that a text spells, in decimal or hexadecimal."""
    plain = text.strip()
    if len(plain) > _LONGEST:
        return None
    if _HEXADECIMAL.fullmatch(plain):
        return int(plain, 16)
    return int(plain) if _INTEGER.fullmatch(plain) else None


def real(text: str) -> float | None:
    """Return the number that a text spells."""
    plain = text.strip()
    if len(plain) > _LONGEST or not _REAL.fullmatch(plain):
        return {"nan": float("nan"), "+inf": float("inf"), "-inf": float("-inf")}.get(plain)
    return float(plain)


def typed(kind: str, text: str) -> Any:
    """Return the value of ``kind(text)``; ``None`` for null, :class:`NotRead` for other forms."""
    plain = text.strip()
    if plain in {"null", ""}:
        if plain == "" and kind != "datetime":
            raise NotRead(text)
        return None
    if len(plain) > 1 and plain[0] in "'\"" and plain[0] == plain[-1]:
        plain = plain[1:-1]
    value = _typed(kind, plain)
    if value is None:
        raise NotRead(text)
    return value


def _typed(kind: str, plain: str) -> Any:
    if kind in {"int", "long"}:
        number = integer(plain)
        fits = number is not None and number in (INT32 if kind == "int" else INT64)
        return number if fits else None
    if kind in {"real", "decimal"}:
        return real(plain)
    if kind == "bool":
        return {"true": True, "false": False, "1": True, "0": False}.get(plain.lower())
    if kind == "datetime":
        return moment(plain)
    if kind == "guid":
        return guid(plain)
    if _SHORT.fullmatch(plain):
        return timespan_of(plain)
    return timedelta(days=int(plain)) if re.fullmatch(r"\d{1,7}", plain) else clock(plain)
