"""What one leaf of a predicate gives for the values of one field."""

from __future__ import annotations

from harness.errors import Fault
from harness.ir.cells import ABSENT, Cell
from harness.ir.nodes import Atom, Has, Presence, Quantifier
from harness.ir.regexes import RegexError
from harness.ir.truth import Truth


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
