"""What one leaf of a predicate gives for the values of one field, and what a tree makes of it."""

from __future__ import annotations

from collections.abc import Callable

from harness.errors import Fault
from harness.ir.cells import ABSENT, Cell
from harness.ir.nodes import (
    And,
    AtLeast,
    Atom,
    Condition,
    Constant,
    Definite,
    Has,
    Nested,
    Not,
    Or,
    Predicate,
    Presence,
    Quantifier,
)
from harness.ir.regexes import RegexError
from harness.ir.truth import Truth, at_least, conjunction, disjunction, negate

Leaf = Atom | Presence | Nested | Condition


def combined(node: Predicate, leaf: Callable[[Leaf], Truth], *, ordered: bool) -> Truth:
    """Return the outcome of a tree, given what each of its leaves gives when it is asked."""
    match node:
        case And(items):
            outcomes = (combined(item, leaf, ordered=ordered) for item in items)
            return conjunction(outcomes, ordered=ordered)
        case Or(items):
            outcomes = (combined(item, leaf, ordered=ordered) for item in items)
            return disjunction(outcomes, ordered=ordered)
        case Not(item):
            return negate(combined(item, leaf, ordered=ordered))
        case AtLeast(count, items):
            return at_least(count, (combined(item, leaf, ordered=ordered) for item in items))
        case Definite(item):
            return definite(combined(item, leaf, ordered=ordered))
        case Constant(truth):
            return truth
        case _:
            return leaf(node)


def definite(outcome: Truth) -> Truth:
    """Return an outcome as that of a two-valued statement; undefined stays what it is."""
    return Truth.FALSE if outcome is Truth.UNKNOWN else outcome


def atom_truth(atom: Atom, cell: Cell) -> Truth:
    """Return the outcome of an atom on what an event holds at its field."""
    if not cell.values:
        return atom.missing
    if atom.quantifier in {Quantifier.ONLY, Quantifier.ONLY_DISTINCT}:
        return _only(atom, cell)
    faults = False
    viewed = 0
    wanted = atom.quantifier is Quantifier.ANY
    for value in cell.values:
        try:
            for item in atom.view.convert(value):
                viewed += 1
                if atom.check.accepts(item) is wanted:
                    return Truth.of(wanted)
        except (Fault, RegexError):
            faults = True
    if faults:
        return Truth.UNDEFINED
    return Truth.of(not wanted and viewed > 0)


def _only(atom: Atom, cell: Cell) -> Truth:
    """Return the outcome of an atom on one value, as the view sees the field."""
    try:
        viewed = [item for value in cell.values for item in atom.view.convert(value)]
        if atom.quantifier is Quantifier.ONLY_DISTINCT:
            viewed = list(dict.fromkeys(viewed))
        if not viewed:
            return atom.missing
        return Truth.UNKNOWN if len(viewed) > 1 else Truth.of(atom.check.accepts(viewed[0]))
    except (Fault, RegexError):
        return Truth.UNDEFINED


def presence_truth(test: Presence, cell: Cell) -> Truth:
    """Return the outcome of a presence test."""
    match test.has:
        case Has.KEY:
            return Truth.of(cell.present)
        case Has.VALUE:
            return Truth.of(bool(cell.values))
        case Has.NULL:
            return Truth.of(cell == ABSENT or (not cell.values and cell.nulls > 0))
