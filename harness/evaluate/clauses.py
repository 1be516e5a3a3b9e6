"""What must be seen in an event before a predicate can hold: lists of texts, one of which hits.

A rule set asks thousands of questions of which an event answers nearly all with no. Texts that
a predicate cannot do without are looked for together, for all predicates at once; what is not
found settles the rest without looking further.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

from harness.evaluate._texts import subject_of
from harness.ir.checks import Equals, Glob, View
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
    all_of,
    walk_predicate,
)
from harness.ir.semantics import Semantics
from harness.ir.truth import Truth
from harness.ir.values import Case

MIN_WEIGHT = 3
"""Texts that weigh less are found nearly everywhere: looking for them is wasted."""
MAX_CLAUSES = 3
"""Lists looked for per predicate; one is enough to be right, two or three leave less to do."""
_ANCHOR_WEIGHT = 2


class Place(NamedTuple):
    """Where texts are looked for: a field, how it is seen, and which letters count as equal."""

    field: str | AnyField
    view: View
    case: Case


class Needle(NamedTuple):
    """A text that stands at a place; ``begins`` and ``ends`` with it where so marked."""

    place: Place
    text: str
    begins: bool = False
    ends: bool = False

    @property
    def weight(self) -> int:
        """How seldom it will be found, by its length."""
        return len(self.text) + _ANCHOR_WEIGHT * (self.begins + self.ends)


@dataclass(frozen=True, slots=True)
class Clause:
    """Needles of which one must be found. ``exact`` if finding one is all that it takes."""

    needles: frozenset[Needle]
    exact: bool

    @property
    def weight(self) -> int:
        """The weight of the needle that is found most."""
        return min((one.weight for one in self.needles), default=MIN_WEIGHT * 1000)


@dataclass(frozen=True, slots=True)
class Required:
    """A predicate as clauses, all of which must hold, and what is left to decide then."""

    clauses: tuple[Clause, ...]
    rest: Predicate


def required(predicate: Predicate, semantics: Semantics) -> Required:
    """Return the clauses of a predicate: on events that miss one it is FALSE.

    Where the language gives UNKNOWN for a missing field, it is FALSE or UNKNOWN.
    """
    parts = list(_conjuncts(predicate))
    if semantics.ordered or not _settles(predicate):
        return Required((), predicate)
    found = [(part, clause) for part in parts for clause in _clauses(part)]
    found = [pair for pair in found if pair[1].weight >= MIN_WEIGHT]
    found.sort(key=lambda pair: -pair[1].weight)  # stable: the first of equals stays first
    chosen = found[:MAX_CLAUSES]
    done = {id(part) for part, clause in chosen if clause.exact}
    rest = [part for part in parts if id(part) not in done]
    return Required(
        tuple(dict.fromkeys(clause for _, clause in chosen)),
        all_of(*rest) if rest else Constant(Truth.TRUE),
    )


def _conjuncts(node: Predicate) -> Iterable[Predicate]:
    if isinstance(node, And):
        return chain.from_iterable(map(_conjuncts, node.items))
    return (node,)


def _settles(predicate: Predicate) -> bool:
    """Return whether one part that does not hold settles the whole.

    A part that is UNKNOWN beside one that fails at run time does not: the whole is undefined.
    """
    unknown = fails = False
    for one in walk_predicate(predicate):
        match one:
            case Atom(missing=missing):
                unknown |= missing is not Truth.FALSE
                fails |= missing is Truth.UNDEFINED or subject_of(one) is None
            case Nested() | Condition():
                fails = True
            case Constant(truth):
                fails |= truth is Truth.UNDEFINED
            case _:
                pass
    return not (unknown and fails)


def _clauses(node: Predicate) -> list[Clause]:
    match node:
        case Atom():
            needle = _needle(node)
            return [] if needle is None else [needle]
        case And(items):
            return [clause for item in items for clause in _clauses(item)]
        case Or(items):
            return _one_of(items, exact=True)
        case AtLeast(count, items) if count > 0:
            return _one_of(items, exact=count == 1)
        case Definite(item):
            return _clauses(item)
        case Not(Not(item)):
            return _clauses(item)
        case Constant(Truth.FALSE):
            return [Clause(frozenset(), exact=True)]
        case Not() | Presence() | Nested() | Condition() | AtLeast() | Constant():
            return []


def _one_of(items: Sequence[Predicate], *, exact: bool) -> list[Clause]:
    """Return the one clause of alternatives: the best of each; none if one has none."""
    needles: set[Needle] = set()
    for item in items:
        found = _clauses(item)
        if not found:
            return []
        best = max(found, key=lambda clause: clause.weight)
        exact = exact and best.exact and not isinstance(item, And)
        needles |= best.needles
    return [Clause(frozenset(needles), exact)]


def _needle(atom: Atom) -> Clause | None:
    if subject_of(atom) is None or atom.missing in {Truth.TRUE, Truth.UNDEFINED}:
        return None
    assert isinstance(atom.check, Equals | Glob)
    runs = atom.check.runs()
    if runs is None:
        return None
    place = Place(atom.field, atom.view, atom.check.case)
    last = len(runs) - 1
    best = max(
        (
            Needle(place, run, begins=index == 0, ends=index == last)
            for index, run in enumerate(runs)
        ),
        key=lambda needle: needle.weight if needle.text or last == 0 else 0,
    )
    whole = last == 0 or [bool(run) for run in runs].count(True) == 1
    return Clause(frozenset([best]), exact=whole and atom.quantifier is Quantifier.ANY)
