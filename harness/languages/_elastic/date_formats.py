"""Date formats of Elasticsearch mappings: the built-in names and patterns of letters.

https://www.elastic.co/guide/en/elasticsearch/reference/7.17/mapping-date-format.html lists
the names; the letters are those of Java's ``DateTimeFormatter``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from harness.errors import HarnessError


class FormatUnsupported(HarnessError):
    """The harness does not know this date format."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The fields of a date that a text gives; ``None`` where it leaves one out.

    ``instant`` is set instead by formats that count from 1970, in nanoseconds; ``lasts`` is
    how many nanoseconds long the unit of its last digit is.
    """

    year: int = 1970
    month: int = 1
    day: int = 1
    hour: int | None = None
    minute: int | None = None
    second: int | None = None
    nanos: int | None = None
    offset: str = ""
    instant: int | None = None
    lasts: int = 1


@dataclass(frozen=True, slots=True)
class Format:
    """A compiled date format."""

    pattern: re.Pattern[str]
    epoch: int = 0

    def read(self, text: str) -> Parts | None:
        """Return the parts of a text; ``None`` where it does not fit."""
        match = self.pattern.fullmatch(text)
        if match is None:
            return None
        if self.epoch:
            whole, fraction = match["whole"], match["fraction"] or ""
            digits = len(str(self.epoch)) - 1
            sign = -1 if whole.startswith("-") else 1
            rest = int(fraction[:digits].ljust(digits, "0") or "0")
            instant = int(whole) * self.epoch + sign * rest
            return Parts(instant=instant, lasts=1 if match["fraction"] else self.epoch)
        return _parts(match.groupdict())


def _parts(found: dict[str, str | None]) -> Parts:
    def number(name: str) -> int | None:
        value = found.get(name)
        return int(value) if value else None

    hour = number("hour")
    half = found.get("half")
    twelve = number("twelve")
    if twelve is not None:
        hour = twelve % 12 + (12 if half == "PM" else 0)
    fraction = found.get("fraction")
    return Parts(
        year=number("year") or 1970,
        month=number("month") or _month(found.get("name")) or 1,
        day=number("day") or 1,
        hour=hour,
        minute=number("minute"),
        second=number("second"),
        nanos=int(fraction.ljust(9, "0")) if fraction else None,
        offset=found.get("offset") or "",
    )


_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def _month(name: str | None) -> int | None:
    return _MONTHS.index(name) + 1 if name else None


_ANY_ZONE = r"Z|[+-]\d{2}(?::?\d{2}(?::?\d{2})?)?|[A-Za-z][A-Za-z0-9~/._+-]+"
_ZONE = f"(?P<offset>{_ANY_ZONE})"
_DATE = r"(?P<year>\d{4})(?:-(?P<month>\d{2})(?:-(?P<day>\d{2})"
_LOOSE_DATE = r"(?P<year>\d{1,4})(?:-(?P<month>\d{1,2})(?:-(?P<day>\d{1,2})"
_TIME = (
    r"(?:T(?:(?P<hour>\d{2})(?::(?P<minute>\d{2})(?::(?P<second>\d{2})"
    rf"(?:[.,](?P<fraction>\d{{1,9}}))?)?)?{_ZONE}?)?)?)?)?"
)
_LOOSE_TIME = (
    r"(?:T(?:(?P<hour>\d{1,2})(?::(?P<minute>\d{1,2})(?::(?P<second>\d{1,2})"
    rf"(?:[.,](?P<fraction>\d{{1,9}}))?)?{_ZONE}?)?)?)?)?)?"
)
_FULL_TIME = (
    r"(?:T(?P<hour>\d{2}):(?P<minute>\d{2}):(?P<second>\d{2})"
    rf"(?:[.,](?P<fraction>\d{{1,9}}))?{_ZONE}?)?)?)?"
)
_DAY = r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})"
_LOOSE_DAY = r"(?P<year>\d{1,4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})"
_MINUTES = r"T(?P<hour>\d{2}):(?P<minute>\d{2})"
_SECONDS = r":(?P<second>\d{2})"
_PART = r"\.(?P<fraction>\d{1,9})"
_EPOCH = r"(?P<whole>-?\d{1,19})(?:\.(?P<fraction>\d{1,9})?)?"
_SPECIAL = {
    "epoch_millis": Format(re.compile(_EPOCH, re.ASCII), 1_000_000),
    "epoch_second": Format(re.compile(_EPOCH, re.ASCII), 1_000_000_000),
    "strict_date_optional_time": Format(re.compile(_DATE + _TIME, re.ASCII)),
    "strict_date_optional_time_nanos": Format(re.compile(_DATE + _FULL_TIME, re.ASCII)),
    "date_optional_time": Format(re.compile(_LOOSE_DATE + _LOOSE_TIME, re.ASCII)),
    "iso8601": Format(re.compile(_DATE + _TIME, re.ASCII)),
    "date": Format(re.compile(_LOOSE_DATE + ")?)?", re.ASCII)),
    "year_month_day": Format(re.compile(_LOOSE_DAY, re.ASCII)),
    "date_time": Format(re.compile(f"{_DAY}{_MINUTES}(?:{_SECONDS}{_PART})?{_ZONE}", re.ASCII)),
    "strict_date_time": Format(
        re.compile(f"{_DAY}{_MINUTES}{_SECONDS}(?:{_PART})?{_ZONE}", re.ASCII)
    ),
    "date_time_no_millis": Format(re.compile(f"{_DAY}{_MINUTES}(?:{_SECONDS})?{_ZONE}?", re.ASCII)),
}
_FRACTION = ".n"
_BUILT_IN = "XXXXXX"
"""The offset of a built-in format, which also takes the name of a zone."""
_CLOCK = "HH:mm:ss"
_NAMED = {
    "basic_date": "yyyyMMdd",
    "basic_date_time": f"yyyyMMdd'T'HHmmss{_FRACTION}{_BUILT_IN}",
    "basic_date_time_no_millis": f"yyyyMMdd'T'HHmmss{_BUILT_IN}",
    "date": "yyyy-MM-dd",
    "date_hour": "yyyy-MM-dd'T'HH",
    "date_hour_minute": "yyyy-MM-dd'T'HH:mm",
    "date_hour_minute_second": f"yyyy-MM-dd'T'{_CLOCK}",
    "date_hour_minute_second_fraction": f"yyyy-MM-dd'T'{_CLOCK}{_FRACTION}",
    "date_hour_minute_second_millis": f"yyyy-MM-dd'T'{_CLOCK}{_FRACTION}",
    "date_time_no_millis": f"yyyy-MM-dd'T'{_CLOCK}{_BUILT_IN}",
    "year": "yyyy",
    "year_month": "yyyy-MM",
    "year_month_day": "yyyy-MM-dd",
}
_LETTERS = {
    "y": "year",
    "u": "year",
    "M": "month",
    "d": "day",
    "H": "hour",
    "h": "twelve",
    "m": "minute",
    "s": "second",
}
_PIECE = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*|\[|\]|[^A-Za-z'\[\]]")
_LONGEST = 200


@lru_cache(maxsize=256)
def compile_format(name: str) -> Format:
    """Return the reader for one format; raises ``FormatUnsupported`` for one it does not know."""
    if name in _SPECIAL:
        return _SPECIAL[name]
    built_in = _NAMED.get(name.removeprefix("strict_"))
    if built_in is None and "n" in re.sub(r"'[^']*'", "", name):
        raise FormatUnsupported(name[:40])
    return Format(re.compile(_translate(built_in or name), re.ASCII))


def _translate(pattern: str) -> str:
    """Turn a pattern of letters into a regular expression; the first of equal names counts."""
    pieces: list[str] = []
    seen: dict[str, int] = {}
    at = depth = 0
    while at < len(pattern) and len(pattern) <= _LONGEST:
        match = _PIECE.match(pattern, at)
        if match is None:
            break
        text = match.group()
        depth += {"[": 1, "]": -1}.get(text, 0)
        pieces.append(_piece(match, seen))
        at = match.end()
    if at < len(pattern) or depth:
        raise FormatUnsupported(pattern[:40])
    return "".join(pieces)


def _piece(match: re.Match[str], seen: dict[str, int]) -> str:
    text, letter = match.group(), match[2]
    if text in "[]":
        return "(?:" if text == "[" else ")?"
    if text.startswith("'"):
        return re.escape(match[1].replace("''", "'") or "'")
    if letter is None:
        return re.escape(text)
    rule, name = _letters(letter, len(text))
    if name in seen:
        message = f"the repeated pattern letter {letter!r} in a date format"
        raise FormatUnsupported(message)
    seen[name] = 1
    return f"(?P<{name}>{rule})"


_OFFSETS = {
    "X": r"[+-]\d{2}(?:\d{2})?",
    "XX": r"[+-]\d{4}",
    "XXX": r"[+-]\d{2}:\d{2}",
    "XXXX": r"[+-]\d{4}(?:\d{2})?",
    "XXXXX": r"[+-]\d{2}:\d{2}(?::\d{2})?",
    _BUILT_IN: _ANY_ZONE,
    "Z": r"[+-]\d{4}",
    "ZZ": r"[+-]\d{4}",
    "ZZZ": r"[+-]\d{4}",
    "ZZZZZ": r"Z|[+-]\d{2}:\d{2}(?::\d{2})?",
}
"""What runs of the offset letters take; ``x`` is ``X`` without the letter Z for zero."""


def _letters(letter: str, count: int) -> tuple[str, str]:
    """Return the expression for a run of one pattern letter, and its name."""
    if letter in "XxZ":
        rule = _OFFSETS.get(letter * count) or _OFFSETS.get(letter.upper() * count)
        if rule is None:
            message = f"pattern letter {letter * count!r} in a date format"
            raise FormatUnsupported(message)
        return (rule if letter == "x" or "Z" in letter else f"Z|{rule}"), "offset"
    if letter == "S":
        return rf"\d{{{count}}}", "fraction"
    if letter == "n" and count == 1:
        return r"\d{1,9}", "fraction"
    if letter == "a":
        return "AM|PM", "half"
    if letter == "M" and count == len("MMM"):
        return "|".join(_MONTHS), "name"
    name = _LETTERS.get(letter)
    if name is None or count > len("yyyy"):
        message = f"pattern letter {letter * count!r} in a date format"
        raise FormatUnsupported(message)
    if count == 1:
        return r"\d{1,4}" if name == "year" else r"\d{1,2}", name
    return rf"\d{{{count}}}", name
