"""The date functions of ES|QL, on milliseconds since 1970 (UTC)."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, datetime, timedelta
from typing import Any

from harness.errors import Fault

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = 86_400_000
_INTEGER = 2**31 - 1
UNITS = {
    **dict.fromkeys(("millisecond", "milliseconds", "ms"), ("time_duration", 1)),
    **dict.fromkeys(("second", "seconds", "sec", "s"), ("time_duration", 1000)),
    **dict.fromkeys(("minute", "minutes", "min", "m"), ("time_duration", 60_000)),
    **dict.fromkeys(("hour", "hours", "h"), ("time_duration", 3_600_000)),
    **dict.fromkeys(("day", "days", "d"), ("date_period", _DAY)),
    **dict.fromkeys(("week", "weeks", "w"), ("date_period", 7 * _DAY)),
    **dict.fromkeys(("month", "months", "mo"), ("date_period", -1)),
    **dict.fromkeys(("quarter", "quarters", "q"), ("date_period", -3)),
    **dict.fromkeys(("year", "years", "yr", "y"), ("date_period", -12)),
}
"""Time spans: the type, and milliseconds or, below zero, months
(https://www.elastic.co/docs/reference/query-languages/esql/esql-time-spans)."""
_MONTHS = {"year": 12, "quarter": 3, "month": 1}
_PARTS: dict[str, str | int] = {
    **dict.fromkeys(("year", "years", "yyyy", "yy"), "year"),
    **dict.fromkeys(("quarter", "quarters", "qq", "q"), "quarter"),
    **dict.fromkeys(("month", "months", "mm", "m"), "month"),
    **dict.fromkeys(("dayofyear", "dy", "y", "day", "days", "dd", "d"), _DAY),
    **dict.fromkeys(("weekday", "weekdays", "dw"), _DAY),
    **dict.fromkeys(("week", "weeks", "wk", "ww"), 7 * _DAY),
    **dict.fromkeys(("hour", "hours", "hh"), 3_600_000),
    **dict.fromkeys(("minute", "minutes", "mi", "n"), 60_000),
    **dict.fromkeys(("second", "seconds", "ss", "s"), 1000),
    **dict.fromkeys(("millisecond", "milliseconds", "ms"), 1),
}
"""The units of ``DATE_DIFF``: milliseconds, or a calendar unit."""
_CHRONO = {
    "year": lambda moment: moment.year,
    "month_of_year": lambda moment: moment.month,
    "day_of_month": lambda moment: moment.day,
    "day_of_year": lambda moment: moment.timetuple().tm_yday,
    "day_of_week": lambda moment: moment.isoweekday(),
    "hour_of_day": lambda moment: moment.hour,
    "minute_of_hour": lambda moment: moment.minute,
    "minute_of_day": lambda moment: moment.hour * 60 + moment.minute,
    "second_of_minute": lambda moment: moment.second,
    "second_of_day": lambda moment: (moment.hour * 60 + moment.minute) * 60 + moment.second,
    "milli_of_second": lambda moment: moment.microsecond // 1000,
}
"""The parts of ``DATE_EXTRACT``."""


class Span:
    """A time span: so many milliseconds, or so many months."""

    __slots__ = ("amount", "months")

    def __init__(self, amount: int, unit: str) -> None:
        _, size = UNITS[unit]
        self.months = size < 0
        self.amount = amount * abs(size)

    def __repr__(self) -> str:
        return f"{self.amount} {'months' if self.months else 'ms'}"


def _moment(value: int) -> datetime:
    try:
        return _EPOCH + timedelta(milliseconds=value)
    except OverflowError as error:
        message = "the date leaves the range of years"
        raise Fault(message) from error


def _millis(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def moved(operator: str, value: int, span: Span) -> int:
    """Return a date moved by a time span."""
    amount = span.amount if operator == "+" else -span.amount
    if not span.months:
        return value + amount
    moment = _moment(value)
    year, month = divmod(moment.year * 12 + moment.month - 1 + amount, 12)
    try:
        day = min(moment.day, monthrange(year, month + 1)[1])
        return _millis(moment.replace(year=year, month=month + 1, day=day))
    except (ValueError, OverflowError) as error:
        message = "the date leaves the range of years"
        raise Fault(message) from error


def unit(part: str) -> str | int | None:
    """Return the unit of ``DATE_DIFF`` that a text names."""
    return _PARTS.get(part.lower())


def difference(part: str, start: int, end: int) -> int | None:
    """Return ``DATE_DIFF``: whole units from start to end."""
    size = unit(part)
    if isinstance(size, int):
        count = abs(end - start) // size * (1 if end >= start else -1)
    elif size is None:
        return None
    else:
        count = _months_between(_moment(start), _moment(end))
        count = abs(count) // _MONTHS[size] * (1 if count >= 0 else -1)
    return count if abs(count) <= _INTEGER else None


def _months_between(start: datetime, end: datetime) -> int:
    """Return whole months, as Java's ``ChronoUnit.MONTHS.between``."""
    months = (end.year - start.year) * 12 + end.month - start.month
    rest_end = (end.day, end.timetz())
    rest_start = (start.day, start.timetz())
    if months > 0 and rest_end < rest_start:
        return months - 1
    if months < 0 and rest_end > rest_start:
        return months + 1
    return months


def knows_part(part: str) -> bool:
    """Return whether ``DATE_EXTRACT`` is evaluated for a part."""
    return part.lower() in _CHRONO


def extracted(part: str, value: int) -> int:
    """Return ``DATE_EXTRACT``."""
    return int(_CHRONO[part.lower()](_moment(value)))


def can_truncate(span: Span) -> bool:
    """Return whether ``DATE_TRUNC`` is evaluated for a span."""
    if span.months:
        return span.amount in {1, 3, 12}
    return span.amount > 0 and (span.amount % (7 * _DAY) != 0 or span.amount == 7 * _DAY)


def truncated(span: Span, value: int) -> int:
    """Return ``DATE_TRUNC``: the start of the span that a date lies in."""
    if span.months:
        moment = _moment(value)
        month = (moment.month - 1) // span.amount * span.amount + 1
        return _millis(datetime(moment.year, month, 1, tzinfo=UTC))
    if span.amount == 7 * _DAY:
        start = value // _DAY * _DAY
        return start - _moment(start).weekday() * _DAY
    return value // span.amount * span.amount


def name_of_day(value: int) -> str:
    """Return ``DAY_NAME``."""
    days = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    return days[_moment(value).weekday()]


def is_span(value: Any) -> bool:
    """Return whether a constant is a time span."""
    return isinstance(value, Span)
