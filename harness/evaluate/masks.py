"""The fast evaluator: columns of distinct cells, each leaf decided once per distinct cell.

A column stores for every event the number of its cell in a table of distinct cells, so a leaf
is evaluated once per distinct cell and spread over the events by indexing; the tree above the
leaves works on whole vectors of outcomes. It gives what ``oracle`` gives, event by event.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.evaluate import oracle
from harness.evaluate._leaf import atom_truth, presence_truth
from harness.evaluate._texts import Subject, TextSet, any_atom, subject_of, texts_of
from harness.ir.cells import Cell, Event, Lookup, all_at
from harness.ir.checks import View
from harness.ir.nodes import (
    And,
    AnyField,
    AtLeast,
    Atom,
    Condition,
    Constant,
    Definite,
    Nested,
    Not,
    Or,
    Predicate,
    Presence,
    fields_of,
    walk_predicate,
)
from harness.ir.semantics import Semantics
from harness.ir.truth import NEGATION, Truth, both
from harness.ir.values import Case

Outcomes = NDArray[np.uint8]
"""One :class:`~harness.ir.truth.Truth` number per event."""

_NOT = np.array(NEGATION, dtype=np.uint8)
_AND = np.array([[both(a, b) for b in Truth] for a in Truth], dtype=np.uint8)
_AND_ORDERED = np.array([[both(a, b, ordered=True) for b in Truth] for a in Truth], dtype=np.uint8)
_DEFINITE = np.array([0, 1, 0, 3], dtype=np.uint8)


@dataclass(frozen=True, slots=True)
class _Folded:
    """The distinct cells of a column as folded texts: those with just one, and the others.

    Of the others, ``None`` stands for a cell that has no texts, or not only texts.
    """

    at: NDArray[np.intp]
    texts: list[str]
    others: list[tuple[int, list[str] | None]]


@dataclass(frozen=True, slots=True)
class _Column:
    codes: NDArray[np.int32]
    distinct: list[Any]
    _folded: dict[tuple[View, Case], _Folded] = field(default_factory=dict)

    def folded(self, view: View, case: Case) -> _Folded:
        """Return the texts that a view gives for each distinct cell, folded; once for all atoms."""
        key = (view, case)
        if key not in self._folded:
            self._folded[key] = _folded(self.distinct, view, case)
        return self._folded[key]


def _folded(cells: Sequence[Cell], view: View, case: Case) -> _Folded:
    at: list[int] = []
    single: list[str] = []
    others: list[tuple[int, list[str] | None]] = []
    for index, cell in enumerate(cells):
        found = texts_of(cell, view, case)
        if found is not None and len(found) == 1:
            at.append(index)
            single.append(found[0])
        else:
            others.append((index, found))
    return _Folded(np.array(at, dtype=np.intp), single, others)


class Columns:
    """Events as dictionary-encoded columns, built per field when first asked for."""

    def __init__(self, events: Sequence[Event]) -> None:
        self.events = events
        self._columns: dict[Hashable, _Column] = {}

    def __len__(self) -> int:
        return len(self.events)

    def cells(self, subject: str | AnyField, semantics: Semantics) -> _Column:
        """Return the column of cells of a field, or of all leaf values of each event."""
        return self._column(
            ("cell", subject, semantics.lookup),
            lambda event: oracle.cell_of(event, subject, semantics),
            lambda item: item.key,
        )

    def representatives(self, paths: Sequence[str], lookup: Lookup) -> _Column:
        """Return a column of events that stand for all events alike in these fields."""
        if "*" in paths:
            return self._column("events", lambda event: event, _identity)
        return self._column(
            ("fields", tuple(paths), lookup),
            lambda event: event,
            lambda event: tuple(_identity(all_at(event, path, lookup)) for path in paths),
        )

    def _column(
        self,
        key: Hashable,
        value: Callable[[Event], Any],
        identity: Callable[[Any], Hashable],
    ) -> _Column:
        if key not in self._columns:
            codes = np.empty(len(self.events), dtype=np.int32)
            table: dict[Hashable, int] = {}
            distinct: list[Any] = []
            for row, event in enumerate(self.events):
                item = value(event)
                code = table.setdefault(identity(item), len(distinct))
                if code == len(distinct):
                    distinct.append(item)
                codes[row] = code
            self._columns[key] = _Column(codes, distinct)
        return self._columns[key]


def _identity(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=repr)


def evaluate(node: Predicate, columns: Columns, semantics: Semantics) -> Outcomes:
    """Return the outcome of a predicate for every event of the columns."""
    match node:
        case And(items):
            return _conjunction(
                [evaluate(item, columns, semantics) for item in items], columns, semantics
            )
        case Or(items):
            parts = _disjoint_texts(node, columns, semantics)
            if parts is None:
                parts = [evaluate(item, columns, semantics) for item in items]
            return _NOT[_conjunction([_NOT[part] for part in parts], columns, semantics)]
        case Not(item):
            return _NOT[evaluate(item, columns, semantics)]
        case AtLeast(count, items):
            return _at_least(count, [evaluate(item, columns, semantics) for item in items], columns)
        case Definite(item):
            return _DEFINITE[evaluate(item, columns, semantics)]
        case Constant(truth):
            return np.full(len(columns), truth, dtype=np.uint8)
        case Atom(field=place):
            column = columns.cells(place, semantics)
            subject = subject_of(node)
            if subject is not None:
                return _of_texts([node], column, subject)
            return _spread(column, lambda item: atom_truth(node, item))
        case Presence(field=path):
            column = columns.cells(path, semantics)
            return _spread(column, lambda item: presence_truth(node, item))
        case Nested(path, _):
            column = columns.representatives([path], semantics.lookup)
            return _spread(column, lambda event: oracle.evaluate(node, event, semantics))
        case Condition():
            column = columns.representatives(_read_by(node), semantics.lookup)
            return _spread(column, lambda event: oracle.condition_truth(node, event, semantics))


def _read_by(node: Condition) -> list[str]:
    """Return the paths that a condition's outcome depends on; ``*`` for the whole event."""
    paths = fields_of(node)
    for part in walk_predicate(node):
        if isinstance(part, Atom) and isinstance(part.field, AnyField):
            return ["*"]
        if isinstance(part, Nested):
            paths.add(part.path)
    return sorted(paths)


