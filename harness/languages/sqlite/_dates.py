"""Date and time functions of SQLite. https://www.sqlite.org/lang_datefunc.html.

A moment is a whole number of milliseconds of the Julian day, as in date.c.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

from harness.languages.sqlite._values import Differs, Value, to_integer, to_number, to_text

_DAY = 86_400_000
_EPOCH = 210_866_760_000_000
"""1970-01-01 in milliseconds of the Julian day."""
_LAST = 464_269_060_799_999
_TIME = r"(\d\d):(\d\d)(?::(\d\d)(\.\d+)?)?\s*(Z|[+-]\d\d:\d\d)?\s*"
_DATE_TIME = re.compile(rf"(\d{{4}})-(\d\d)-(\d\d)(?:[\sT]+{_TIME}|\s*)", re.IGNORECASE | re.ASCII)
_TIME_ONLY = re.compile(_TIME, re.IGNORECASE | re.ASCII)
_NUMBER = re.compile(r"\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?\s*", re.IGNORECASE | re.ASCII)
_SHIFT = re.compile(
    r"([+-]?(?:\d+(?:\.\d*)?|\.\d+))\s+(second|minute|hour|day)s?", re.IGNORECASE | re.ASCII
)
_UNITS = {"second": 1000, "minute": 60_000, "hour": 3_600_000, "day": _DAY}
_STARTS = {"start of day", "start of month", "start of year"}
_NOT_EVALUATED = "a modifier other than unixepoch, utc days and seconds, or the start of a day"


def moment(arguments: Sequence[Value], now: datetime) -> int | None:
    """Return the moment of a time value and its modifiers; ``None`` where it is none."""
    if any(item is None for item in arguments):
        return None
    first: Value = arguments[0] if arguments else "now"
    modifiers = [to_text(item).strip().lower() for item in arguments[1:]]
    if modifiers[:1] == ["unixepoch"]:
        if isinstance(first, str) and not _NUMBER.fullmatch(first):
            return None
        seconds = float(to_number(first)) * 1000 + _EPOCH
        if not 0 <= seconds <= _LAST:
            return None
        at: int | None = int(seconds + 0.5)
        modifiers = modifiers[1:]
    else:
        at = _time_value(first, now)
    for modifier in modifiers:
        if at is None or not 0 <= at <= _LAST:
            return None
        at = _modified(at, modifier)
    return at if at is not None and 0 <= at <= _LAST else None


def _time_value(value: Value, now: datetime) -> int | None:
    text = to_text(value)
    found = _DATE_TIME.fullmatch(text)
    if found is not None:
        year, month, day = (int(part) for part in found.groups()[:3])
        if not (1 <= month <= 12 and 1 <= day <= 31):  # noqa: PLR2004 - a calendar
            return None
        return _with_time(_days(year, month, day), found.groups()[3:])
    found = _TIME_ONLY.fullmatch(text)
    if found is not None:
        return _with_time(_days(2000, 1, 1), found.groups())
    if text.strip().lower() == "now":
        return _EPOCH + (now.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // _MILLISECOND
    if _NUMBER.fullmatch(text):
        number = float(to_number(text))
        return int(number * _DAY + 0.5) if 0 <= number < 5373484.5 else None  # noqa: PLR2004
    return None


_MILLISECOND = timedelta(milliseconds=1)


def _days(year: int, month: int, day: int) -> int:
    """Return the midnight of a day; a day past the end of its month runs into the next."""
    if year == 0:
        message = "the year 0"
        raise Differs(message)
    ordinal = date(year, month, 1).toordinal() + day - 1
    return _EPOCH + (ordinal - date(1970, 1, 1).toordinal()) * _DAY


def _with_time(midnight: int, parts: Sequence[str | None]) -> int | None:
    hour, minute = int(parts[0] or 0), int(parts[1] or 0)
    second, fraction, zone = int(parts[2] or 0), parts[3] or ".0", parts[4]
    if hour > 24 or minute > 59 or second > 59:  # noqa: PLR2004 - a clock, as date.c reads it
        return None
    at = (
        midnight
        + (hour * 60 + minute) * 60_000
        + int((second + float(f"0{fraction}")) * 1000 + 0.5)
    )
    if zone and zone not in "Zz":
        hours, minutes = int(zone[1:3]), int(zone[4:6])
        if hours > 14 or minutes > 59:  # noqa: PLR2004 - as date.c reads it
            return None
        shift = (hours * 60 + minutes) * 60_000
        at += shift if zone[0] == "-" else -shift
    return at


def _modified(at: int, modifier: str) -> int | None:
    if modifier in _STARTS:
        day = _date(at)
        if modifier != "start of day":
            day = day.replace(day=1)
        return _days(day.year, day.month if modifier != "start of year" else 1, day.day)
    found = _SHIFT.fullmatch(modifier)
    if found is None:
        message = _NOT_EVALUATED
        raise Differs(message)
    shift = float(found.group(1)) * _UNITS[found.group(2).lower()]
    if abs(shift) > _LAST:
        return None
    return at + int(shift + math.copysign(0.5, shift))


def _date(at: int) -> date:
    days = (at - _EPOCH) // _DAY + date(1970, 1, 1).toordinal()
    if days < 1:
        message = "a year before 1"
        raise Differs(message)
    return date.fromordinal(days)


def _clock(at: int) -> tuple[int, int, float]:
    rest = (at - _EPOCH) % _DAY
    return rest // 3_600_000, rest // 60_000 % 60, rest % 60_000 / 1000


def _julian(at: int) -> float:
    return at / _DAY


def _percent(at: int, letter: str) -> str | None:
    """Return what one ``%`` letter of strftime stands for; ``None`` for no such letter."""
    day, (hour, minute, second) = _date(at), _clock(at)
    yday = day.timetuple().tm_yday - 1
    texts: dict[str, str] = {
        "d": f"{day.day:02d}",
        "f": f"{min(second, 59.999):06.3f}",
        "H": f"{hour:02d}",
        "j": f"{yday + 1:03d}",
        "J": f"{_julian(at):.16g}",
        "m": f"{day.month:02d}",
        "M": f"{minute:02d}",
        "s": str(at // 1000 - _EPOCH // 1000),
        "S": f"{int(second):02d}",
        "w": str(day.isoweekday() % 7),
        "W": f"{(yday + 7 - day.weekday()) // 7:02d}",
        "Y": f"{day.year:04d}",
        "%": "%",
    }
    return texts.get(letter)


def _strftime(arguments: Sequence[Value], now: datetime) -> Value:
    if not arguments or arguments[0] is None:
        return None
    at = moment(arguments[1:], now)
    if at is None:
        return None
    found: list[str] = []
    pieces = re.split(r"(%.|%\Z)", to_text(arguments[0]), flags=re.DOTALL)
    for piece in pieces:
        if not piece.startswith("%"):
            found.append(piece)
            continue
        text = _percent(at, piece[1:])
        if text is None:
            return _newer(piece)
        found.append(text)
    return "".join(found)


def _newer(piece: str) -> Value:
    """Return NULL for an unknown letter; some letters are known to later versions only."""
    if piece[1:] in tuple("eFgGIklpPRTuUV"):
        message = f"{piece} in strftime()"
        raise Differs(message)
    return None


def _formatted(form: str) -> Callable[[Sequence[Value], datetime], Value]:
    return lambda arguments, now: _strftime((form, *arguments), now)


def _julianday(arguments: Sequence[Value], now: datetime) -> Value:
    at = moment(arguments, now)
    return None if at is None else _julian(at)


def _unixepoch(arguments: Sequence[Value], now: datetime) -> Value:
    at = moment(arguments, now)
    return None if at is None else to_integer(at // 1000 - _EPOCH // 1000)


DATES: Mapping[str, Callable[[Sequence[Value], datetime], Value]] = {
    "date": _formatted("%Y-%m-%d"),
    "time": _formatted("%H:%M:%S"),
    "datetime": _formatted("%Y-%m-%d %H:%M:%S"),
    "julianday": _julianday,
    "unixepoch": _unixepoch,
    "strftime": _strftime,
}
"""Date functions by name, given their arguments and the clock."""
