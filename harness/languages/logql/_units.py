"""Numbers, durations and sizes as Go and Loki's libraries spell them."""

from __future__ import annotations

import math
import re
from fractions import Fraction

NANOSECONDS = {
    "ns": 1,
    "us": 10**3,
    "µs": 10**3,
    "μs": 10**3,
    "ms": 10**6,
    "s": 10**9,
    "m": 60 * 10**9,
    "h": 3600 * 10**9,
}
_LARGEST = 2**63 - 1
_DAY = 24 * NANOSECONDS["h"]
_PROMETHEUS_UNITS = (365 * _DAY, 7 * _DAY, _DAY, *(NANOSECONDS[unit] for unit in "hms"), 10**6)
_PROMETHEUS = re.compile(
    r"(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?", re.ASCII
)
_GO_PART = re.compile(r"(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)", re.ASCII)
_DIGITS = r"\d+(?:_\d+)*"
_DECIMAL = re.compile(
    rf"[+-]?(?:{_DIGITS}(?:\.(?:{_DIGITS})?)?|\.{_DIGITS})(?:[eE][+-]?{_DIGITS})?", re.ASCII
)
_SPECIAL = re.compile(r"[+-]?(?:inf|infinity)|nan", re.IGNORECASE)
_HEXADECIMAL = re.compile(r"[+-]?0[xX][0-9a-fA-F_]*\.?[0-9a-fA-F_]*[pP][+-]?\d+", re.ASCII)
_SIZE = re.compile(r"([\d.,]*)(.*)", re.DOTALL)
_SIZES = {
    "": 1,
    "b": 1,
    **{f"{unit}{end}": 1000 ** (at + 1) for at, unit in enumerate("kmgtpe") for end in ("b", "")},
    **{f"{unit}i{end}": 1024 ** (at + 1) for at, unit in enumerate("kmgtpe") for end in ("b", "")},
}
_LONGEST = 400


def number(text: str) -> float | None:
    """Return what Go's ``strconv.ParseFloat`` reads, ``None`` where it fails."""
    if _DECIMAL.fullmatch(text):
        value = float(text)
        return value if math.isfinite(value) else None
    if _SPECIAL.fullmatch(text):
        return float(text)
    if _HEXADECIMAL.fullmatch(text) and "__" not in text and len(text) <= _LONGEST:
        try:
            return float.fromhex(text.replace("_", ""))
        except (ValueError, OverflowError):
            return None
    return None


def go_duration(text: str) -> int | None:
    """Return the nanoseconds of a Go duration such as ``1h30m`` or ``-1.5s``."""
    sign, rest = (-1, text[1:]) if text.startswith("-") else (1, text.removeprefix("+"))
    if rest == "0":
        return 0
    total, at = Fraction(0), 0
    if not rest or len(rest) > _LONGEST:
        return None
    while at < len(rest):
        part = _GO_PART.match(rest, at)
        if part is None:
            return None
        total += int(Fraction(part[1].rstrip(".") or "0") * NANOSECONDS[part[2]])
        at = part.end()
    return sign * int(total) if total <= _LARGEST else None


def query_duration(text: str) -> int | None:
    """Return the nanoseconds of a duration in a query, which also knows days, weeks and years."""
    if text == "0":
        return 0
    parts = _PROMETHEUS.fullmatch(text) if text and len(text) <= _LONGEST else None
    if parts is None:
        return go_duration(text)
    total = sum(
        int(count) * unit for count, unit in zip(parts.groups("0"), _PROMETHEUS_UNITS, strict=True)
    )
    return total if total <= _LARGEST else None


def size(text: str) -> int | None:
    """Return the bytes of a size such as ``20KiB`` or ``1.5 MB``, in any letter case."""
    parts = _SIZE.fullmatch(text)
    if parts is None:
        return None
    count, unit = number(parts[1].replace(",", "")), _SIZES.get(parts[2].strip().lower())
    if count is None or unit is None:
        return None
    return int(count * unit) if count * unit < 2**64 else None


def size_as_sent(count: float) -> float:
    """Return the bytes that are left of a size in a query that Loki's query frontend sends on.

    It writes the query anew, and a size with two digits at most, as ``humanize.Bytes`` does:
    1KiB becomes 1.0kB and 20MiB becomes 21MB.
    https://github.com/dustin/go-humanize/blob/v1.0.1/bytes.go
    """
    whole, scale = int(count), 1
    if whole < 10:  # noqa: PLR2004 - written as they are
        return whole
    while whole >= scale * 1000:
        scale *= 1000
    tenths = math.floor(whole / scale * 10 + 0.5) / 10
    return (tenths if tenths < 10 else round(tenths)) * scale  # noqa: PLR2004 - one digit
