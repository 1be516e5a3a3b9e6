"""Triggers of a watch: the schedules, checked as Watcher checks them when a watch is stored.

https://www.elastic.co/guide/en/elasticsearch/reference/7.17/trigger-schedule.html
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

from harness.jsonsource import Json, JsonObject, JsonScalar
from harness.languages.watcher import _read
from harness.languages.watcher.cron import check_cron
from harness.source import Source

_HOUR, _DAY, _WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)

Interval = timedelta | None
"""How often a schedule fires, where that is constant."""


def read_trigger(node: Json, source: Source) -> Interval:
    """Trigger = '{' 'schedule' ':' schedule '}'."""
    body = _read.object_of(node, source, "the trigger")
    if len(body) != 1:
        message = "a trigger has exactly one type"
        raise _read.invalid(source, node.span, message, "use 'schedule'")
    (member,) = body
    if member.key != "schedule":
        message = f"there is no trigger type {member.key!r}"
        raise _read.invalid(source, member.key_span, message, "use 'schedule'")
    return _schedule(_read.object_of(member.value, source, "the schedule"), source)


def _schedule(body: JsonObject, source: Source) -> Interval:
    """Schedule = '{' type ':' setting [ 'timezone' ':' zone ] '}'; the last type counts."""
    found: Interval = None
    typed = False
    for member in body:
        if member.key == "timezone":  # since 8.16, for every type but interval
            _read.text_of(member.value, source, "the time zone")
            continue
        reader = _TYPES.get(member.key)
        if reader is None:
            message = f"there is no schedule type {member.key!r}"
            hint = f"use one of {', '.join(_TYPES)}"
            raise _read.invalid(source, member.key_span, message, hint)
        found = reader(member.value, source)
        typed = True
    if not typed:
        raise _read.invalid(
            source, body.span, "a schedule needs a type", f"use one of {', '.join(_TYPES)}"
        )
    return found


_INTERVAL = re.compile(r"([+-]?\d{1,12})([smhdw])", re.ASCII)
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def _interval(node: Json, source: Source) -> Interval:
    """Interval = seconds | digits ( 's' | 'm' | 'h' | 'd' | 'w' )."""
    value = node.value if isinstance(node, JsonScalar) else None
    seconds = 0
    if isinstance(value, int | float) and not isinstance(value, bool):
        seconds = int(value)
    elif isinstance(value, str) and (match := _INTERVAL.fullmatch(value)):
        seconds = int(match.group(1)) * _SECONDS[match.group(2)]
    else:
        hint = "write a whole number with s, m, h, d or w, such as 30m"
        raise _read.invalid(source, node.span, "this is no interval", hint)
    if seconds < 1:
        raise _read.invalid(source, node.span, "an interval is at least one second")
    try:
        return timedelta(seconds=seconds)
    except OverflowError:
        raise _read.invalid(source, node.span, "the interval is too long") from None


def _cron(node: Json, source: Source) -> Interval:
    """Cron = expression | '[' expression { ',' expression } ']'."""
    expressions = _read.items_of(node)
    if not expressions:
        raise _read.invalid(source, node.span, "a cron schedule needs an expression")
    for item in expressions:
        text = _read.text_of(item, source, "a cron expression")
        problem = check_cron(text)
        if problem:
            hint = "write: second minute hour day-of-month month day-of-week [year]"
            raise _read.invalid(source, item.span, problem, hint)
    return None


def _hourly(node: Json, source: Source) -> Interval:
    """Hourly = '{' [ 'minute' ':' minutes ] '}'."""
    body = _read.object_of(node, source, "the hourly schedule")
    _read.known_keys(body, ("minute",), source, "an hourly schedule")
    count = 0
    for member in body:
        for item in _read.items_of(member.value):
            _number(item, source, "a minute", 0, 59)
            count += 1
    return _HOUR if count <= 1 else None


def _daily(node: Json, source: Source) -> Interval:
    """Daily = '{' [ 'at' ':' times ] '}'."""
    body = _read.object_of(node, source, "the daily schedule")
    _read.known_keys(body, ("at",), source, "a daily schedule")
    count = sum(_time(item, source) for member in body for item in _read.items_of(member.value))
    return _DAY if count <= 1 else None


def _weekly(node: Json, source: Source) -> Interval:
    """Weekly = week times | '[' week times { ',' week times } ']'."""
    count = sum(_times(item, source, _DAYS) for item in _read.items_of(node))
    return _WEEK if count == 1 else None


def _monthly(node: Json, source: Source) -> Interval:
    for item in _read.items_of(node):
        _times(item, source, _MONTH_DAYS)
    return None


def _yearly(node: Json, source: Source) -> Interval:
    for item in _read.items_of(node):
        _times(item, source, _MONTH_DAYS)
    return None


_DAYS = {
    name: number
    for number, names in enumerate(
        (
            ("sunday", "sun"),
            ("monday", "mon"),
            ("tuesday", "tue"),
            ("wednesday", "wed"),
            ("thursday", "thu"),
            ("friday", "fri"),
            ("saturday", "sat"),
        ),
        start=1,
    )
    for name in (*names, str(number))
}
_MONTH_DAYS = {str(day): day for day in range(1, 32)} | {"last": 32, "last_day": 32, "l": 32}
_MONTHS = frozenset(
    [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
        "jan",
        "feb",
        "mar",
        "apr",
        "jun",
        "jul",
        "aug",
        "sep",
        "oct",
        "nov",
        "dec",
        "first",
        "last",
        "1",
        "2",
        "3",
        "4",
        "5",
        "6",
        "7",
        "8",
        "9",
        "10",
        "11",
        "12",
    ]
)


def _times(node: Json, source: Source, days: dict[str, int]) -> int:
    """Return how many moments an ``{"on": days, "at": times}`` names; missing parts count 1."""
    body = _read.object_of(node, source, "the schedule's times")
    counts = {"on": 1, "at": 1}
    for member in body:
        items = _read.items_of(member.value)
        match member.key:
            case "on" | "day":
                for item in items:
                    _word(item, source, "a day", frozenset(days))
                counts["on"] = max(1, len(items))
            case "at" | "time":
                counts["at"] = max(1, sum(_time(item, source) for item in items))
            case "in" | "month":
                for item in items:
                    _word(item, source, "a month", _MONTHS)
            case _:
                pass  # Watcher skips what it does not know here
    return counts["on"] * counts["at"]


_CLOCK = re.compile(r"(\d{1,2}):(\d{2})", re.ASCII)


def _time(node: Json, source: Source) -> int:
    """Time = 'noon' | 'midnight' | hh ':' mm | '{' 'hour' ':' hours 'minute' ':' minutes '}'."""
    if isinstance(node, JsonObject):
        counts = []
        for member in node:
            top = {"hour": 23, "minute": 59}.get(member.key)
            if top is None:
                continue
            items = _read.items_of(member.value)
            for item in items:
                _number(item, source, f"a value of {member.key!r}", 0, top)
            counts.append(max(1, len(items)))
        return counts[0] * counts[-1] if len(counts) > 1 else sum(counts) or 1
    text = _read.text_of(node, source, "a time")
    match = _CLOCK.fullmatch(text)
    valid = match and int(match.group(1)) <= 23 and int(match.group(2)) <= 59  # noqa: PLR2004 - a clock
    if text not in ("noon", "midnight") and not valid:
        hint = "write hh:mm, noon or midnight"
        raise _read.invalid(source, node.span, f"{text!r} is no time of day", hint)
    return 1


def _word(node: Json, source: Source, what: str, known: frozenset[str]) -> None:
    value = node.value if isinstance(node, JsonScalar) else None
    if value is None or isinstance(value, bool) or str(value).lower() not in known:
        raise _read.invalid(source, node.span, f"this is not {what}")


def _number(node: Json, source: Source, what: str, low: int, high: int) -> None:
    value = node.value if isinstance(node, JsonScalar) else None
    if isinstance(value, str) and re.fullmatch(r"\d{1,4}", value, re.ASCII):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        message = f"{what} is a number from {low} to {high}"
        raise _read.invalid(source, node.span, message)


_TYPES: dict[str, Callable[[Json, Source], Interval]] = {
    "interval": _interval,
    "cron": _cron,
    "hourly": _hourly,
    "daily": _daily,
    "weekly": _weekly,
    "monthly": _monthly,
    "yearly": _yearly,
}
