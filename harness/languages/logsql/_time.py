"""Time filters: ``_time:5m``, ``_time:[a, b)``, ``_time:>now-1h``, ranges of the day and week.

https://docs.victoriametrics.com/victorialogs/logsql/#time-filter
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from harness.languages.logsql import _numbers as numbers
from harness.languages.logsql._lexer import Tokens
from harness.languages.logsql._numbers import DAY, MOST
from harness.languages.logsql._record import unix

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WEEK = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_DAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_YEARS = (1970, 2262)
_FORMS = {
    7: "%Y-%m",
    10: "%Y-%m-%d",
    13: "%Y-%m-%dT%H",
    16: "%Y-%m-%dT%H:%M",
    19: "%Y-%m-%dT%H:%M:%S",
}
_SHAPE = re.compile(r"\d{4}-\d\d(?:-\d\d(?:T\d\d(?::\d\d(?::\d\d)?)?)?)?", re.ASCII)
_FULL = re.compile(
    r"(\d{4}-\d\d-\d\dT)(\d{1,2}:\d\d:\d\d)(?:[.,](\d+))?(?:Z|([+-])(\d\d):(\d\d))", re.ASCII
)
_ZONE = re.compile(r"([+-])(..):(..)")
_YEAR = re.compile(r"\d{4}(?:[-+Zz]|\Z)", re.ASCII)
_PART = re.compile(r"(-?[0-9]*(?:\.[0-9]*)?)([mM][sS]|m(?![iIbB])|[sShHdDwWyYiI])")
_SECONDS = {"ms": 10**6, "s": 10**9, "m": numbers.MINUTE, "h": numbers.HOUR, "d": DAY}
_SECONDS |= {"w": 7 * DAY, "y": 365 * DAY, "i": 0}


@dataclass(frozen=True, slots=True)
class Between:
    """The time lies between two others, both included, in nanoseconds."""

    low: int
    high: int

    def accepts(self, value: Any) -> bool:
        return bool(self.low <= value <= self.high)

    def describe(self) -> str:
        return f"lies from {_shown(self.low)} to {_shown(self.high)}"


@dataclass(frozen=True, slots=True)
class InDay:
    """The time of the day lies between two others, both included."""

    low: int
    high: int
    offset: int

    def accepts(self, value: Any) -> bool:
        at = value + self.offset
        inside: int = at % DAY if at >= 0 else -(-at % DAY)
        return self.low <= inside <= self.high

    def describe(self) -> str:
        return f"has a time of day from {self.low} to {self.high} nanoseconds"


@dataclass(frozen=True, slots=True)
class InWeek:
    """The day of the week lies between two others, both included; Sunday is the first.

    A range that ends on Sunday finds nothing behind a pipe (``filter_week_range.go``).
    """

    low: int
    high: int
    offset: int

    def accepts(self, value: Any) -> bool:
        day: int = (
            (value + self.offset) // DAY + 4
        ) % 7  # the first day of Unix time is a Thursday
        return self.low <= day <= self.high

    def describe(self) -> str:
        return f"is on a day from {_DAYS[self.low]} to {_DAYS[self.high]}"


TimeCheck = Between | InDay | InWeek


def ends_on_sunday(check: TimeCheck) -> bool:
    """Return whether a test is a range of days that ends on Sunday."""
    return isinstance(check, InWeek) and check.high == 0


def _shown(nanoseconds: int) -> str:
    try:
        return str(_EPOCH + timedelta(microseconds=nanoseconds // 1000))
    except OverflowError:
        return "ever"


def time_filter(tokens: Tokens, now: int) -> TimeCheck:
    """``time := day_range | week_range | range ["offset" duration]``."""
    if tokens.said("day_range"):
        return _day_range(tokens)
    if tokens.said("week_range"):
        return _week_range(tokens)
    if tokens.said("offset"):
        return Between(-MOST - 1, _minus(now, _offset(tokens)))
    found = _range(tokens, now)
    if not tokens.said("offset"):
        return found
    offset = _offset(tokens)
    return Between(_minus(found.low, offset), _minus(found.high, offset))


def _minus(value: int, offset: int) -> int:
    """Subtract as the server does: no bound, no change."""
    if value == MOST and offset >= 0:
        return value
    if value == -MOST - 1 and offset < 0:
        return value
    return min(max(value - offset, -MOST - 1), MOST)


def _offset(tokens: Tokens) -> int:
    """``offset := "offset" duration``."""
    tokens.expect("offset")
    return _duration(tokens)[0]


def _duration(tokens: Tokens) -> tuple[int, str]:
    start = tokens.at
    text = tokens.compound()
    found = numbers.duration(text)
    if found is None:
        tokens.fail(f"{text!r} is no duration", "write it as 5m or 1h30m", tokens.since(start))
    return found, text


def _range(tokens: Tokens, now: int) -> Between:
    """``range := ("<" | ">") ["="] at | ("[" | "(") time "," time ("]" | ")") | ["="] at``."""
    if tokens.said(">", "<"):
        return _one_sided(tokens, now)
    if not tokens.said("[", "("):
        tokens.take("=")
        return _at(tokens, now)
    first = tokens.next().text == "["
    low, _ = _moment(tokens, now)
    tokens.expect(",")
    high, text = _moment(tokens, now)
    last = tokens.expect("]", ")").text == "]"
    return Between(low + (not first), _end(high, text) if last else high - 1)


def _one_sided(tokens: Tokens, now: int) -> Between:
    """``("<" | ">") ["="] (time | duration)``: a duration is an age."""
    above = tokens.next().text == ">"
    equal = tokens.take("=") is not None
    if _is_time(tokens):
        at, text = _moment(tokens, now)
        if above:
            return Between(at + (not equal), MOST)
        return Between(-MOST - 1, _end(at, text) if equal else at - 1)
    age = abs(_duration(tokens)[0])
    if above:
        return Between(-MOST - 1, _minus(now, age + (not equal)))
    return Between(_minus(now, age - (not equal)), now)


def _at(tokens: Tokens, now: int) -> Between:
    """``time | duration``: the whole year, day or second, or the time since then."""
    if _is_time(tokens):
        at, text = _moment(tokens, now)
        return Between(at, _end(at, text))
    return Between(_minus(now, abs(_duration(tokens)[0])), now)


def _is_time(tokens: Tokens) -> bool:
    return tokens.said("now") or _YEAR.match(tokens.token.text) is not None


def _moment(tokens: Tokens, now: int) -> tuple[int, str]:
    start = tokens.at
    text = tokens.compound()
    found = moment(text, now)
    if found is None:
        hint = "write it as 2024-05-12T14:55:22Z, now or now-5m"
        tokens.fail(f"{text!r} is no time", hint, tokens.since(start))
    if not -MOST <= found <= MOST:
        tokens.unsupported("a time so far away", "it does not fit 64 bits", tokens.since(start))
    return found, text


def moment(text: str, now: int) -> int | None:
    """Return the nanoseconds of a time in one of many forms; UTC where it names no zone."""
    if text == "now":
        return now
    rest, zone = text, 0
    found = _ZONE.fullmatch(text[-6:]) if len(text) > 6 else None  # noqa: PLR2004
    if found is not None:
        if not (found[2].isdecimal() and found[3].isdecimal() and text.isascii()):
            return None
        zone = (int(found[2]) * 3600 + int(found[3]) * 60) * 10**9
        zone = -zone if found[1] == "+" else zone
        rest = text[:-6]
    elif len(text) > 6:  # noqa: PLR2004
        rest = rest.removesuffix("Z")
    rest = rest.removesuffix("Z")
    if rest and (rest[-1] > "9" or rest[0] == "-" or rest.startswith("now")):
        past = _relative(rest.removeprefix("now"))
        return None if past is None else now - abs(past)
    if len(rest) == 4:  # noqa: PLR2004 - a year
        year = int(rest) if rest.isascii() and rest.isdecimal() else 0
        return zone + _since(datetime(year, 1, 1, tzinfo=UTC)) if _in(year) else None
    if "-" not in text:
        return unix(text)
    if len(rest) in _FORMS:
        at = _dated(rest) if _SHAPE.fullmatch(rest) else None
        return None if at is None else zone + at
    return _full(text)


def _in(year: int) -> bool:
    return _YEARS[0] <= year <= _YEARS[1]


def _since(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1) * 1000


def _dated(text: str) -> int | None:
    try:
        return _since(datetime.strptime(text, _FORMS[len(text)]).replace(tzinfo=UTC))
    except ValueError:
        return None


def _full(text: str) -> int | None:
    """Return the nanoseconds of a full RFC 3339 time."""
    found = _FULL.fullmatch(text)
    at = _dated(found[1] + found[2].rjust(8, "0")) if found else None
    if found is None or at is None:
        return None
    at += int((found[3] or "0")[:9].ljust(9, "0"))
    if found[4] is None:
        return at
    hours, minutes = int(found[5]), int(found[6])
    if hours > 23 or minutes > 59:  # noqa: PLR2004 - of a clock
        return None
    offset = (hours * 3600 + minutes * 60) * 10**9
    return at - offset if found[4] == "+" else at + offset


def _relative(text: str) -> int | None:
    """Return the nanoseconds of ``-1h30m`` or ``-90``; a part has the sign of those before it."""
    if re.fullmatch(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)", text):
        return int(float(text) * 1000) * 10**6
    at, total, minus = 0, 0.0, False
    while at < len(text):
        part = _PART.match(text, at)
        digits = part[1] if part else ""
        if part is None or not digits.strip("-."):
            return None
        number = float(digits) * _SECONDS[part[2].lower()] / 10**6
        minus = minus or number < 0
        total += -abs(number) if minus else number
        at = part.end()
    return int(total) * 10**6 if text else None


def _end(at: int, text: str) -> int:
    """Return the last nanosecond of the year, day or second that a time names."""
    plain = _without_zone(text)
    moment_ = _EPOCH + timedelta(microseconds=at // 1000)
    if len(plain) == 4:  # noqa: PLR2004 - a year
        return _next_year(moment_) + at % 1000 - 1
    if plain.isascii() and plain.isdecimal():
        unit = next(size for most, size in _LENGTHS if len(plain) <= most)
        return at + unit - 1
    if plain[4:5] != "-":
        whole, _, fraction = plain.partition(".")
        if not (whole.isdecimal() and fraction.isdecimal() and plain.isascii()):
            return at
        return at + {3: 10**6, 6: 1000}.get(len(fraction), 1) - 1
    if len(plain) == 7:  # noqa: PLR2004 - a month
        return _next_month(moment_) + at % 1000 - 1
    return at + _LASTS.get(len(plain), 1) - 1


_LENGTHS = ((10, 10**9), (13, 10**6), (16, 1000), (64, 1))
_LASTS = {
    10: DAY,
    13: numbers.HOUR,
    16: numbers.MINUTE,
    19: 10**9,
    23: 10**6,
    26: 1000,
}


def _without_zone(text: str) -> str:
    if text.endswith("Z"):
        return text[:-1]
    if len(text) < 6 or text[-6] not in "+-" or text[-3] != ":":  # noqa: PLR2004 - as +hh:mm
        return text
    return text[:-6]


def _next_year(at: datetime) -> int:
    """Return the same day a year later; Go moves 29 February to 1 March."""
    start = datetime(at.year + 1, at.month, 1, tzinfo=UTC)
    return _since(start + (at - datetime(at.year, at.month, 1, tzinfo=UTC)))


def _next_month(at: datetime) -> int:
    """Return the same time a month later; one that a zone moves to a last day stays on one."""
    months = at.month + (1 if at.day == 1 else 2)
    start = datetime(at.year + (months - 1) // 12, (months - 1) % 12 + 1, 1, tzinfo=UTC)
    inside = at - at.replace(hour=0, minute=0, second=0, microsecond=0)
    return _since(start + inside - timedelta(days=at.day != 1))


def _day_range(tokens: Tokens) -> InDay:
    """``day_range := "day_range" ("[" | "(") hh:mm "," hh:mm ("]" | ")") ["offset" duration]``."""
    first, low, high, last = _bounds(tokens, _day_time)
    offset = _offset(tokens) if tokens.said("offset") else 0
    low += not first
    low = 0 if low > DAY else low
    high -= not last
    return InDay(low, high if high >= 0 else DAY - 1, offset)


def _week_range(tokens: Tokens) -> InWeek:
    """``week_range := "week_range" ("[" | "(") day "," day ("]" | ")") ["offset" duration]``."""
    first, low, high, last = _bounds(tokens, _week_day)
    offset = _offset(tokens) if tokens.said("offset") else 0
    return InWeek((low + (not first)) % 7, (high - (not last)) % 7, offset)


def _bounds(tokens: Tokens, read: Callable[[Tokens], int]) -> tuple[bool, int, int, bool]:
    tokens.next()
    first = tokens.expect("[", "(").text == "["
    low = read(tokens)
    tokens.expect(",")
    high = read(tokens)
    return first, low, high, tokens.expect("]", ")").text == "]"


def _day_time(tokens: Tokens) -> int:
    start = tokens.at
    text = tokens.compound()
    found = numbers.clock(text)
    if found is None:
        tokens.fail(f"{text!r} is no time of the day", "write hh:mm", tokens.since(start))
    return min(found, DAY - 1)


def _week_day(tokens: Tokens) -> int:
    """Return a day of the week; the server takes what is none as Sunday."""
    text = tokens.compound().lower()
    names = (_DAYS, _WEEK)
    return next((one.index(text) for one in names if text in one), 0)
