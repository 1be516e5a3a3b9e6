"""What must be seen in an event before a predicate can hold: lists of texts, one of which hits.

A rule set asks thousands of questions of which an event answers nearly all with no. Texts that
a predicate cannot do without are looked for together, for all predicates at once; what is not
found settles the rest without looking further.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

from harness.evaluate.texts import subject_of
from harness.ir.checks import Equals, Glob, Matches, View
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
from harness.ir.regexes import rarity, required_texts
from harness.ir.semantics import Semantics
from harness.ir.truth import Truth
from harness.ir.values import Case, fold

MIN_WEIGHT = 3
"""Texts that weigh less are found nearly everywhere: looking for them is wasted."""
MAX_CLAUSES = 3
"""Lists looked for per predicate; one is enough to be right, two or three leave less to do."""
_ANCHOR_WEIGHT = 2


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """Where texts are looked for: a field, how it is seen, and which letters count as equal.

    :func:`place` gives the one object of each, so that places are compared as quickly as can be.
    """

    field: str | AnyField
    view: View
    case: Case


_PLACES: dict[tuple[object, ...], Place] = {}
_MOST_PLACES = 65_536


def place(field: str | AnyField, view: View, case: Case) -> Place:
    """Return the place that is described so, the same object each time.

    Views of different languages may share a name, so what they do counts as well.
    """
    key = (field, view.name, view.convert, case)
    found = _PLACES.get(key)
    if found is None:
        if len(_PLACES) >= _MOST_PLACES:
            _PLACES.clear()
        found = _PLACES[key] = Place(field, view, case)
    return found


class Needle(NamedTuple):
    """A text that stands at a place; ``begins`` and ``ends`` with it where so marked."""

    place: Place
    text: str
    begins: bool = False
    ends: bool = False

    @property
    def weight(self) -> int:
        """How seldom it will be found."""
        return rarity(self.text) + _ANCHOR_WEIGHT * (self.begins + self.ends)


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
    """A predicate as clauses, all of which must hold, and what is left to decide then.

    ``parts`` are, for each clause, the part of the predicate that it stands for; ``None`` where
    that is in ``rest`` as well, since finding a text is not all that it takes.
    """

    clauses: tuple[Clause, ...]
    parts: tuple[Predicate | None, ...]
    rest: Predicate

    def without(self, needles: AbstractSet[Needle]) -> Required:
        """Return the same without the clauses that look for some texts."""
        kept = [index for index, one in enumerate(self.clauses) if not one.needles & needles]
        if len(kept) == len(self.clauses):
            return self
        lost = [
            part for index, part in enumerate(self.parts) if index not in kept and part is not None
        ]
        return Required(
            tuple(self.clauses[index] for index in kept),
            tuple(self.parts[index] for index in kept),
            all_of(*lost, self.rest) if lost else self.rest,
        )


def required(predicate: Predicate, semantics: Semantics) -> Required:
    """Return the clauses of a predicate: on events that miss one it is FALSE.

    Where the language gives UNKNOWN for a missing field, it is FALSE or UNKNOWN.
    """
    parts = list(_conjuncts(predicate))
    if semantics.ordered or not _settles(predicate):
        return Required((), (), predicate)
    found = [(part, clause) for part in parts for clause in _clauses(part)]
    found = [pair for pair in found if pair[1].weight >= MIN_WEIGHT]
    found.sort(key=lambda pair: -pair[1].weight)  # stable: the first of equals stays first
    chosen = {clause: part for part, clause in reversed(found[:MAX_CLAUSES])}
    done = {id(part) for clause, part in chosen.items() if clause.exact}
    rest = [part for part in parts if id(part) not in done]
    return Required(
        tuple(chosen),
        tuple(part if clause.exact else None for clause, part in chosen.items()),
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
        case Atom(check=Matches()):
            return _clauses_of_regex(node)
        case Atom():
            clause = _clause(node)
            return [] if clause is None else [clause]
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


class _Literal(NamedTuple):
    """The longest text of a plain comparison; ``simple`` if it is the only one."""

    needle: Needle
    simple: bool


def _literal(atom: Atom) -> _Literal | None:
    """Return the text of a plain comparison that is found least."""
    if subject_of(atom) is None:
        return None
    assert isinstance(atom.check, Equals | Glob)
    at = place(atom.field, atom.view, atom.check.case)
    runs = atom.check.runs()
    if runs is None:
        return _part_of(atom.check, at)
    last = len(runs) - 1
    needles = [
        Needle(at, run, begins=index == 0, ends=index == last) for index, run in enumerate(runs)
    ]
    best = max(needles, key=lambda one: one.weight if one.text or last == 0 else 0)
    return _Literal(best, simple=last == 0 or sum(map(bool, runs)) == 1)


def _part_of(check: Equals | Glob, at: Place) -> _Literal | None:
    """Return the best text of a comparison that has wildcards for one character."""
    pieces = check.pieces if isinstance(check, Glob) else ()
    last = len(pieces) - 1
    needles = [
        Needle(at, fold(one, at.case), begins=index == 0, ends=index == last)
        for index, one in enumerate(pieces)
        if isinstance(one, str)
    ]
    best = max(needles, key=lambda one: one.weight, default=None)
    return None if best is None else _Literal(best, simple=False)


def needle_of(atom: Atom) -> Needle | None:
    """Return the one text that a plain comparison looks for; ``None`` if that is not all."""
    found = _literal(atom)
    return found.needle if found is not None and found.simple else None


def needles_of(predicate: Predicate) -> Iterator[Needle]:
    """Yield the texts that plain comparisons of a predicate look for, if they are worth it."""
    match predicate:
        case Atom():
            needle = needle_of(predicate)
            if needle is not None and needle.weight >= MIN_WEIGHT:
                yield needle
        case And(items) | Or(items) | AtLeast(_, items):
            for item in items:
                yield from needles_of(item)
        case Not(item) | Definite(item):
            yield from needles_of(item)
        case _:
            return


def _clause(atom: Atom) -> Clause | None:
    found = _literal(atom)
    if found is None or atom.missing in {Truth.TRUE, Truth.UNDEFINED}:
        return None
    exact = found.simple and atom.quantifier is Quantifier.ANY
    return Clause(frozenset([found.needle]), exact)


def _clauses_of_regex(atom: Atom) -> list[Clause]:
    check = atom.check
    assert isinstance(check, Matches)
    if atom.missing in {Truth.TRUE, Truth.UNDEFINED}:
        return []
    texts = required_texts(check.pattern, check.dialect, case=check.case, flags=check.flags)
    at = place(atom.field, atom.view, Case.UNICODE)
    return [Clause(frozenset(Needle(at, text) for text in texts), exact=False)] if texts else []
