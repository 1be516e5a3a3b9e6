"""Cron expressions of Watcher: six or seven fields, Quartz style.

https://www.elastic.co/guide/en/elasticsearch/reference/7.17/trigger-schedule.html#schedule-cron
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class _Field:
    """One position: its name, its bounds, and the words that stand for numbers."""

    name: str
    low: int
    high: int
    words: tuple[str, ...] = ()
    first: int = 0


_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_FIELDS = (
    _Field("second", 0, 59),
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of month", 1, 31),
    _Field("month", 1, 12, _MONTHS, 1),
    _Field("day of week", 1, 7, _DAYS, 1),
    _Field("year", 1970, 2199),
)
_REQUIRED = 6
_DAY_OF_MONTH, _DAY_OF_WEEK = 3, 5
_PART = re.compile(
    r"(\*|[0-9]{1,4}|[A-Z]{3})(?:-([0-9]{1,4}|[A-Z]{3}))?(?:/([0-9]{1,4}))?", re.ASCII
)
_SPECIAL = {
    _DAY_OF_MONTH: re.compile(r"L(-[0-9]{1,2})?W?|[0-9]{1,2}W|W"),
    _DAY_OF_WEEK: re.compile(r"L|([1-7]|[A-Z]{3})(L|#[1-5])"),
}


def check_cron(text: str) -> str:
    """Return what is wrong with a cron expression; nothing where it is valid."""
    fields = text.upper().split()
    if not _REQUIRED <= len(fields) <= len(_FIELDS):
        return f"a cron expression has 6 or 7 fields, not {len(fields)}"
    for index, (value, field) in enumerate(zip(fields, _FIELDS, strict=False)):
        if not all(_valid(part, index, field) for part in value.split(",")):
            return f"{value!r} is no {field.name} of a cron expression"
    unset = fields[_DAY_OF_MONTH] == "?", fields[_DAY_OF_WEEK] == "?"
    if all(unset):
        return "'?' stands for either the day of month or the day of week, not both"
    if not any(unset):
        return "one of day of month and day of week has to be '?'"
    return ""


def _valid(part: str, index: int, field: _Field) -> bool:
    if part == "?":
        return index in (_DAY_OF_MONTH, _DAY_OF_WEEK)
    special = _SPECIAL.get(index)
    if special and special.fullmatch(part):
        return True
    if part.startswith("/"):
        part = f"*{part}"
    match = _PART.fullmatch(part)
    if match is None:
        return False
    low, high, step = match.groups()
    if low == "*":
        return high is None and (step is None or 0 < int(step) <= field.high)
    ends = [_number(end, field) for end in (low, high) if end is not None]
    return all(end is not None and field.low <= end <= field.high for end in ends) and (
        step is None or int(step) > 0
    )


def _number(text: str, field: _Field) -> int | None:
    if text.isdigit():
        return int(text)
    return field.words.index(text) + field.first if text in field.words else None
