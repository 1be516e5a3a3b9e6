"""Dates as Elasticsearch reads them: mapping formats, date math, rounding, time zones.

A date is a whole number of nanoseconds since 1970 (UTC). Sources: the date math section of
https://www.elastic.co/guide/en/elasticsearch/reference/7.17/common-options.html, the range
query page beside it for missing parts and rounding, and the server's own tests
``JavaDateMathParserTests``.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from harness.errors import HarnessError
from harness.languages._elastic.date_formats import Parts, compile_format

DEFAULT_FORMAT = "strict_date_optional_time||epoch_millis"
NANOS_FORMAT = "strict_date_optional_time_nanos||epoch_millis"
"""The default of ``date_nanos`` since 7.13."""
MILLI = 1_000_000
_SECOND = 1_000_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST = 100
_MATH = re.compile(r"([+-])(\d*)([yMwdhHms])|/([yMwdhHms])", re.ASCII)
_OFFSET = re.compile(r"([+-])(\d{1,2})(?::?(\d{2}))?(?::?(\d{2}))?", re.ASCII)
_MAX_STEPS = 30


class DateError(HarnessError):
    """The text is no date in the field's format, or its date math is wrong."""


@dataclass(frozen=True, slots=True)
class DateReader:
    """How one field or one query reads dates.

    ``now`` is the clock; ``zone`` applies to dates without an offset of their own and to
    rounding, never to ``now`` itself. ``moves_epoch``: it also moves numbers since 1970.
    ``sinks``: milliseconds before 1970 are rounded up to less than they are.
    """

    format: str
    now: datetime
    zone: tzinfo = UTC
    moves_epoch: bool = False
    sinks: bool = False

    def bound(self, text: str, *, up: bool) -> int:
        """Return a query's date in nanoseconds; ``up`` rounds to the end of what is written."""
        if len(text) > _LONGEST:
            message = f"{text[:20]!r}... is too long for a date"
            raise DateError(message)
        if text.startswith("now"):
            return _nanos(self._math(self.now.astimezone(UTC), text[3:], up=up))
        anchor, found, steps = text.partition("||")
        start = self._anchor(anchor, up=up and not found)
        if not steps:
            return start
        moment = _EPOCH + timedelta(microseconds=start // 1000)
        return _nanos(self._math(moment, steps, up=up))

    def _anchor(self, text: str, *, up: bool) -> int:
        moves, sinks = self.moves_epoch, self.sinks
        return parse_date(text, self.format, zone=self.zone, up=up, moves_epoch=moves, sinks=sinks)

    def _math(self, moment: datetime, steps: str, *, up: bool) -> datetime:
        at, count = 0, 0
        local = moment.astimezone(self.zone)
        while at < len(steps):
            match = _MATH.match(steps, at)
            count += 1
            if match is None or count > _MAX_STEPS:
                message = f"cannot read date math {steps[at:]!r}"
                raise DateError(message)
            try:
                if match[4]:
                    local = _round(local, match[4], up=up)
                else:
                    amount = int(match[2] or "1") * (1 if match[1] == "+" else -1)
                    local = _add(local, amount, match[3])
            except (OverflowError, ValueError) as error:
                message = f"date math {steps!r} leaves the range of dates"
                raise DateError(message) from error
            at = match.end()
        return local


def time_zone(text: str) -> tzinfo:
    """Return a zone from an offset such as ``+01:00`` or a name such as ``Europe/Berlin``."""
    if text in {"Z", "UTC", "GMT"}:
        return UTC
    match = _OFFSET.fullmatch(text)
    if match:
        seconds = int(match[2]) * 3600 + int(match[3] or 0) * 60 + int(match[4] or 0)
        if seconds <= 18 * 3600:
            return timezone(timedelta(seconds=-seconds if match[1] == "-" else seconds))
    try:
        return ZoneInfo(text)
    except (KeyError, ValueError, OSError) as error:
        message = f"there is no time zone {text!r}"
        raise DateError(message) from error


def fits_nanos(nanos: int) -> bool:
    """Return whether a ``date_nanos`` field can hold a date: 1970 to 2262."""
    return 0 <= nanos < 2**63


def parse_date(
    text: str,
    formats: str,
    *,
    zone: tzinfo = UTC,
    up: bool = False,
    moves_epoch: bool = False,
    sinks: bool = False,
) -> int:
    """Return the date that a text spells in the first of the formats that takes it.

    With ``up`` missing hours, minutes, seconds and fractions become their largest value;
    a missing month or day is always the first.
    """
    for name in formats.split("||"):
        parts = compile_format(name).read(text)
        if parts is not None and parts.instant is not None:
            falls = sinks and parts.instant < 0 and parts.lasts == MILLI
            instant = parts.instant + (parts.lasts - 1) * up * (-1 if falls else 1)
            return _local(instant, zone) if moves_epoch else instant
        if parts is not None:
            return _from_parts(parts, zone, up=up)
    message = f"{text[:40]!r} does not fit the date format {formats!r}"
    raise DateError(message)


@lru_cache(maxsize=65536)
def stored_date(text: str, formats: str) -> int | None:
    """Return the date that a document's value is indexed as; ``None`` where it is none."""
    try:
        return parse_date(text, formats)
    except DateError:
        return None


def _local(instant: int, zone: tzinfo) -> int:
    """Return the instant whose clock in a zone shows what ``instant`` shows in UTC."""
    micros, rest = divmod(instant, 1000)
    try:
        moment = (_EPOCH + timedelta(microseconds=micros)).replace(tzinfo=zone)
        return _nanos(moment) + rest
    except OverflowError as error:
        message = "the number leaves the range of dates"
        raise DateError(message) from error


def _from_parts(parts: Parts, zone: tzinfo, *, up: bool) -> int:
    clock = (
        parts.hour if parts.hour is not None else 23 * up,
        parts.minute if parts.minute is not None else 59 * up,
        parts.second if parts.second is not None else 59 * up,
    )
    nanos = parts.nanos if parts.nanos is not None else 999_999_999 * up
    try:
        days = datetime(parts.year, parts.month, parts.day, *clock)  # noqa: DTZ001
        own = time_zone(parts.offset) if parts.offset else zone
        return _nanos(days.replace(tzinfo=own)) + nanos
    except (ValueError, OverflowError) as error:
        message = f"no such date: {error}"
        raise DateError(message) from error


def _nanos(moment: datetime) -> int:
    delta = moment.astimezone(UTC) - _EPOCH
    return (delta.days * 86400 + delta.seconds) * _SECOND + delta.microseconds * 1000


def _add(moment: datetime, amount: int, unit: str) -> datetime:
    match unit:
        case "y" | "M":
            return _add_months(moment, amount * (12 if unit == "y" else 1))
        case "w" | "d":
            return moment + timedelta(days=amount * (7 if unit == "w" else 1))
        case _:
            seconds = {"h": 3600, "H": 3600, "m": 60, "s": 1}[unit] * amount
            zone = moment.tzinfo or UTC
            return (moment.astimezone(UTC) + timedelta(seconds=seconds)).astimezone(zone)


def _add_months(moment: datetime, amount: int) -> datetime:
    year, month = divmod(moment.year * 12 + moment.month - 1 + amount, 12)
    day = min(moment.day, monthrange(year, month + 1)[1])
    return moment.replace(year=year, month=month + 1, day=day)


def _round(moment: datetime, unit: str, *, up: bool) -> datetime:
    """Round down to the start of a unit, or up to the last millisecond of it."""
    start = moment.replace(microsecond=0)
    if unit != "s":
        start = start.replace(second=0)
    if unit not in "sm":
        start = start.replace(minute=0)
    if unit in "yMwd":
        start = start.replace(hour=0)
    if unit == "w":
        start -= timedelta(days=start.weekday())
    elif unit in "yM":
        start = start.replace(day=1, month=1 if unit == "y" else start.month)
    return _add(start, 1, unit) - timedelta(milliseconds=1) if up else start
