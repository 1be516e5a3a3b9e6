"""Numbers as VictoriaLogs reads them: plain, durations, sizes, times and addresses.

https://docs.victoriametrics.com/victorialogs/logsql/#numeric-values; the details are those of
``lib/logstorage/values_encoder.go`` of VictoriaLogs 1.47.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

MOST = (1 << 63) - 1
_MOST_UNSIGNED = (1 << 64) - 1
_LONGEST = len("18_446_744_073_709_551_615")
EXACT = 1 << 53
"""From here on a float does not hold every whole number."""
SECOND = 10**9
MINUTE, HOUR, DAY = 60 * SECOND, 3600 * SECOND, 86400 * SECOND
_UNITS = {
    "µs": 1000,
    "ms": 10**6,
    "ns": 1,
    "y": 365 * DAY,
    "w": 7 * DAY,
    "d": DAY,
    "h": HOUR,
    "m": MINUTE,
    "s": SECOND,
}
_SIZES = {
    **{f"{one}i{b}": 1 << 10 * (at + 1) for at, one in enumerate("KMGT") for b in ("B", "")},
    **{f"{one}{b}": 1000 ** (at + 1) for at, one in enumerate("KMGT") for b in ("B", "")},
    "B": 1,
}
_WHOLE = re.compile(r"(?:0|[1-9_][0-9_]*)", re.ASCII)
_PART = re.compile(r"[0-9._]+")
_PAIR = r"[0-9][\x00-\x7f]"
_OCTET = rf"([0-9]{{3}}|{_PAIR}|[0-9])"
_OCTETS = re.compile(rf"{_OCTET}\.{_OCTET}\.{_OCTET}\.{_OCTET}", re.DOTALL)
_TIMES = re.compile(
    rf"([0-9]{{4}})-({_PAIR})-({_PAIR})[T ]({_PAIR}):({_PAIR}):({_PAIR})", re.DOTALL
)
_ZONE = re.compile(rf"({_PAIR}):({_PAIR})|({_PAIR})({_PAIR})", re.DOTALL)
_FRACTION = re.compile(rf"\.?([0-9]{{3,9}}|{_PAIR}|[0-9])", re.DOTALL)
_GO_INT = re.compile(
    r"0[xX](?:_?[0-9a-fA-F])+|0[bB](?:_?[01])+|0[oO]?(?:_?[0-7])+|[1-9](?:_?[0-9])*|0"
)
_MOST_DIGITS = 128
"""Digits of a number that are read; one of 64 bits has fewer in every base, zeros aside."""
_GO_FLOAT = re.compile(
    r"[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|(?i:inf(?:inity)?)|(?i:nan))"
)
_GO_HEX_FLOAT = re.compile(
    r"[+-]?0[xX](?:[0-9a-fA-F]+\.?[0-9a-fA-F]*|\.[0-9a-fA-F]+)[pP][+-]?[0-9]+"
)
_YEARS = (1677, 2262)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def unsigned(text: str) -> int | None:
    """Return a whole number; underscores may stand in it, a zero before others may not."""
    if len(text) > _LONGEST or not _WHOLE.fullmatch(text):
        return None
    number = int(text.replace("_", "") or "0")
    return number if number <= _MOST_UNSIGNED else None


def signed(text: str) -> int | None:
    """Return a whole number that may have a minus."""
    minus = text.startswith("-")
    number = unsigned(text[minus:])
    if number is None or number > MOST + minus:
        return None
    return -number if minus else number


def decimal(text: str, *, exact: bool = False) -> float | None:
    """Return a decimal number without an exponent; ``exact`` asks that a float can hold it."""
    if not text or len(text) > _LONGEST + 1:
        return None
    minus = text.startswith("-")
    whole, dot, fraction = text[minus:].partition(".")
    number = unsigned(whole)
    if number is None or (dot and not fraction):
        return None
    if not dot:
        found = None if exact and number >= EXACT else float(number)
    else:
        kept = fraction.lstrip("0") or "0"
        part = unsigned(kept)
        if part is None:
            return None
        scale = len(fraction) - fraction.count("_")
        # one rounding at the end, as Go's fused multiply-add
        found = float(Fraction(float(part)) * Fraction(1.0 / 10.0**scale) + number)
    return None if found is None else -found if minus else found


def duration(text: str) -> int | None:
    """Return the nanoseconds of a duration such as ``1h30m`` or ``-1.5s``."""
    return _sum(text, _UNITS, bare=False)


def size(text: str) -> int | None:
    """Return the bytes of a size such as ``10MiB``."""
    return _sum(text, _SIZES, bare=True)


def _sum(text: str, units: dict[str, int], *, bare: bool) -> int | None:
    if not text:
        return None
    minus = text.startswith("-")
    at, total = int(minus), 0
    while at < len(text):
        part = _PART.match(text, at)
        number = decimal(part.group()) if part else None
        if part is None or number is None:
            return None
        at = part.end()
        unit = next((one for one in units if text.startswith(one, at)), None)
        if unit is None and not (bare and at == len(text) and number.is_integer()):
            return None
        total = _added(total, number * units.get(unit or "", 1))
        at += len(unit or "")
    return -total if minus else total


def _added(total: int, more: float) -> int:
    number = int(more) if math.isfinite(more) else MOST + 1
    return MOST if number > MOST - total else total + number


def ipv4(text: str) -> int | None:
    """Return the number of an IPv4 address; zeros may stand before its parts."""
    found = _OCTETS.fullmatch(text)
    parts = [_digits(one) for one in found.groups()] if found else []
    if not parts or max(parts) > 255 or text.count(".") != 3:  # noqa: PLR2004 - four bytes
        return None
    return int.from_bytes(bytes(parts), "big")


def _digits(text: str) -> int:
    """Return a short number; of two characters the server looks at the first alone."""
    if len(text) == 2:  # noqa: PLR2004
        return 10 * int(text[0]) + (ord(text[1]) - ord("0")) % 256
    return int(text)


def timestamp(text: str) -> int | None:
    """Return the nanoseconds of an RFC 3339 time; one without a zone is taken as UTC."""
    seconds = _seconds(text)
    if seconds is None:
        return None
    rest, offset = text[19:], 0
    if rest.endswith("Z"):
        rest = rest[:-1]
    elif (at := max(rest.rfind("+"), rest.rfind("-"))) >= 0:
        zone = clock(rest[at + 1 :])
        if zone is None:
            return None
        offset = -zone if rest[at] == "-" else zone
        rest = rest[:at]
    nanoseconds = seconds * SECOND - offset
    if not rest:
        return nanoseconds
    fraction = _FRACTION.fullmatch(rest)
    return (
        None
        if fraction is None
        else nanoseconds + _digits(fraction[1]) * 10 ** (9 - len(fraction[1]))
    )


def clock(text: str) -> int | None:
    """Return the nanoseconds of ``hh:mm`` or ``hhmm``."""
    found = _ZONE.fullmatch(text)
    if found is None:
        return None
    hours, minutes = (_digits(one) for one in found.groups() if one)
    if hours > 24 or minutes > 60:  # noqa: PLR2004 - as the code bounds them
        return None
    return hours * HOUR + minutes * MINUTE


def milliseconds(text: str) -> int | None:
    """Return the nanoseconds of a time exactly as ``2006-01-02T15:04:05.000Z``."""
    if len(text) != 24 or text[19] != "." or text[23] != "Z" or not text[20:23].isdecimal():  # noqa: PLR2004
        return None
    seconds = _seconds(text)
    return (
        None
        if seconds is None or not text.isascii()
        else seconds * SECOND + int(text[20:23]) * 10**6
    )


def _seconds(text: str) -> int | None:
    """Return the seconds of the first 19 characters; days and hours may be too large, as in Go."""
    found = _TIMES.match(text)
    if found is None:
        return None
    year, month, day, hour, minute, second = map(_digits, found.groups())
    if not _YEARS[0] <= year <= _YEARS[1]:
        return None
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    start = datetime.combine(date(year, month, 1), datetime.min.time(), UTC)
    past = timedelta(days=day - 1, hours=hour, minutes=minute, seconds=second)
    seconds = int((start - _EPOCH + past) // timedelta(seconds=1))
    return seconds if -(MOST + 1) // SECOND < seconds < MOST // SECOND else None


def number(text: str) -> float | None:
    """Return what a text is as a number: plain, a duration, a size, a time, an address."""
    found: float | int | None = decimal(text)
    if found is None:
        found = duration(text)
    if found is None:
        found = size(text)
    if found is None and _is_likely_number(text):
        found = _go_number(text)
    if found is None:
        found = timestamp(text)
    if found is None:
        found = ipv4(text)
    return None if found is None else float(found)


def _is_likely_number(text: str) -> bool:
    rest = text[1:] if text[:1] in {"-", "+"} else text
    if rest.lower() != "inf":
        rest = rest.removeprefix(".")
        if not rest[:1].isascii() or not rest[:1].isdigit():
            return False
    return text.count(".") <= 1 and ":" not in text and text.count("-") <= 2  # noqa: PLR2004


def _go_number(text: str) -> float | None:
    """Return a number as Go's ``ParseFloat`` and then ``ParseInt`` read it."""
    if _GO_HEX_FLOAT.fullmatch(text):
        try:
            return float.fromhex(text)
        except OverflowError:
            return None
    if _GO_FLOAT.fullmatch(text):
        return _finite(float(text), text)
    whole = _go_whole(text.lstrip("+-"))
    if whole is None:
        return None
    whole = -whole if text[0] == "-" else whole
    return float(whole) if -MOST - 1 <= whole <= MOST else None


def _go_whole(text: str) -> int | None:
    """Return a whole number as Go writes it in a program: ``0x1F``, ``0b1``, ``017``, ``1_000``."""
    if len(text) > _MOST_DIGITS or not _GO_INT.fullmatch(text):
        return None
    digits = text.replace("_", "")
    octal = len(digits) > 1 and digits[0] == "0" and digits[1].isdigit()
    return int(f"0o{digits[1:]}" if octal else digits, 0)


def _finite(found: float, text: str) -> float | None:
    """Return a number unless it is out of range, which Go's parser takes as an error."""
    return None if math.isinf(found) and "inf" not in text.lower() else found


def count(text: str) -> int | None:
    """Return a number of things as Go's ``ParseUint`` reads it, or a size or a duration."""
    if text.lower() in {"inf", "+inf"}:
        return _MOST_UNSIGNED
    whole = _go_whole(text)
    if whole is not None and whole <= _MOST_UNSIGNED:
        return whole
    found = size(text)
    if found is None:
        found = duration(text)
    return None if found is None or found < 0 else found


def written(value: float) -> str:
    """Return a float as the store writes it: the shortest digits, without an exponent."""
    text = format(Decimal(repr(value)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
