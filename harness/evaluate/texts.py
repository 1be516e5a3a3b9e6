"""Many plain comparisons of texts at once: one field, one view, one rule of letter case."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from harness.errors import Fault
from harness.evaluate.leaf import atom_truth
from harness.ir.cells import Cell
from harness.ir.checks import Equals, Glob, View
from harness.ir.nodes import AnyField, Atom, Predicate, Quantifier
from harness.ir.regexes import RegexError
from harness.ir.truth import Truth, disjunction
from harness.ir.values import Case, fold


def texts_of(cell: Cell, view: View, case: Case) -> list[str] | None:
    """Return the texts that a view gives for a cell, folded.

    ``None`` where the cell is empty, or the view fails on a value or gives something else.
    """
    if not cell.values:
        return None
    items: list[str] = []
    for value in cell.values:
        try:
            for item in view.convert(value):
                if not isinstance(item, str):
                    return None
                items.append(fold(item, case))
        except (Fault, RegexError):
            return None
    return items


class Subject(NamedTuple):
    """What plain comparisons must share to be made together."""

    field: str | AnyField
    view: View
    case: Case
    quantifier: Quantifier


def subject_of(node: Predicate) -> Subject | None:
    """Return what a plain comparison of texts looks at; ``None`` for any other predicate."""
    if not isinstance(node, Atom):
        return None
    check = node.check
    if isinstance(check, Glob) or (isinstance(check, Equals) and isinstance(check.value, str)):
        return Subject(node.field, node.view, check.case, node.quantifier)
    return None


class TextSet:
    """The disjunction of plain comparisons that have one subject."""

    def __init__(self, atoms: Iterable[Atom]) -> None:
        equal: list[str] = []
        starts: list[str] = []
        ends: list[str] = []
        inside: list[str] = []
        self._others: list[Callable[[str], bool]] = []
        for atom in atoms:
            assert isinstance(atom.check, Equals | Glob)
            match atom.check.runs():
                case (run,):
                    equal.append(run)
                case (run, ""):
                    starts.append(run)
                case ("", run):
                    ends.append(run)
                case ("", run, ""):
                    inside.append(run)
                case _:
                    self._others.append(atom.check.on_folded())
        self._equal, self._inside = frozenset(equal), tuple(dict.fromkeys(inside))
        self._starts, self._ends = tuple(dict.fromkeys(starts)), tuple(dict.fromkeys(ends))

    def accepts(self, text: str) -> bool:
        """Return whether one of the comparisons holds for a text."""
        if text in self._equal or text.startswith(self._starts) or text.endswith(self._ends):
            return True
        for run in self._inside:
            if run in text:
                return True
        return any(test(text) for test in self._others)

    def accept(self, texts: Sequence[str]) -> list[bool]:
        """Return for each of many texts whether one of the comparisons holds."""
        found: list[bool] | None = None
        if self._equal:
            found = [text in self._equal for text in texts]
        if self._starts:
            found = _or(found, [text.startswith(self._starts) for text in texts])
        if self._ends:
            found = _or(found, [text.endswith(self._ends) for text in texts])
        for run in self._inside:
            found = _or(found, [run in text for text in texts])
        for test in self._others:
            found = _or(found, [test(text) for text in texts])
        return [False] * len(texts) if found is None else found


def _or(found: list[bool] | None, more: list[bool]) -> list[bool]:
    if found is None:
        return more
    return [one or other for one, other in zip(found, more, strict=True)] if any(more) else found


def any_atom(
    atoms: Sequence[Atom], tests: TextSet, subject: Subject, cell: Cell, texts: list[str] | None
) -> Truth:
    """Return the outcome of a disjunction of plain comparisons of one subject on a cell."""
    if texts is not None and (len(texts) == 1 or subject.quantifier is Quantifier.ANY):
        return Truth.of(any(map(tests.accepts, texts)))
    return disjunction(atom_truth(atom, cell) for atom in atoms)
