"""What is known at one point of a pipeline, and the operators that look at the whole result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cmp_to_key
from typing import Any

from harness.errors import Fault
from harness.ir import TRUE, Event, Predicate, Query, Truth, all_of
from harness.languages.kusto._columns import Columns
from harness.languages.kusto._typed import Typed


@dataclass(frozen=True, slots=True)
class Key:
    """A column that rows are ordered by."""

    value: Typed
    ascending: bool
    nulls_first: bool


@dataclass(frozen=True, slots=True)
class State:
    """The tests passed since the last look at the whole result, the columns, the order."""

    columns: Columns
    tests: tuple[Predicate, ...] = ()
    order: tuple[Key, ...] | None = None
    before: Query | None = None
    plain: bool = True
    """It is a table as it is stored."""

    def test(self, item: Predicate) -> State:
        """Add a filter."""
        return replace(self, tests=(*self.tests, item), plain=False)

    def with_columns(self, columns: Columns) -> State:
        """Change the columns."""
        return replace(self, columns=columns, plain=False)

    def some(self, count: int, order: tuple[Key, ...] | None) -> State:
        """Keep this many rows, the first in an order if there is one."""
        query = replace(self.query(), stages=(First(count, order),))
        return State(self.columns, order=order or self.order, before=query, plain=False)

    def query(self) -> Query:
        """Return the pipeline as a query."""
        predicate = all_of(*self.tests) if self.tests else TRUE
        return Query(predicate=predicate, upstream=self.before)


@dataclass(frozen=True, slots=True)
class First:
    """``take`` and ``top``: which rows stay is decided by an order, or not at all.

    https://learn.microsoft.com/en-us/kusto/query/take-operator: there is no guarantee which
    rows are returned.
    """

    count: int
    order: tuple[Key, ...] | None
    unknown: Truth = field(default=Truth.UNDEFINED)

    def select(self, events: Sequence[Event], outcomes: Sequence[Truth]) -> list[Truth]:
        """Return the outcomes after this step."""
        found = [at for at, outcome in enumerate(outcomes) if outcome is not Truth.FALSE]
        if len(found) <= self.count:
            return list(outcomes)
        result = list(outcomes)
        if self.count <= 0:
            return [Truth.FALSE] * len(result)
        certain = all(outcomes[at] is Truth.TRUE for at in found)
        ranked = self._ranked(events, found) if certain else None
        for place, (at, tied) in enumerate(ranked or [(at, True) for at in found]):
            if tied or ranked is None:
                result[at] = self.unknown
            else:
                result[at] = Truth.of(place < self.count)
        return result

    def _ranked(self, events: Sequence[Event], found: list[int]) -> list[tuple[int, bool]] | None:
        """Return the rows in order, and whether each ties across the limit."""
        keys = self._keys(events, found)
        if keys is None:
            return None
        compare = cmp_to_key(self._compare)
        try:
            ordered = sorted(found, key=lambda at: compare(keys[at]))
        except TypeError:
            return None
        last, following = keys[ordered[self.count - 1]], keys[ordered[self.count]]
        split = self._compare(last, following) == 0
        return [(at, split and self._compare(keys[at], last) == 0) for at in ordered]

    def _keys(self, events: Sequence[Event], found: list[int]) -> dict[int, list[Any]] | None:
        if not self.order or any(key.value.column is None for key in self.order):
            return None
        try:
            return {
                at: [
                    key.value.convert(events[at].get(key.value.column or "")) for key in self.order
                ]
                for at in found
            }
        except Fault:
            return None

    def _compare(self, left: list[Any], right: list[Any]) -> int:
        for key, one, other in zip(self.order or (), left, right, strict=True):
            if one is None or other is None:
                if one is not None or other is not None:
                    return -1 if (one is None) is key.nulls_first else 1
            elif one != other:
                return -1 if (one < other) is key.ascending else 1
        return 0
