"""What happens to the result as a whole: order, ``-MaxEvents``, ``Select-Object -First``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cmp_to_key
from typing import Any

from harness.errors import Fault
from harness.ir import Event, Lookup, Truth
from harness.ir.cells import raw
from harness.languages.powershell.operators import scalar
from harness.languages.powershell.record import as_recorded
from harness.languages.powershell.values import Folding, is_number


@dataclass(frozen=True, slots=True)
class Sorting:
    """The order in which events leave a command."""

    keys: tuple[str, ...] = ("TimeCreated", "RecordId")
    descending: bool = True

    def sorted(self, events: Sequence[Event], rows: list[int]) -> list[int]:
        """Return the rows in order; equal ones stay as they are recorded, newest first."""

        def compare(one: int, other: int) -> int:
            return self._compare(events[one], events[other])

        recorded = rows[::-1] if self == OLDEST_FIRST else rows
        return sorted(recorded, key=cmp_to_key(compare))

    def _compare(self, one: Event, other: Event) -> int:
        for key in self.keys:
            sign = _ordered(_value(one, key), _value(other, key))
            if sign:
                return -sign if self.descending else sign
        return 0


NEWEST_FIRST = Sorting()
OLDEST_FIRST = Sorting(descending=False)
_FOLDING = Folding()


def _value(event: Event, key: str) -> Any:
    value = as_recorded(raw(event, key, Lookup.PROPERTY))
    if key == "RecordId" and isinstance(value, str) and value.isdecimal():
        return int(value[:30])
    return value


def _ordered(one: Any, other: Any) -> int:
    if is_number(one) and is_number(other):
        return int(one > other) - int(one < other)
    try:
        if scalar("eq", one, other, _FOLDING):
            return 0
        return -1 if scalar("lt", one, other, _FOLDING) else 1
    except Fault:
        return 0


@dataclass(frozen=True, slots=True)
class Limit:
    """Keeps the events at some places of the ordered result."""

    order: Sorting
    skip: int = 0
    skip_last: int = 0
    first: int | None = None
    last: int | None = None

    def select(self, events: Sequence[Event], outcomes: Sequence[Truth]) -> list[Truth]:
        """Return the outcomes after this step, one per event."""
        rows = [row for row, outcome in enumerate(outcomes) if outcome is Truth.TRUE]
        rows = self.order.sorted(events, rows)
        kept = set(self._kept(rows))
        return [
            Truth.FALSE if outcome is Truth.TRUE and row not in kept else outcome
            for row, outcome in enumerate(outcomes)
        ]

    def _kept(self, rows: list[int]) -> list[int]:
        if self.last is not None and self.first is None:
            end = len(rows) - self.skip
            return rows[max(0, end - self.last) : max(0, end)]
        rows = rows[self.skip : len(rows) - self.skip_last]
        if self.first is None:
            return rows
        tail = rows[self.first :][-self.last :] if self.last else []
        return [*rows[: self.first], *tail]


@dataclass(frozen=True, slots=True)
class Distinct:
    """Keeps the first event of each combination of values (``-Unique``)."""

    order: Sorting
    keys: tuple[str, ...]

    def select(self, events: Sequence[Event], outcomes: Sequence[Truth]) -> list[Truth]:
        """Return the outcomes after this step, one per event."""
        rows = [row for row, outcome in enumerate(outcomes) if outcome is Truth.TRUE]
        seen: set[str] = set()
        result = list(outcomes)
        for row in self.order.sorted(events, rows):
            key = repr([raw(events[row], name, Lookup.PROPERTY) for name in self.keys])
            if key in seen:
                result[row] = Truth.FALSE
            seen.add(key)
        return result
