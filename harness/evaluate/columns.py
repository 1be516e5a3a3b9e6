"""Events as dictionary-encoded columns: what each field holds, every distinct content once.

A column stores for each event the number of its content in a table of distinct contents, so
whatever is asked of a field is decided once per distinct content and spread over the events by
indexing. Contents are told apart as :class:`~harness.ir.cells.Cell` tells them apart.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.errors import Fault
from harness.evaluate import oracle
from harness.evaluate.texts import texts_of
from harness.ir.cells import ABSENT, Cell, Event, Lookup, all_at, cell, leaves
from harness.ir.checks import View
from harness.ir.nodes import AnyField
from harness.ir.regexes import RegexError
from harness.ir.semantics import Semantics
from harness.ir.values import Case, fold

Codes = NDArray[np.int32]
"""One number per event: where its content stands in a table of distinct contents."""
Rows = NDArray[np.intp]
"""Numbers of events, ascending."""


class Missing:
    """What stands for a key that an event does not have."""


MISSING = Missing()
_SPARSE = 8
"""Distinct contents per event beyond which it is cheaper to sort what occurs."""
APART = {str, Missing, type(None)}
"""Types whose values equal no value of another type, as 1, 1.0 and True equal one another."""


@dataclass(frozen=True, slots=True)
class Folded:
    """The distinct contents of a column as folded texts: those with just one, and the others.

    Of the others, ``None`` stands for a content that has no texts, or not only texts.
    """

    at: NDArray[np.intp]
    texts: list[str]
    others: list[tuple[int, list[str] | None]]


@dataclass(slots=True)
class Remembered:
    """What one language knows of the distinct contents of a place, whoever asked for it first."""

    folded: dict[tuple[View, Case], Folded] = field(default_factory=dict)
    viewed: dict[View, dict[int, Sequence[Any] | None]] = field(default_factory=dict)
    found: dict[Hashable, NDArray[np.intp]] = field(default_factory=dict)
    """Contents that hold a text which was looked for, by what was looked for."""


@dataclass(slots=True)
class Column:
    """What the events hold at one place."""

    codes: Codes
    distinct: Sequence[Any]
    known: Remembered = field(default_factory=Remembered)
    _used: NDArray[np.intp] | None = None

    def __len__(self) -> int:
        return len(self.codes)

    def folded(self, view: View, case: Case) -> Folded:
        """Return the texts that a view gives for each content, folded; once for all atoms."""
        key = (view, case)
        if key not in self.known.folded:
            self.known.folded[key] = _folded(self.distinct, view, case)
        return self.known.folded[key]

    def used(self) -> NDArray[np.intp]:
        """Return the contents that occur, which may be few where only some events are left."""
        if self._used is None:
            if len(self.codes) * _SPARSE < len(self.distinct):
                self._used = np.unique(self.codes).astype(np.intp)
            else:
                self._used = np.flatnonzero(self.occurs())
        return self._used

    def occurs(self) -> NDArray[np.bool_]:
        """Return for each content whether it occurs."""
        seen = np.zeros(len(self.distinct), dtype=np.bool_)
        seen[self.codes] = True
        return seen

    def viewed(self, view: View, code: int) -> Sequence[Any] | None:
        """Return what a view gives for a content; ``None`` where it fails on a value."""
        known = self.known.viewed.setdefault(view, {})
        if code not in known:
            try:
                known[code] = [
                    item for value in self.distinct[code].values for item in view.convert(value)
                ]
            except (Fault, RegexError):
                known[code] = None
        return known[code]

    def take(self, rows: Rows) -> Column:
        """Return the column of some of the events, with the same table of contents."""
        return Column(self.codes[rows], self.distinct, self.known)


class Contents(Sequence[Cell]):
    """Distinct JSON values, each as a cell that is made when it is first looked at."""

    def __init__(self, values: Sequence[Any]) -> None:
        self.values = values
        self._cells: dict[int, Cell] = {}

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, index: Any) -> Any:
        found = self._cells.get(index)
        if found is None:
            found = self._cells[index] = _cell_of(self.values[index])
        return found

    @cached_property
    def all_text(self) -> bool:
        """Whether every value is a text."""
        return set(map(type, self.values)) <= {str}


def _cell_of(value: Any) -> Cell:
    """Return what a field holds whose JSON value is this one."""
    if type(value) is str:
        return Cell(present=True, values=(value,))
    if isinstance(value, Cell):
        return value
    if value is MISSING:
        return ABSENT
    found = list(leaves(value))
    values = tuple(one for one in found if one is not None)
    return Cell(present=True, values=values, nulls=len(found) - len(values))


def _folded(contents: Sequence[Cell], view: View, case: Case) -> Folded:
    if view.plain and isinstance(contents, Contents):
        return _folded_values(contents, view, case)
    at: list[int] = []
    single: list[str] = []
    others: list[tuple[int, list[str] | None]] = []
    for index, one in enumerate(contents):
        found = texts_of(one, view, case)
        if found is not None and len(found) == 1:
            at.append(index)
            single.append(found[0])
        else:
            others.append((index, found))
    return Folded(np.array(at, dtype=np.intp), single, others)


def _folded_values(contents: Contents, view: View, case: Case) -> Folded:
    """Return the texts of values, of which nearly all are texts already."""
    values = contents.values
    at = np.arange(len(values), dtype=np.intp)
    others: list[tuple[int, list[str] | None]] = []
    if not contents.all_text:
        kept = [index for index, value in enumerate(values) if type(value) is str]
        others = [
            (index, texts_of(contents[index], view, case))
            for index, value in enumerate(values)
            if type(value) is not str
        ]
        values = [values[index] for index in kept]
        at = np.array(kept, dtype=np.intp)
    if case is Case.SENSITIVE:
        return Folded(at, list(values), others)
    texts = [text.lower() if text.isascii() else fold(text, case) for text in values]
    return Folded(at, texts, others)


class Columns:
    """Events as columns, each built when it is first asked for.

    ``events`` may hold less than the events themselves hold, as long as nothing else is asked.
    """

    def __init__(self, events: Sequence[Event]) -> None:
        self.events = events
        self._columns: dict[Hashable, Column] = {}
        self._levels: dict[str, _Level] = {}
        self._asked: list[Semantics] = []  # kept, so that their numbers stay theirs

    def __len__(self) -> int:
        return len(self.events)

    def cells(self, subject: str | AnyField, semantics: Semantics) -> Column:
        """Return the column of cells of a field, or of all leaf values of each event.

        Views go by their names, which are unique within a language only: what a column remembers
        of them is the language's own.
        """
        key = ("cell", subject, id(semantics))
        if key not in self._columns:
            found = self.contents(subject, semantics.lookup)
            self._columns[key] = Column(found.codes, found.distinct)
            self._asked.append(semantics)
        return self._columns[key]

    def contents(self, subject: str | AnyField, lookup: Lookup) -> Column:
        """Return the column of a field without anything that a language remembers of it."""
        key = ("contents", subject, lookup)
        if key not in self._columns:
            if isinstance(subject, AnyField):
                found = [oracle.any_value(event, subject) for event in self.events]
            else:
                found = self.values(subject, lookup)
            self._columns[key] = _encoded(found)
        return self._columns[key]

    def representatives(self, paths: Sequence[str], lookup: Lookup) -> Column:
        """Return a column of events that stand for all events alike in these fields."""
        key = ("fields", tuple(paths), lookup)
        if key not in self._columns:
            if "*" in paths:
                self._columns[key] = _numbered(self.events, _identity)
            else:
                self._columns[key] = _numbered(
                    self.events,
                    lambda event: tuple(_identity(all_at(event, path, lookup)) for path in paths),
                )
        return self._columns[key]

    def take(self, rows: Rows) -> Columns:
        """Return the columns of some of the events."""
        return _Taken(self, rows)

    def may_hold(self, pattern: Any) -> Rows | None:  # noqa: ARG002 - for those who have bytes
        """Return the events whose bytes, as JSON, a pattern finds; ``None`` for any."""
        return None

    def values(self, path: str, lookup: Lookup) -> list[Any]:
        """Return per event the JSON value at a path, or the cell where it takes a search.

        ``MISSING`` stands for none.
        """
        if lookup is Lookup.FLAT or (
            "." not in path and lookup in {Lookup.LITERAL_FIRST, Lookup.PATH}
        ):
            return self.top(path)
        if lookup in {Lookup.LITERAL_FIRST, Lookup.PATH}:
            level, _, last = path.rpartition(".")
            found = self._level(level)
            values = [one.get(last, MISSING) for one in found.objects]
            for row in found.odd:
                values[row] = cell(self.events[row], path, lookup)
            return values
        return [cell(event, path, lookup) for event in self.events]

    def top(self, key: str) -> list[Any]:
        """Return per event the JSON value of a key of its own."""
        return [event.get(key, MISSING) for event in self.events]

    def dotted(self) -> set[int]:
        """Return the events that have a key with a dot."""
        keys = list(map(tuple, self.events))
        shapes = {shape for shape in set(keys) if any("." in key for key in shape)}
        return {row for row, one in enumerate(keys) if one in shapes} if shapes else set()

    def _level(self, path: str) -> _Level:
        """Return the objects at a path that is written with dots."""
        if path not in self._levels:
            above, _, last = path.rpartition(".")
            if above:
                level = self._level(above)
                objects: Sequence[Any] = [one.get(last, _NOTHING) for one in level.objects]
                odd = set(level.odd)
            else:
                objects, odd = self.top(last), self.dotted()
            self._levels[path] = _level_of(objects, odd)
        return self._levels[path]


class _Taken(Columns):
    """Some of the events of other columns."""

    def __init__(self, whole: Columns, rows: Rows) -> None:
        super().__init__(Picked(whole.events, rows))
        self._whole, self._rows = whole, rows

    def cells(self, subject: str | AnyField, semantics: Semantics) -> Column:
        if isinstance(subject, AnyField):
            return super().cells(subject, semantics)
        key = ("cell", subject, id(semantics))
        if key not in self._columns:
            self._columns[key] = self._whole.cells(subject, semantics).take(self._rows)
        return self._columns[key]

    def take(self, rows: Rows) -> Columns:
        return _Taken(self._whole, self._rows[rows])


class Picked(Sequence[Event]):
    """Some of a list of events, without a list of their own."""

    def __init__(self, events: Sequence[Event], rows: Rows) -> None:
        self._events, self._rows = events, rows

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: Any) -> Any:
        return self._events[int(self._rows[index])]


_NOTHING: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class _Level:
    """The objects below one key of each event.

    ``odd`` are the events where one key after the other is not the whole search: keys that
    hold dots, or lists of objects, stand in the way.
    """

    objects: Sequence[Mapping[str, Any]]
    odd: Sequence[int]


def _level_of(objects: Sequence[Any], odd: set[int]) -> _Level:
    kinds = set(map(type, objects))
    if not kinds <= {dict}:
        odd.update(row for row, one in enumerate(objects) if isinstance(one, list | tuple))
        objects = [one if isinstance(one, Mapping) else _NOTHING for one in objects]
    shapes = set(map(tuple, objects))
    dotted = {shape for shape in shapes if any("." in key for key in shape)}
    if dotted:
        odd.update(row for row, one in enumerate(objects) if tuple(one) in dotted)
    return _Level(objects, sorted(odd))


def _encoded(values: list[Any]) -> Column:
    """Return values as a column: equal contents have one number."""
    if set(map(type, values)) - APART in ({int}, {bool}, set()):
        table: dict[Any, Any] = dict.fromkeys(values)
        distinct = list(table)
        table = dict(zip(distinct, range(len(distinct)), strict=True))
        codes = np.fromiter(map(table.__getitem__, values), np.int32, len(values))
        return Column(codes, Contents(distinct))
    return _numbered(values, _content_key, Contents)


def _content_key(value: Any) -> str | tuple[object, ...]:
    return value if type(value) is str else _cell_of(value).key


def _numbered(
    items: Sequence[Any],
    identity: Callable[[Any], Hashable],
    contents: Callable[[list[Any]], Sequence[Any]] = list,
) -> Column:
    codes = np.empty(len(items), dtype=np.int32)
    table: dict[Hashable, int] = {}
    distinct: list[Any] = []
    for row, item in enumerate(items):
        code = table.setdefault(identity(item), len(distinct))
        if code == len(distinct):
            distinct.append(item)
        codes[row] = code
    return Column(codes, contents(distinct))


def _identity(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=repr)
