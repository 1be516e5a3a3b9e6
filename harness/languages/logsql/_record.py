"""A JSON document as VictoriaLogs stores it: flat fields of text.

``lib/logstorage/json_parser.go`` and ``app/vlinsert/jsonline`` of VictoriaLogs 1.47;
https://docs.victoriametrics.com/victorialogs/keyconcepts/#data-model
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.ir import Event
from harness.languages.logsql import _numbers as numbers
from harness.languages.logsql._semantics import MISSING_MESSAGE

MESSAGE, TIME = "_msg", "_time"
OWN = frozenset({"_stream", "_stream_id"})
"""Fields that VictoriaLogs makes itself."""
_LONGEST_NAME = 128
_MILLION, _BILLION = 10**3 << 31, 10**6 << 31


@dataclass(frozen=True, slots=True)
class Recorder:
    """Turns documents into stored entries; which fields say what is told by their sender."""

    message_fields: tuple[str, ...] = ()
    time_field: str = TIME

    def __call__(self, event: Event) -> Event:
        """Return the fields of an entry: texts, and the time in nanoseconds where it is told."""
        fields = list(flat(event))
        found = dict(fields)
        at = arrival(next((text for name, text in fields if name == self.time_field), ""))
        if self.time_field in found:
            del found[self.time_field]
        message = next((name for name in self.message_fields if found.get(name)), None)
        if message is not None:
            found[MESSAGE] = found.pop(message)
        entry: dict[str, Any] = {
            name: text for name, text in found.items() if text and name not in OWN
        }
        entry.setdefault(MESSAGE, MISSING_MESSAGE)
        entry.pop(TIME, None)
        if at is not None:
            entry[TIME] = at
        return entry


def flat(event: Event) -> Iterator[tuple[str, str]]:
    """Yield the fields of a document and their texts."""
    yield from _flat(event, "")


def _flat(node: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, str]]:
    """Yield the fields of an object; one with a name that is too long becomes a text."""
    longest = max((_size(str(name)) for name in node), default=0)
    if _size(prefix) + longest > _LONGEST_NAME:
        yield prefix[:-1] or MESSAGE, written(node)
        return
    for name, value in node.items():
        path = f"{prefix}{name}"
        if isinstance(value, Mapping):
            yield from _flat(value, f"{path}.")
        elif value is not None:
            yield path or MESSAGE, value if isinstance(value, str) else written(value)


def _size(name: str) -> int:
    return len(name.encode("utf-8", "surrogatepass"))


def written(value: Any) -> str:
    """Return a value as compact JSON, as the harness sends documents."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)


def arrival(text: str) -> int | None:
    """Return the nanoseconds that a time field says; ``None`` where it says none."""
    if text in {"", "0", "-"}:
        return None
    if text[4:5] == "-":
        return numbers.timestamp(text)
    return unix(text)


def unix(text: str) -> int | None:
    """Return the nanoseconds of a Unix time in seconds or smaller units, told by its size."""
    whole, dot, fraction = text.partition(".")
    digits = whole.removeprefix("-")
    if not (digits.isascii() and digits.isdecimal()) or len(text) > 32:  # noqa: PLR2004
        return None
    if dot and not (fraction.isascii() and fraction.isdecimal()):
        return None
    fraction += "0" * (-len(fraction) % 3)
    number = int(digits + fraction)
    number = -number if whole.startswith("-") else number
    if abs(number) > numbers.MOST:
        return None
    for limit, factor in _SCALES:
        if -limit <= number < limit:
            return number * factor
    return number


_SCALES: Sequence[tuple[int, int]] = (
    (1 << 31, 10**9),
    (_MILLION, 10**6),
    (_BILLION, 10**3),
)
