"""Events by their keys: each set of keys once, and the values below each key in one list.

Events are taken apart where they were just read, block by block, while they are still near the
processor; what is asked of a field later touches the values of that field and nothing else.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count, islice
from typing import Any

import numpy as np

from harness.evaluate.columns import APART, MISSING, Codes, Rows

Keys = tuple[str, ...]


class Values:
    """The values below one key; ``coded`` ones as numbers in a table of distinct values."""

    def __init__(self) -> None:
        self.coded = True
        self._plain: list[Any] = []
        self._known: defaultdict[Any, int] = defaultdict(count().__next__)
        self._codes = array("i")
        self._kinds: set[type] = set()

    def extend(self, found: Sequence[Any]) -> None:
        """Add the values of the next events."""
        if not self.coded:
            self._plain.extend(found)
            return
        held, known = len(self._codes), len(self._known)
        try:
            self._codes.extend(map(self._known.__getitem__, found))
        except TypeError:  # a list or an object
            self._give_up(held, found)
            return
        if len(self._known) > known:
            self._kinds.update(map(type, islice(reversed(self._known), len(self._known) - known)))
        others = self._kinds - APART
        if others and (others not in ({int}, {bool}) or set(map(type, found)) - APART - others):
            self._give_up(held, found)

    def _give_up(self, held: int, found: Sequence[Any]) -> None:
        """Keep the values themselves from now on: they cannot be told apart by equality."""
        distinct = list(self._known)
        self._plain = [distinct[code] for code in self._codes[:held]]
        self._plain.extend(found)
        self.coded = False
        self._known.clear()
        self._codes = array("i")

    def codes(self) -> Codes:
        """Return the number of each event's value in :meth:`distinct`."""
        return np.frombuffer(self._codes, np.int32)

    def distinct(self) -> list[Any]:
        """Return the distinct values of a coded column."""
        return list(self._known)

    def values(self) -> list[Any]:
        """Return the value of each event."""
        if not self.coded:
            return self._plain
        distinct = self.distinct()
        return [distinct[code] for code in self._codes]


@dataclass(slots=True)
class Shape:
    """Events that have the same keys in the same order; ``rows`` are their numbers."""

    keys: Keys
    columns: dict[str, Values]
    rows: list[int] = field(default_factory=list)
    wanted: list[tuple[int, Values]] = field(default_factory=list)

    @property
    def dotted(self) -> bool:
        """Whether a key holds a dot."""
        return any("." in key for key in self.keys)

    def add(self, numbers: list[int], events: Sequence[Mapping[str, Any]], first: int) -> None:
        """Add those of the next events that have these keys."""
        self.rows.extend([first + number for number in numbers])
        values = list(zip(*[events[number].values() for number in numbers], strict=True))
        for at, column in self.wanted:
            column.extend(values[at])


class Shapes:
    """Events, taken apart as they come; only the values of the ``wanted`` keys are kept."""

    def __init__(self, wanted: frozenset[str] = frozenset()) -> None:
        self._wanted = wanted
        self._shapes: dict[Keys, Shape] = {}
        self._count = 0

    def add(self, events: Sequence[Mapping[str, Any]]) -> None:
        """Add the next events."""
        at: dict[Keys, list[int]] = {}
        for number, keys in enumerate(map(tuple, events)):
            known = at.get(keys)
            if known is None:
                at[keys] = [number]
            else:
                known.append(number)
        for keys, numbers in at.items():
            shape = self._shapes.get(keys)
            if shape is None:
                columns = {key: Values() for key in keys if key in self._wanted}
                wanted = [(at, columns[key]) for at, key in enumerate(keys) if key in columns]
                shape = self._shapes[keys] = Shape(keys, columns, wanted=wanted)
            shape.add(numbers, events, self._count)
        self._count += len(events)

    def __bool__(self) -> bool:
        return bool(self._count)

    def __iter__(self) -> Iterator[Shape]:
        return iter(self._shapes.values())


@dataclass(frozen=True, slots=True)
class Slice:
    """The events of a shape, or those at some places among them."""

    shape: Shape
    places: Rows | None = None

    def __len__(self) -> int:
        return len(self.shape.rows) if self.places is None else len(self.places)

    def rows(self) -> Rows:
        """Return the numbers of the events."""
        rows = np.array(self.shape.rows, dtype=np.intp)
        return rows if self.places is None else rows[self.places]

    def values(self, key: str) -> list[Any] | None:
        """Return the values of a key; ``None`` where they were not kept."""
        if key not in self.shape.keys:
            return [MISSING] * len(self)
        column = self.shape.columns.get(key)
        if column is None:
            return None
        values = column.values()
        return values if self.places is None else [values[place] for place in self.places.tolist()]

    def coded(self, key: str) -> tuple[Codes, list[Any]] | None:
        """Return the numbers of a key's values and the table; ``None`` if it has none."""
        if key not in self.shape.keys:
            return np.zeros(len(self), dtype=np.int32), [MISSING]
        column = self.shape.columns.get(key)
        if column is None or not column.coded:
            return None
        if self.places is None:
            return column.codes(), column.distinct()
        used, codes = np.unique(column.codes()[self.places], return_inverse=True)
        distinct = column.distinct()
        return codes.astype(np.int32), [distinct[code] for code in used.tolist()]


def joined(slices: Sequence[Slice], key: str) -> tuple[Codes, list[Any]] | None:
    """Return the values of a key over several shapes, each distinct one once."""
    parts = [one.coded(key) for one in slices]
    table: dict[Any, int] = {}
    codes: list[Codes] = []
    kinds: set[type] = set()
    for part in parts:
        if part is None:
            return None
        numbers, distinct = part
        kinds |= set(map(type, distinct)) - APART
        if len(kinds) > 1:
            return None
        if len(parts) == 1:
            return part
        remap = [table.setdefault(value, len(table)) for value in distinct]
        codes.append(np.array(remap, dtype=np.int32)[numbers])
    return np.concatenate(codes), list(table)
