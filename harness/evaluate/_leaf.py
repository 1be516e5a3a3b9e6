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


def presence_truth(test: Presence, cell: Cell) -> Truth:
    """Return the outcome of a presence test."""
    match test.has:
        case Has.KEY:
            return Truth.of(cell.present)
        case Has.VALUE:
            return Truth.of(bool(cell.values))
        case Has.NULL:
            return Truth.of(cell == ABSENT or (not cell.values and cell.nulls > 0))
