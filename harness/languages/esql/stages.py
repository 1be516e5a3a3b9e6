"""``LIMIT``: the rows that are left, in the order of the ``SORT`` before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cmp_to_key
from typing import Any

from harness.ir import Event, Lookup, Truth
from harness.ir.cells import cell
from harness.languages._elastic import types
from harness.languages.esql import values
from harness.languages.esql.typed import Column


@dataclass(frozen=True, slots=True)
class Key:
    """One key of the order: the least value of a column, or descending its greatest."""

    column: Column
    descending: bool
    nulls_first: bool

    def of(self, event: Event) -> Any:
        """Return what an event is ordered by; ``None`` for a null."""
        kind = self.column.field.type
        found = [
            item
            for path in self.column.field.sources
            for value in cell(event, path, Lookup.PATH).values
            for item in (
                (str(value),) if kind.name in types.TOKENISED else types.view(kind).convert(value)
            )
        ]
        pick = max if self.descending else min
        return pick(map(values.sort_key, found), default=None)

    def compare(self, one: Any, other: Any) -> int:
        """Return the sign of the order of two keys."""
        if one is None or other is None:
            sign = (one is None) - (other is None)
            return -sign if self.nulls_first else sign
        sign = int(one > other) - int(one < other)
        return -sign if self.descending else sign


@dataclass(frozen=True, slots=True)
class First:
    """The first rows of a result; which they are stays undefined where the order leaves it open."""

    count: int
    keys: tuple[Key, ...]

    def select(self, events: Sequence[Event], outcomes: Sequence[Truth]) -> list[Truth]:
        """Turn the outcome of every row beyond the limit to false."""
        rows = [row for row, outcome in enumerate(outcomes) if outcome is Truth.TRUE]
        if len(rows) <= self.count:
            return list(outcomes)
        result: list[Truth] = list(outcomes)
        for row in rows:
            result[row] = Truth.FALSE
        if self.count == 0:
            return result
        order = {row: [key.of(events[row]) for key in self.keys] for row in rows}
        by_keys = cmp_to_key(self._compare)
        rows.sort(key=lambda row: by_keys(order[row]))
        last = order[rows[self.count - 1]]
        tied = self._compare(last, order[rows[self.count]]) == 0
        for place, row in enumerate(rows):
            sign = self._compare(order[row], last)
            if tied and sign == 0:
                result[row] = Truth.UNDEFINED
            elif place < self.count:
                result[row] = Truth.TRUE
        return result

    def _compare(self, one: list[Any], other: list[Any]) -> int:
        pairs = zip(self.keys, one, other, strict=True)
        return next((sign for key, a, b in pairs if (sign := key.compare(a, b))), 0)
