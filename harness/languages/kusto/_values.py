"""Values at run time, and how they become text, numbers and moments.

A null is ``None``; strings have none. A dynamic value is what JSON has; an object or an array that
an event holds is a :class:`Dynamic`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn, Self

from harness.errors import Fault
from harness.ir import Event
from harness.languages.kusto import _literals

NUMBERS = frozenset(("int", "long", "real", "decimal"))
_WHOLE = 1e15
"""Reals from here on may be written with an exponent."""


class Dynamic(str):
    """An object or an array as one value of an event: its JSON text, and what it holds."""

    __slots__ = ("value",)
    value: Any

    @classmethod
    def of(cls, value: Any) -> Self:
        """Return the value with its text."""
        made = cls(json_text(value))
        made.value = value
        return made


def row(event: Event) -> Event:
    """Return an event as a row of a table, where a column holds one value."""
    if not any(isinstance(value, dict | list) for value in event.values()):
        return event
    return {
        name: Dynamic.of(value) if isinstance(value, dict | list) else value
        for name, value in event.items()
    }


def json_text(value: Any) -> str:
    """Return the text of a dynamic value."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, default=str)


def plain(value: Any) -> Any:
    """Return the object or array of a column, and any other value as it is."""
    return value.value if isinstance(value, Dynamic) else value


def fails(message: str) -> NoReturn:
    """Raise the run-time error of one event."""
    raise Fault(message)


def text(value: Any) -> str:
    """Return the text that ``tostring`` gives."""
    value = plain(value)
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _real_text(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z"
    if isinstance(value, timedelta):
        return _span_text(value)
    return json_text(value) if isinstance(value, dict | list) else str(value)


def _real_text(value: float) -> str:
    if not math.isfinite(value) or abs(value) >= _WHOLE or "e" in repr(value):
        fails("how this number is written is not documented")
    return str(int(value)) if value == int(value) else repr(value)


def _span_text(value: timedelta) -> str:
    sign = "-" if value < timedelta() else ""
    size = abs(value)
    minutes, seconds = divmod(size.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days = f"{size.days}." if size.days else ""
    fraction = f".{size.microseconds:06d}0" if size.microseconds else ""
    return f"{sign}{days}{hours:02d}:{minutes:02d}:{seconds:02d}{fraction}"


def as_column_text(value: Any) -> str:
    """Return what a column holds whose type is not given, used as text."""
    if isinstance(value, bool | int | float):
        fails("an operator on text meets a column that holds no text")
    return text(value)


def as_dynamic_text(value: Any) -> str:
    """Return the text of a dynamic value."""
    return text(value)


def whole(value: Any) -> int | None:
    """Return what ``tolong`` gives."""
    value = plain(value)
    if isinstance(value, bool | int):
        return int(value)
    if isinstance(value, float):
        return int(value) if math.isfinite(value) and abs(value) < 2**63 else None
    if isinstance(value, str):
        found = _literals.integer(value)
        if found is None and _literals.real(value) is not None:
            fails("whether a text with decimals converts is not documented")
        return found if found is not None and found in _literals.INT64 else None
    return None


def short(value: Any) -> int | None:
    """Return what ``toint`` gives."""
    found = whole(value)
    return found if found is not None and found in _literals.INT32 else None


def real(value: Any) -> float | None:
    """Return what ``todouble`` gives."""
    value = plain(value)
    if isinstance(value, bool | int | float):
        try:
            return float(value)
        except OverflowError:
            return None
    return _literals.real(value) if isinstance(value, str) else None


def boolean(value: Any) -> bool | None:
    """Return what ``tobool`` gives."""
    value = plain(value)
    if isinstance(value, bool | int | float):
        return bool(value)
    if not isinstance(value, str):
        return None
    found = {"true": True, "false": False}.get(value.strip().lower())
    if found is None and (number := _literals.integer(value)) is not None:
        return bool(number)
    return found


def moment(value: Any) -> datetime | None:
    """Return what ``todatetime`` gives for ISO 8601; other forms are undecided."""
    value = plain(value)
    if isinstance(value, datetime) or value is None:
        return value
    if not isinstance(value, str):
        fails("a number is made a datetime")
    found = _literals.moment(value)
    if found is None and any(char.isdigit() for char in value):
        fails("only ISO 8601 texts are made a datetime")
    return found


def span(value: Any) -> timedelta | None:
    """Return what ``totimespan`` gives."""
    value = plain(value)
    if isinstance(value, timedelta) or value is None:
        return value
    if not isinstance(value, str):
        return None
    return _literals.clock(value)


def guid(value: Any) -> str | None:
    """Return what ``toguid`` gives."""
    return _literals.guid(value) if isinstance(value, str) else None


COLUMN: Mapping[str, Callable[[Any], Any]] = {
    "string": text,
    "long": whole,
    "int": whole,
    "real": real,
    "decimal": real,
    "bool": boolean,
    "datetime": moment,
    "timespan": span,
    "guid": guid,
    "dynamic": plain,
    "": plain,
}
"""What a column of a type holds for a JSON value; the empty type is one that is not given."""


def kind_of(value: Any) -> str:
    """Return the type of a value that is not null."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int | float):
        return "long" if isinstance(value, int) else "real"
    if isinstance(value, datetime):
        return "datetime"
    if isinstance(value, timedelta):
        return "timespan"
    return "dynamic" if isinstance(value, dict | list | Dynamic) else "string"


def group(kind: str) -> str:
    """Return the types that compare with each other under one name."""
    return "number" if kind in NUMBERS else kind
