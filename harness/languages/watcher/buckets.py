"""Steps of histograms: numbers, fixed spans of time, and calendar units.

https://www.elastic.co/guide/en/elasticsearch/reference/7.17/search-aggregations-bucket-datehistogram-aggregation.html
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Protocol

from harness.languages.watcher.values import ExecutionFailed, iso_millis

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIXED = re.compile(r"(\d{1,9})(ms|s|m|h|d)", re.ASCII)
_MILLIS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
CALENDAR = {
    "1m": "m",
    "minute": "m",
    "1h": "h",
    "hour": "h",
    "1d": "d",
    "day": "d",
    "1w": "w",
    "week": "w",
    "1M": "M",
    "month": "M",
    "1q": "q",
    "quarter": "q",
    "1y": "y",
    "year": "y",
}
"""The spellings of the calendar units."""


class Rounding(Protocol):
    """How values fall into steps."""

    def floor(self, value: Any) -> Any:
        """Return the key of the step that a value falls into."""
        ...

    def next(self, key: Any) -> Any:
        """Return the key of the following step."""
        ...

    def text(self, key: Any) -> str | None:
        """Return the key as text, where the response has it."""
        ...


@dataclass(frozen=True, slots=True)
class Steps:
    """Equal steps of numbers."""

    width: float
    offset: float

    def floor(self, value: Any) -> float:
        return float(math.floor((value - self.offset) / self.width) * self.width + self.offset)

    def next(self, key: float) -> float:
        return round((key - self.offset) / self.width + 1) * self.width + self.offset

    def text(self, key: Any) -> None:  # noqa: ARG002 - numbers have no second spelling
        return None


@dataclass(frozen=True, slots=True)
class FixedSpan:
    """Equal spans of time in milliseconds, from midnight of the zone."""

    millis: int
    zone: tzinfo

    def _shift(self) -> int:
        offset = _EPOCH.astimezone(self.zone).utcoffset() or timedelta()
        return int(offset.total_seconds() * 1000)

    def floor(self, value: Any) -> int:
        shift = self._shift()
        return int((value + shift) // self.millis * self.millis - shift)

    def next(self, key: int) -> int:
        return key + self.millis

    def text(self, key: int) -> str:
        return iso_millis(key)


@dataclass(frozen=True, slots=True)
class CalendarUnit:
    """A unit of the calendar, in a zone."""

    unit: str
    zone: tzinfo

    def floor(self, value: Any) -> int:
        try:
            moment = (_EPOCH + timedelta(milliseconds=value)).astimezone(self.zone)
        except OverflowError as error:
            message = "a date is out of range"
            raise ExecutionFailed(message) from error
        return _millis(self._start(moment))

    def _start(self, moment: datetime) -> datetime:
        start = moment.replace(second=0, microsecond=0)
        if self.unit == "m":
            return start
        start = start.replace(minute=0)
        if self.unit == "h":
            return start
        start = start.replace(hour=0)
        match self.unit:
            case "w":
                return start - timedelta(days=start.weekday())
            case "M":
                return start.replace(day=1)
            case "q":
                return start.replace(day=1, month=(start.month - 1) // 3 * 3 + 1)
            case "y":
                return start.replace(day=1, month=1)
            case _:
                return start

    def next(self, key: int) -> int:
        moment = (_EPOCH + timedelta(milliseconds=key)).astimezone(self.zone)
        # One and a half units lie safely inside the following one.
        days = {"m": 1 / 960, "h": 1 / 16, "d": 1.5, "w": 10, "M": 45, "q": 135, "y": 540}
        return self.floor(_millis(moment) + int(days[self.unit] * _MILLIS["d"]))

    def text(self, key: int) -> str:
        return iso_millis(key)


def _millis(moment: datetime) -> int:
    return round((moment - _EPOCH).total_seconds() * 1000)


def fixed_span(text: str, zone: tzinfo) -> FixedSpan | None:
    """Return equal spans of time from ``90m`` and the like; ``None`` for anything else."""
    match = _FIXED.fullmatch(text)
    if match is None or not int(match.group(1)):
        return None
    return FixedSpan(int(match.group(1)) * _MILLIS[match.group(2)], zone)