def _spread(column: _Column, outcome: Callable[[Any], Truth]) -> Outcomes:
    """Decide each distinct item once and give every event the outcome of its item."""
    table = np.fromiter((outcome(item) for item in column.distinct), np.uint8, len(column.distinct))
    return table[column.codes] if len(table) else np.zeros(0, dtype=np.uint8)


def _disjoint_texts(node: Or, columns: Columns, semantics: Semantics) -> list[Outcomes] | None:
    """Return the parts of a disjunction, its plain comparisons of one subject made together.

    ``None`` where nothing can be put together, or the order of the parts matters.
    """
    if semantics.ordered:
        return None
    groups: dict[Subject, list[Atom]] = {}
    rest: list[Predicate] = []
    for item in _flattened(node):
        subject = subject_of(item)
        if subject is None:
            rest.append(item)
        else:
            assert isinstance(item, Atom)
            groups.setdefault(subject, []).append(item)
    if all(len(atoms) == 1 for atoms in groups.values()):
        return None
    parts = [evaluate(item, columns, semantics) for item in rest]
    for subject, atoms in groups.items():
        parts.append(_of_texts(atoms, columns.cells(subject.field, semantics), subject))
    return parts


def _flattened(node: Or) -> Iterator[Predicate]:
    for item in node.items:
        if isinstance(item, Or):
            yield from _flattened(item)
        else:
            yield item


def _of_texts(atoms: Sequence[Atom], column: _Column, subject: Subject) -> Outcomes:
    """Decide a disjunction of plain comparisons on all distinct cells."""
    folded = column.folded(subject.view, subject.case)
    tests = TextSet(atoms)
    table = np.empty(len(column.distinct), dtype=np.uint8)
    table[folded.at] = tests.accept(folded.texts)
    for index, texts in folded.others:
        table[index] = any_atom(atoms, tests, subject, column.distinct[index], texts)
    return table[column.codes]


def _conjunction(parts: list[Outcomes], columns: Columns, semantics: Semantics) -> Outcomes:
    table = _AND_ORDERED if semantics.ordered else _AND
    start = np.full(len(columns), Truth.TRUE, dtype=np.uint8)
    return reduce(lambda left, right: table[left, right], parts, start)


def _at_least(count: int, parts: list[Outcomes], columns: Columns) -> Outcomes:
    def tally(truth: Truth) -> NDArray[np.int64]:
        zero = np.zeros(len(columns), dtype=np.int64)
        return sum(((part == truth).astype(np.int64) for part in parts), zero)

    true, unknown, undefined = tally(Truth.TRUE), tally(Truth.UNKNOWN), tally(Truth.UNDEFINED)
    result = np.full(len(columns), Truth.UNKNOWN, dtype=np.uint8)
    result[true + unknown < count] = Truth.UNDEFINED
    result[true + unknown + undefined < count] = Truth.FALSE
    result[true >= count] = Truth.TRUE
    return result
