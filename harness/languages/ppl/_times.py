"""Timestamps in PPL: how text spells them, and the time modifiers of the search command."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from harness.ir import as_number
from harness.languages.ppl._engine import Engine

FORMAT = "strict_date_optional_time"
_SPELLED = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})(?:([ T])(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(Z)?)?", re.ASCII
)
_SLASHED = re.compile(r"(\d{2})/(\d{2})/(\d{4}):(\d{2}):(\d{2}):(\d{2})", re.ASCII)
_OFFSET = re.compile(r"([+-])(\d{0,6})([A-Za-z]+)", re.ASCII)
_RELATIVE = re.compile(r"((?:[+-]\d{0,6}[A-Za-z]+)*)(?:@([A-Za-z]+))?((?:[+-]\d{0,6}[A-Za-z]+)*)")
_EPOCH = re.compile(r"\d{1,11}(?:\.\d{1,6})?", re.ASCII)
_UNITS = {
    "s": "second",
    "sec": "second",
    "secs": "second",
    "m": "minute",
    "min": "minute",
    "mins": "minute",
    "h": "hour",
    "hr": "hour",
    "hrs": "hour",
    "d": "day",
    "w": "week",
    "mon": "month",
    "q": "quarter",
    "qtr": "quarter",
    "y": "year",
    "yr": "year",
}
_FIXED = {
    "microsecond": timedelta(microseconds=1),
    "second": timedelta(seconds=1),
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
}
_MONTHS = {"month": 1, "quarter": 3, "year": 12}


def spelled_number(value: Any) -> int | float | None:
    """Return the number that a constant or value is or spells; ``None`` for other text."""
    return None if isinstance(value, bool) else as_number(value)


def moment(value: Any, engine: Engine) -> datetime | None:
    """Return the timestamp that a constant is or spells, in UTC; ``None`` where it is none.

    ISO 8601 with a ``T`` came with 3.3 (https://github.com/opensearch-project/sql/pull/4246).
    """
    if isinstance(value, datetime):
        return value
    found = _SPELLED.fullmatch(value) if isinstance(value, str) else None
    if found is None or (found[4] == "T" and not engine.calcite) or (found[9] and found[4] != "T"):
        return None
    year, month, day, hour, minute, second = (int(found[at] or 0) for at in (1, 2, 3, 5, 6, 7))
    micros = int((found[8] or "").ljust(6, "0")[:6])
    try:
        return datetime(year, month, day, hour, minute, second, micros, tzinfo=UTC)
    except ValueError:
        return None


def written(when: datetime) -> str:
    """Return a timestamp as a date field reads it."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f").zfill(26) + "Z"


def shift(when: datetime, amount: int, unit: str) -> datetime | None:
    """Return a timestamp moved by so many units; ``None`` where there is no such time or unit."""
    try:
        if unit in _FIXED:
            return when + amount * _FIXED[unit]
        if unit not in _MONTHS:
            return None
        year, month = divmod(when.year * 12 + when.month - 1 + amount * _MONTHS[unit], 12)
        first = when.replace(year=year, month=month + 1, day=1)
        following = (first + timedelta(days=31)).replace(day=1)
        return first.replace(day=min(when.day, (following - timedelta(days=1)).day))
    except (OverflowError, ValueError):
        return None


def modifier(text: str, now: datetime, engine: Engine) -> datetime | None:
    """Return the time of ``earliest=`` or ``latest=``; ``None`` for text that is none."""
    if text.lower() in {"now", "now()"}:
        return now
    if _EPOCH.fullmatch(text):
        return datetime.fromtimestamp(float(text), UTC)
    slashed = _SLASHED.fullmatch(text)
    if slashed is not None:
        month, day, year, hour, minute, second = map(int, slashed.groups())
        text = f"{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}"
    return moment(text, engine) or _relative(text, now)


def _relative(text: str, now: datetime) -> datetime | None:
    """Return ``now`` moved by the offsets, snapped, and moved by the offsets behind ``@``."""
    found = _RELATIVE.fullmatch(text)
    if found is None or not text:
        return None
    when: datetime | None = _moved(now, found[1])
    if when is not None and found[2]:
        when = _snapped(when, found[2])
    return None if when is None else _moved(when, found[3])


def _moved(when: datetime, offsets: str) -> datetime | None:
    for sign, count, name in _OFFSET.findall(offsets):
        unit = unit_named(name)
        moved = shift(when, int(f"{sign}{count or 1}"), unit) if unit else None
        if moved is None:
            return None
        when = moved
    return when


def unit_named(name: str) -> str | None:
    """Return the unit that a name stands for; ``M`` alone is a month, ``m`` a minute."""
    if name == "M":
        return "month"
    lower = name.lower()
    singular = lower.removesuffix("s") if len(lower) > 1 else lower
    known = {*_FIXED, *_MONTHS}
    return _UNITS.get(lower) or (singular if singular in known else None)


def _snapped(when: datetime, name: str) -> datetime | None:
    unit = unit_named(name)
    start = when.replace(microsecond=0)
    match unit:
        case "second":
            return start
        case "minute":
            return start.replace(second=0)
        case "hour":
            return start.replace(second=0, minute=0)
        case "day":
            return start.replace(second=0, minute=0, hour=0)
        case "month" | "year":
            first = start.replace(second=0, minute=0, hour=0, day=1)
            return first if unit == "month" else first.replace(month=1)
        case _:
            return None
