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

from harness.errors import Fault
from harness.evaluate import oracle
from harness.evaluate.clauses import needle_of
from harness.evaluate.columns import Column, Columns, Folded, Rows
from harness.evaluate.leaf import atom_truth, presence_truth
from harness.evaluate.texts import Subject, TextSet, any_atom, subject_of
from harness.ir.checks import Matches
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
    Quantifier,
    fields_of,
    walk_predicate,
)
from harness.ir.regexes import RegexError
from harness.ir.semantics import Semantics
from harness.ir.truth import NEGATION, Truth, both, disjunction

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
            return _all(items, columns, semantics)
        case Or():
            return _any(node, columns, semantics)
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
            return _of_values(node, column)
        case Presence(field=path):
            column = columns.cells(path, semantics)
            return _spread(column, lambda item: presence_truth(node, item))
        case Nested(path, _):
            column = columns.representatives([path], semantics.lookup)
            return _spread(column, lambda event: oracle.evaluate(node, event, semantics))
        case Condition():
            column = columns.representatives(_read_by(node), semantics.lookup)
            return _spread(column, lambda event: oracle.condition_truth(node, event, semantics))


def _all(items: Sequence[Predicate], columns: Columns, semantics: Semantics) -> Outcomes:
    """Decide a conjunction; where order does not matter, only while an event may still pass."""
    if semantics.ordered:
        return _conjunction([evaluate(item, columns, semantics) for item in items], columns)
    result = np.full(len(columns), Truth.TRUE, dtype=np.uint8)
    rows: Rows | None = None
    some = columns
    for item in items:
        part = evaluate(item, some, semantics)
        if rows is None:
            result = _AND[result, part]
            left = np.flatnonzero(result)
        else:
            joined = _AND[result[rows], part]
            result[rows] = joined
            left = rows[np.flatnonzero(joined)]
        if not len(left):
            break
        if len(left) * 2 <= len(some):
            rows, some = left, columns.take(left)
    return result


def _any(node: Or, columns: Columns, semantics: Semantics) -> Outcomes:
    """Decide a disjunction: plain comparisons together, the rest where none of them holds."""
    if semantics.ordered:
        parts = [_NOT[evaluate(item, columns, semantics)] for item in node.items]
        return _NOT[_conjunction(parts, columns)]
    groups, rest = _grouped(node)
    result = np.full(len(columns), Truth.TRUE, dtype=np.uint8)  # of the negation
    for subject, atoms in groups.items():
        part = _of_texts(atoms, columns.cells(subject.field, semantics), subject)
        result = _AND[result, _NOT[part]]
    if rest:
        left = np.flatnonzero(result)
        if len(left) == len(result):
            return _NOT[_AND[result, _all([Not(item) for item in rest], columns, semantics)]]
        if len(left):
            part = _all([Not(item) for item in rest], columns.take(left), semantics)
            result[left] = _AND[result[left], part]
    return _NOT[result]


def arranged(node: Predicate, semantics: Semantics) -> Predicate:
    """Return a predicate with what is cheap to decide first, where order does not matter."""
    if semantics.ordered:
        return node
    match node:
        case And(items):
            return And(tuple(sorted((arranged(one, semantics) for one in items), key=_cost)))
        case Or(items):
            return Or(tuple(sorted((arranged(one, semantics) for one in items), key=_cost)))
        case Not(item):
            return Not(arranged(item, semantics))
        case _:
            return node


def _cost(node: Predicate) -> int:
    """Return a rank: comparisons of texts, other tests, regular expressions, expressions."""
    rank = 0
    for one in walk_predicate(node):
        match one:
            case Nested() | Condition():
                rank = max(rank, 4)
            case Atom(field=AnyField()):
                rank = max(rank, 3)
            case Atom():
                rank = max(
                    rank, 0 if subject_of(one) else 2 if isinstance(one.check, Matches) else 1
                )
            case _:
                pass
    return rank


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
    return _decided(column, lambda code: outcome(column.distinct[code]))


def _decided(column: Column, outcome: Callable[[int], Truth]) -> Outcomes:
    if not len(column):
        return np.zeros(0, dtype=np.uint8)
    used = column.used()
    table = np.zeros(len(column.distinct), dtype=np.uint8)
    table[used] = np.fromiter(map(outcome, used.tolist()), np.uint8, len(used))
    return table[column.codes]


def _of_values(atom: Atom, column: Column) -> Outcomes:
    """Decide a test that is no plain comparison of texts."""
    check, view, cells = atom.check, atom.view, column.distinct

    def outcome(code: int) -> Truth:
        viewed = column.viewed(view, code)
        if viewed is None or not cells[code].values or atom.quantifier is not Quantifier.ANY:
            return atom_truth(atom, cells[code])
        try:
            return Truth.of(any(check.accepts(item) for item in viewed))
        except (Fault, RegexError):
            return atom_truth(atom, cells[code])

    return _decided(column, outcome)


def _grouped(node: Or) -> tuple[dict[Subject, list[Atom]], list[Predicate]]:
    """Return the plain comparisons of a disjunction by what they look at, and the other parts."""
    groups: dict[Subject, list[Atom]] = {}
    rest: list[Predicate] = []
    for item in _flattened(node):
        subject = subject_of(item)
        if subject is None:
            rest.append(item)
        else:
            assert isinstance(item, Atom)
            groups.setdefault(subject, []).append(item)
    return groups, rest


def _flattened(node: Or) -> Iterator[Predicate]:
    for item in node.items:
        if isinstance(item, Or):
            yield from _flattened(item)
        else:
            yield item


def _of_texts(atoms: Sequence[Atom], column: Column, subject: Subject) -> Outcomes:
    """Decide a disjunction of plain comparisons on the contents that occur."""
    if not len(column):
        return np.zeros(0, dtype=np.uint8)
    folded = column.folded(subject.view, subject.case)
    table = np.zeros(len(column.distinct), dtype=np.uint8)
    left: list[Atom] = []
    for atom in atoms:
        known = column.known.found.get(needle_of(atom))
        if known is None:
            left.append(atom)
        else:
            table[known] = Truth.TRUE
    occurs = column.occurs() if len(folded.others) > 1 else None
    if left:
        _look(left, column, folded, table)
    tests: TextSet | None = None
    for code, texts in folded.others:
        cell = column.distinct[code]
        if not cell.values:
            table[code] = disjunction({atom.missing for atom in atoms})
        elif occurs is None or occurs[code]:
            tests = tests or TextSet(atoms)
            table[code] = any_atom(atoms, tests, subject, cell, texts)
    return table[column.codes]


def _look(atoms: Sequence[Atom], column: Column, folded: Folded, table: Outcomes) -> None:
    """Look for texts that nobody has looked for yet."""
    tests = TextSet(atoms)
    if len(column.used()) == len(column.distinct):
        at, texts = folded.at, folded.texts
    else:
        held = column.occurs()[folded.at]
        at = folded.at[held]
        texts = [folded.texts[index] for index in np.flatnonzero(held).tolist()]
    if len(at):
        table[at] |= np.array(tests.accept(texts), dtype=np.uint8)


def _conjunction(parts: list[Outcomes], columns: Columns) -> Outcomes:
    """Return the conjunction of what is decided in order."""
    start = np.full(len(columns), Truth.TRUE, dtype=np.uint8)
    return reduce(lambda left, right: _AND_ORDERED[left, right], parts, start)


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
