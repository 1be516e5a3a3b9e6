"""One predicate on many events, one at a time: each part is decided once per distinct content.

Synthetic events differ from one another in a field or two, so nearly everything that a
predicate asks of the next event is known from an earlier one. It gives what ``oracle`` gives.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence

from harness.evaluate import oracle
from harness.evaluate.leaf import Leaf, atom_truth, combined, definite, presence_truth
from harness.evaluate.texts import Subject, TextSet, any_atom, subject_of, texts_of
from harness.ir.cells import Cell, Event
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
    all_of,
    any_of,
    walk_predicate,
)
from harness.ir.semantics import Semantics
from harness.ir.truth import Truth, at_least, conjunction, disjunction, negate

Place = str | AnyField


class Remembered:
    """A predicate that remembers what its parts gave."""

    def __init__(self, node: Predicate, semantics: Semantics) -> None:
        self._semantics = semantics
        self._decide = _part(node, semantics)

    def truth(self, event: Event) -> Truth:
        """Return the outcome of the predicate on one event."""
        return self._decide(_Seen(event, self._semantics))


class _Seen:
    """An event of which each field is looked up once."""

    def __init__(self, event: Event, semantics: Semantics) -> None:
        self.event = event
        self._semantics = semantics
        self._cells: dict[Place, tuple[Cell, Hashable]] = {}

    def at(self, place: Place) -> tuple[Cell, Hashable]:
        """Return what stands at a place, and its identity."""
        found = self._cells.get(place)
        if found is None:
            cell = oracle.cell_of(self.event, place, self._semantics)
            found = self._cells[place] = (cell, cell.key)
        return found


_Part = Callable[[_Seen], Truth]


def _part(node: Predicate, semantics: Semantics) -> _Part:
    """Return how a node is decided."""
    place = _only_place(node)
    if place is not None:
        return _at_one_place(node, place, semantics)
    match node:
        case And() | Or() if not semantics.ordered:
            return _grouped(node, semantics)
        case And(items):
            parts = [_part(item, semantics) for item in items]
            return lambda seen: conjunction((part(seen) for part in parts), ordered=True)
        case Or(items):
            parts = [_part(item, semantics) for item in items]
            return lambda seen: disjunction((part(seen) for part in parts), ordered=True)
        case AtLeast(count, items):
            parts = [_part(item, semantics) for item in items]
            return lambda seen: at_least(count, (part(seen) for part in parts))
        case Not(item):
            inner = _part(item, semantics)
            return lambda seen: negate(inner(seen))
        case Definite(item):
            inner = _part(item, semantics)
            return lambda seen: definite(inner(seen))
        case Constant(truth):
            return lambda _: truth
        case _:
            return lambda seen: oracle.leaf_truth(node, seen.event, semantics)


def _grouped(node: And | Or, semantics: Semantics) -> _Part:
    """Decide the items of one place together; the order of items does not matter."""
    groups: dict[Place, list[Predicate]] = {}
    parts: list[_Part] = []
    for item in _flattened(node):
        place = _only_place(item)
        if place is None:
            parts.append(_part(item, semantics))
        else:
            groups.setdefault(place, []).append(item)
    join = all_of if isinstance(node, And) else any_of
    placed = [_at_one_place(join(*some), place, semantics) for place, some in groups.items()]
    parts = [*placed, *parts]
    decisive = Truth.FALSE if isinstance(node, And) else Truth.TRUE
    neutral = negate(decisive)

    def decide(seen: _Seen) -> Truth:
        result = neutral
        for part in parts:
            found = part(seen)
            if found is decisive:
                return found
            result = max(result, found)  # UNDEFINED over UNKNOWN over the neutral outcome
        return result

    return decide


def _flattened(node: And | Or) -> Iterator[Predicate]:
    for item in node.items:
        if type(item) is type(node):
            assert isinstance(item, And | Or)
            yield from _flattened(item)
        else:
            yield item


def _only_place(node: Predicate) -> Place | None:
    """Return the one place that a predicate looks at; ``None`` for several, or for none."""
    found: set[Place] = set()
    for one in walk_predicate(node):
        if isinstance(one, Nested | Condition):
            return None
        if isinstance(one, Atom | Presence):
            found.add(one.field)
            if len(found) > 1:
                return None
    return next(iter(found), None)


def _at_one_place(node: Predicate, place: Place, semantics: Semantics) -> _Part:
    known: dict[Hashable, Truth] = {}
    decide = _on_cell(node, ordered=semantics.ordered)

    def remembered(seen: _Seen) -> Truth:
        cell, identity = seen.at(place)
        found = known.get(identity)
        if found is None:
            found = known[identity] = decide(cell)
        return found

    return remembered


def _on_cell(node: Predicate, *, ordered: bool) -> Callable[[Cell], Truth]:
    """Return how a predicate on one field is decided, given what the field holds."""
    if isinstance(node, Or) and not ordered:
        together: dict[Subject, list[Atom]] = {}
        rest: list[Callable[[Cell], Truth]] = []
        for item in _flattened(node):
            subject = subject_of(item)
            if subject is None:
                rest.append(_on_cell(item, ordered=ordered))
            else:
                assert isinstance(item, Atom)
                together.setdefault(subject, []).append(item)
        for subject, atoms in together.items():
            rest.append(_texts_at_once(atoms, subject))
        return lambda cell: disjunction(one(cell) for one in rest)

    def leaf(one: Leaf, cell: Cell) -> Truth:
        assert isinstance(one, Atom | Presence)
        return atom_truth(one, cell) if isinstance(one, Atom) else presence_truth(one, cell)

    return lambda cell: combined(node, lambda one: leaf(one, cell), ordered=ordered)


def _texts_at_once(atoms: Sequence[Atom], subject: Subject) -> Callable[[Cell], Truth]:
    tests = TextSet(atoms)
    view, case = subject.view, subject.case
    return lambda cell: any_atom(atoms, tests, subject, cell, texts_of(cell, view, case))
