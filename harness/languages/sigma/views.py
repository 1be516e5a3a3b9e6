"""How Sigma looks at an event's values: decimal text, time parts, and other fields."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from harness.ir import TEXT, Case, Function, Scalar, Truth, View, as_number, as_text, fold
from harness.languages.sigma.text import number_text


def value_text(value: Scalar) -> str:
    """Return the text that a value is compared as; the number 4688.0 is ``4688``."""
    return number_text(value) if isinstance(value, float) else as_text(value)


DECIMAL = View(
    "text, whole numbers without a fraction", lambda value: (value_text(value),), plain=True
)
"""Like the view ``TEXT`` except that 4688.0 is 4688, since all values are strings."""
NUMERAL = View(
    f"{DECIMAL.name}, asked for as a number", DECIMAL.convert, origin=as_number, plain=True
)
"""The view ``DECIMAL`` for a value that the rule writes as a number."""
FLAG = View(
    "text, asked for as a boolean", TEXT.convert, origin=lambda text: text == "true", plain=True
)
"""The view ``TEXT`` for a value that the rule writes as a boolean."""

_TIME = re.compile(r"\d{4}-\d\d-\d\d([T ].*)?", re.ASCII)


def moment(value: Scalar) -> datetime | None:
    """Return the ISO 8601 time that a value spells, in UTC; a time without offset is UTC."""
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        return None
    try:
        found = datetime.fromisoformat(value)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


_PARTS: dict[str, Callable[[datetime], int]] = {
    "minute": lambda at: at.minute,
    "hour": lambda at: at.hour,
    "day": lambda at: at.day,
    "week": lambda at: at.isocalendar().week,
    "month": lambda at: at.month,
    "year": lambda at: at.year,
}


def _time_view(part: str) -> View:
    def convert(value: Scalar) -> Iterable[int]:
        at = moment(value)
        return () if at is None else (_PARTS[part](at),)

    return View(f"{part} of the time", convert)


TIME_PARTS = {part: _time_view(part) for part in _PARTS}
"""The views that give one part of a time."""


@lru_cache(maxsize=16)
def field_comparison(*, left: bool, right: bool, case: Case) -> Function:
    """Return the function that compares a field with another one, open at the given ends."""

    def compare(value: Scalar, other: Scalar) -> bool:
        mine, theirs = fold(value_text(value), case), fold(value_text(other), case)
        if left and right:
            return theirs in mine
        if left:
            return mine.endswith(theirs)
        return mine.startswith(theirs) if right else mine == theirs

    name = {(0, 0): "equals", (0, 1): "startswith", (1, 0): "endswith", (1, 1): "contains"}
    return Function(f"sigma.{name[left, right]}[{case.name}]", compare)


def is_true(value: Any) -> Truth:
    """Take a comparison's value as an outcome; null, for a missing field, is false."""
    return Truth.of(value is True)
