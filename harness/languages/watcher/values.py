"""Payload values as Watcher sees them: paths into them, and comparisons of them.

Paths follow ``libs/x-content/.../ObjectPath.java``, comparisons
``x-pack/plugin/watcher/.../condition/LenientCompare.java`` of
https://github.com/elastic/elasticsearch.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from harness.errors import Fault


class ExecutionFailed(Fault):
    """The execution of the watch fails: its condition and actions do not run."""


class Unpredictable(Fault):
    """The value exists in the real payload, but no one can say which one it is."""


@dataclass(frozen=True, slots=True)
class Unknowable:
    """A payload value that only a real cluster knows, such as a score or a duration."""

    why: str


class UnorderedList(list[Any]):
    """A list whose order depends on relevance scores, which only a real cluster knows."""


def select(path: str, value: Any) -> Any:
    """Return the value at a dotted path; ``None`` where the path leads nowhere.

    Raises:
        ExecutionFailed: An index lies outside of a list.
        Unpredictable: The path runs through something that only a real cluster knows.
    """
    for part in _parts(path):
        if value is None:
            return None
        if isinstance(value, Unknowable):
            raise Unpredictable(value.why)
        if isinstance(value, Mapping):
            value = value.get(part)
        elif isinstance(value, list):
            value = _element(value, part)
        else:
            return None
    return value


def _parts(path: str) -> list[str]:
    """Split as Java's ``String.split`` does: empty parts at the end are dropped."""
    if not path:
        return []
    parts = path.split(".")
    while parts and not parts[-1]:
        parts.pop()
    return parts


_INTEGER = re.compile(r"[+-]?[0-9]{1,10}", re.ASCII)


def _element(items: list[Any], part: str) -> Any:
    if not _INTEGER.fullmatch(part):
        return None
    index = int(part)
    if not 0 <= index < len(items):
        message = f"index {index} is out of bounds for a list of {len(items)}"
        raise ExecutionFailed(message)
    if isinstance(items, UnorderedList) and len(items) > 1:
        message = "the order of the hits depends on their scores"
        raise Unpredictable(message)
    return items[index]


def compare(found: Any, configured: Any) -> int | None:
    """Return -1, 0 or 1, or ``None`` where the two have no order; the second sets the type."""
    if isinstance(found, Unknowable):
        raise Unpredictable(found.why)
    if java_equal(found, configured):
        return 0
    if found is None or configured is None:
        return None
    if isinstance(configured, bool | list | Mapping):
        return None
    if isinstance(configured, int | float):
        number = java_number(found)
        return None if number is None else _sign(number, float(configured))
    if isinstance(configured, datetime):
        moment = _moment(found)
        return None if moment is None else _sign(moment, configured)
    return _sign(_utf16(java_text(found)), _utf16(str(configured)))


def _sign(left: Any, right: Any) -> int:
    return 1 if left > right else -1 if left < right else 0


def _utf16(text: str) -> bytes:
    """Return a key with the order of Java strings, which compare UTF-16 units."""
    return text.encode("utf-16-be", "surrogatepass")


def java_equal(left: Any, right: Any) -> bool:
    """Return Java's ``equals``: numbers of different types (1 and 1.0) are not equal."""
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(java_equal, left, right))
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(java_equal(left[k], right[k]) for k in left)
    return type(left) is type(right) and bool(left == right)


_JAVA_DOUBLE = re.compile(
    r"[+-]?(?:NaN|Infinity|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[fFdD]?)", re.ASCII
)
_LONGEST_NUMBER = 400


def java_number(value: Any) -> float | None:
    """Return what ``Double.valueOf`` makes of a value; ``None`` where it fails."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    text = java_text(value).strip() if isinstance(value, str) else ""
    if not text or len(text) > _LONGEST_NUMBER or not _JAVA_DOUBLE.fullmatch(text):
        return None
    is_word = text.endswith(("NaN", "Infinity"))
    return float(text if is_word else text.rstrip("fFdD"))


def java_text(value: Any) -> str:
    """Return Java's ``String.valueOf``."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return java_double(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}={java_text(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(java_text, value)) + "]"
    if isinstance(value, datetime):
        return iso_time(value)
    if isinstance(value, Unknowable):
        raise Unpredictable(value.why)
    return str(value)


_PLAIN_DOUBLE = (1e-3, 1e7)


def java_double(value: float) -> str:
    """Return Java's ``Double.toString``, which turns to an exponent at 10^7 and 10^-3."""
    if value == 0 or _PLAIN_DOUBLE[0] <= abs(value) < _PLAIN_DOUBLE[1]:
        return f"{value!r}" if "e" not in repr(value) else f"{value:f}"
    digits, _, exponent = f"{value:.17e}".partition("e")
    shortest = repr(value)
    mantissa = shortest.partition("e")[0] if "e" in shortest else digits.rstrip("0")
    if "e" not in shortest:
        significant = shortest.replace("-", "").replace(".", "").strip("0") or "0"
        sign = "-" if value < 0 else ""
        mantissa = f"{sign}{significant[0]}.{significant[1:] or '0'}"
    elif "." not in mantissa:
        mantissa += ".0"
    return f"{mantissa}E{int(exponent)}"


def iso_time(moment: datetime) -> str:
    """Return a time as Watcher prints it, in UTC with milliseconds."""
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"


def iso_millis(millis: int) -> str:
    """Return milliseconds since 1970 as Elasticsearch prints a date by default."""
    try:
        return iso_time(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=millis))
    except OverflowError as error:
        message = "the date is out of range"
        raise ExecutionFailed(message) from error


def _moment(value: Any) -> datetime | None:
    """Return the time that a payload value stands for in a comparison with a date."""
    if isinstance(value, datetime):
        return value
    try:
        if isinstance(value, str):
            parsed = datetime.fromisoformat(value)
            return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(value))
    except (ValueError, OverflowError):
        return None
    return None
