"""The fast evaluator: each leaf decided once per distinct content, on whole columns.

The tree above the leaves works on vectors of outcomes. It gives what ``oracle`` gives, event
by event.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.evaluate import oracle
from harness.evaluate._leaf import atom_truth, presence_truth
from harness.evaluate._texts import Subject, TextSet, any_atom, subject_of
from harness.evaluate.columns import Column, Columns
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

Outcomes = NDArray[np.uint8]
"""One :class:`~harness.ir.truth.Truth` number per event."""

_NOT = np.array(NEGATION, dtype=np.uint8)
_AND = np.array([[both(a, b) for b in Truth] for a in Truth], dtype=np.uint8)
_AND_ORDERED = np.array([[both(a, b, ordered=True) for b in Truth] for a in Truth], dtype=np.uint8)
_DEFINITE = np.array([0, 1, 0, 3], dtype=np.uint8)


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


def _spread(column: Column, outcome: Callable[[Any], Truth]) -> Outcomes:
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


def _of_texts(atoms: Sequence[Atom], column: Column, subject: Subject) -> Outcomes:
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
