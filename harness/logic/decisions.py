"""Which conditions of a predicate decide the verdict, on which events.

A condition decides on an event where the verdict would be another one if this condition alone
came out the other way (masking MC/DC: Chilenski, "An Investigation of Three Forms of the
Modified Condition Decision Coverage (MCDC) Criterion", DOT/FAA/AR-01/18, 2001). Events on
which it decides both ways prove that the condition matters.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import accumulate
from typing import Any

from harness.evaluate import oracle
from harness.evaluate.leaf import Leaf, atom_truth, presence_truth
from harness.evaluate.texts import Subject, subject_of, texts_of
from harness.ir import (
    And,
    AnyField,
    AtLeast,
    Atom,
    Cell,
    Constant,
    Definite,
    Equals,
    Glob,
    Not,
    Or,
    Predicate,
    Presence,
    Quantifier,
    Semantics,
    Truth,
)
from harness.logic.search import Goal

Mask = int
"""A set of events, one bit each: the first event is the lowest bit."""
Event = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One occurrence of a condition, and the events on which it decides.

    On ``firing`` the rule fires, and would not if the condition came out the other way; on
    ``silent`` it is the other way round.
    """

    leaf: Leaf
    firing: Mask
    silent: Mask

    @property
    def both_ways(self) -> bool:
        """Whether the condition decides at least once each way."""
        return bool(self.firing and self.silent)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One place of a condition in a predicate.

    ``above`` are the nodes that it stands in, outermost first, and the number of the item that
    leads to it; ``positive`` tells whether it is under an even number of negations.
    """

    leaf: Leaf
    above: tuple[tuple[And | Or | AtLeast, int], ...]
    positive: bool

    def decides(self, *, firing: bool) -> list[Goal]:
        """Return what must hold for the condition to decide, the rule firing or not."""
        goals = [Goal(self.leaf, firing is self.positive)]
        for node, at in self.above:
            others = (*node.items[:at], *node.items[at + 1 :])
            match node:
                case And():
                    goals += [Goal(one, True) for one in others]
                case Or():
                    goals += [Goal(one, False) for one in others]
                case AtLeast(count):
                    goals.append(Goal(AtLeast(count - 1, others), True))
                    goals.append(Goal(AtLeast(count, others), False))
        return goals


def occurrences(predicate: Predicate) -> list[Occurrence]:
    """Return every place of a condition, in the order of :func:`decisions`."""
    found: list[Occurrence] = []

    def visit(
        node: Predicate, above: tuple[tuple[And | Or | AtLeast, int], ...], *, positive: bool
    ) -> None:
        match node:
            case Constant():
                return
            case Not(item):
                visit(item, above, positive=not positive)
            case Definite(item):
                visit(item, above, positive=positive)
            case And(items) | Or(items) | AtLeast(_, items):
                for at, item in enumerate(items):
                    visit(item, (*above, (node, at)), positive=positive)
            case _:
                found.append(Occurrence(node, above, positive))

    visit(predicate, (), positive=True)
    return found


def decisions(
    predicate: Predicate, events: Sequence[Event], semantics: Semantics
) -> list[Decision]:
    """Return for every occurrence of a condition, in order, on which events it decides."""
    return Table(events, semantics).decisions(predicate)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    """The events on which a node is true, and those on which it is false."""

    true: Mask
    false: Mask

    def __invert__(self) -> _Outcome:
        return _Outcome(true=self.false, false=self.true)

    def __and__(self, other: _Outcome) -> _Outcome:
        return _Outcome(true=self.true & other.true, false=self.false | other.false)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Effect:
    """The events on which the rule fires if a node is true, false, or neither."""

    true: Mask
    false: Mask
    neither: Mask

    def __invert__(self) -> _Effect:
        return _Effect(true=self.false, false=self.true, neither=self.neither)

    def of(self, node: _Outcome) -> Mask:
        """Return the events on which the rule fires, given what the node comes to."""
        neither = self.neither & ~(node.true | node.false)
        return (self.true & node.true) | (self.false & node.false) | neither

    def beside(self, others: _Outcome) -> _Effect:
        """Return the effect of one item of a conjunction, given what the others come to."""
        return _Effect(
            true=self.of(others),
            false=self.false,
            neither=(self.false & others.false) | (self.neither & ~others.false),
        )


class Table:
    """What predicates come to on some events; each part of them is decided once."""

    def __init__(self, events: Sequence[Event], semantics: Semantics) -> None:
        self.every = (1 << len(events)) - 1
        self._found: list[Decision] = []
        self._kept: list[Predicate] = []  # what is known of a node goes by its identity
        self._events = events
        self._semantics = semantics
        self._contents: dict[str | AnyField, list[tuple[Cell, Mask]]] = {}
        self._texts: dict[Subject, _Texts] = {}
        self._outcomes: dict[int, _Outcome] = {}

    def decisions(self, predicate: Predicate) -> list[Decision]:
        """Return for every occurrence of a condition on which events it decides."""
        self._kept.append(predicate)
        self._found = []
        self._visit(predicate, _Effect(true=self.every, false=0, neither=0))
        return self._found

    def true(self, node: Predicate) -> Mask:
        """Return the events on which a predicate is true."""
        self._kept.append(node)
        return self._outcome(node).true

    def _visit(self, node: Predicate, effect: _Effect) -> None:
        match node:
            case Constant():
                return
            case Not(item):
                self._visit(item, ~effect)
            case Definite(item):
                now = _Effect(true=effect.true, false=effect.false, neither=effect.false)
                self._visit(item, now)
            case And(items):
                for item, others in zip(items, self._others(items), strict=True):
                    self._visit(item, effect.beside(others))
            case Or(items):
                for item, others in zip(items, self._others(items, negated=True), strict=True):
                    self._visit(item, ~(~effect).beside(others))
            case AtLeast():
                self._counted(node, effect)
            case _:
                self._leaf(node, effect)

    def _leaf(self, leaf: Leaf, effect: _Effect) -> None:
        at = self._outcome(leaf)
        matters = (effect.true ^ effect.false) & (at.true | at.false)
        fires = effect.of(at)
        self._found.append(
            Decision(leaf=leaf, firing=matters & fires, silent=matters & ~fires & self.every)
        )

    def _others(self, items: Sequence[Predicate], *, negated: bool = False) -> list[_Outcome]:
        """Return for each item what the conjunction of all others (or their negations) comes to."""
        outcomes = [self._outcome(item) for item in items]
        if negated:
            outcomes = [~one for one in outcomes]
        true = _Outcome(true=self.every, false=0)
        before = list(accumulate(outcomes, _Outcome.__and__, initial=true))[:-1]
        after = list(accumulate(reversed(outcomes), _Outcome.__and__, initial=true))[-2::-1]
        return [one & other for one, other in zip(before, after, strict=True)]

    def _counted(self, node: AtLeast, effect: _Effect) -> None:
        """Visit items of which a number must hold."""
        outcomes = [self._outcome(item) for item in node.items]
        for at, item in enumerate(node.items):
            rest = [*outcomes[:at], *outcomes[at + 1 :]]
            enough, one_less = (
                self._at_least(node.count, rest),
                self._at_least(node.count - 1, rest),
            )
            open_ = self.every & ~(enough.true | one_less.false)
            settled = (enough.true & effect.true) | (one_less.false & effect.false)
            now = _Effect(
                true=effect.of(one_less),
                false=effect.of(enough),
                neither=settled | (open_ & effect.neither),
            )
            self._visit(item, now)

    def _at_least(self, count: int, outcomes: Sequence[_Outcome]) -> _Outcome:
        true = self._reached([one.true for one in outcomes], count)
        false = self._reached([one.false for one in outcomes], len(outcomes) - count + 1)
        return _Outcome(true=true, false=false)

    def _reached(self, masks: Sequence[Mask], count: int) -> Mask:
        """Return the events that are in at least a number of sets."""
        if count <= 0:
            return self.every
        reached = [0] * count  # in at least 1, 2, ... of the sets looked at so far
        for mask in masks:
            for at in range(count - 1, 0, -1):
                reached[at] |= reached[at - 1] & mask
            reached[0] |= mask
        return reached[-1]

    def _outcome(self, node: Predicate) -> _Outcome:
        known = self._outcomes.get(id(node))
        if known is None:
            known = self._outcomes[id(node)] = self._decided(node)
        return known

    def _decided(self, node: Predicate) -> _Outcome:
        match node:
            case Constant(truth):
                true = self.every if truth is Truth.TRUE else 0
                return _Outcome(true=true, false=self.every if truth is Truth.FALSE else 0)
            case Not(item):
                return ~self._outcome(item)
            case Definite(item):
                true = self._outcome(item).true
                return _Outcome(true=true, false=self.every & ~true)
            case And(items):
                return self._all([self._outcome(item) for item in items])
            case Or(items):
                return ~self._all([~self._outcome(item) for item in items])
            case AtLeast(count, items):
                return self._at_least(count, [self._outcome(item) for item in items])
            case Atom(field=place):
                subject = subject_of(node)
                if subject is not None:
                    return self._by_text(node, subject)
                return self._by_content(place, lambda cell: atom_truth(node, cell))
            case Presence(field=place):
                return self._by_content(place, lambda cell: presence_truth(node, cell))
            case _:
                truths = (oracle.leaf_truth(node, one, self._semantics) for one in self._events)
                return _gathered((truth, 1 << at) for at, truth in enumerate(truths))

    def _all(self, outcomes: Sequence[_Outcome]) -> _Outcome:
        return reduce(_Outcome.__and__, outcomes, _Outcome(true=self.every, false=0))

    def _by_content(self, place: str | AnyField, decide: Callable[[Cell], Truth]) -> _Outcome:
        return _gathered((decide(cell), mask) for cell, mask in self._distinct(place))

    def _by_text(self, atom: Atom, subject: Subject) -> _Outcome:
        """Decide a comparison of text; each content is folded only once for all of them."""
        found = self._texts.get(subject)
        if found is None:
            found = self._texts[subject] = _Texts(self._distinct(subject.field), subject)
        assert isinstance(atom.check, Equals | Glob)
        test = atom.check.on_folded()
        true = 0
        for texts, mask in found.texts:
            for text in texts:
                if test(text):
                    true |= mask
                    break
        rest = _gathered((atom_truth(atom, cell), mask) for cell, mask in found.others)
        return _Outcome(true=true | rest.true, false=(found.seen & ~true) | rest.false)

    def _distinct(self, place: str | AnyField) -> list[tuple[Cell, Mask]]:
        """Return what the events hold at a place, each content once with those that hold it."""
        known = self._contents.get(place)
        if known is not None:
            return known
        found: dict[Hashable, tuple[Cell, Mask]] = {}
        for at, event in enumerate(self._events):
            cell = oracle.cell_of(event, place, self._semantics)
            _, mask = found.get(cell.key, (cell, 0))
            found[cell.key] = (cell, mask | 1 << at)
        self._contents[place] = list(found.values())
        return self._contents[place]


class _Texts:
    """What events hold at a field: folded texts of which one must do, or anything else."""

    def __init__(self, contents: Iterable[tuple[Cell, Mask]], subject: Subject) -> None:
        self.texts: list[tuple[list[str], Mask]] = []
        self.others: list[tuple[Cell, Mask]] = []
        self.seen: Mask = 0
        for cell, mask in contents:
            texts = texts_of(cell, subject.view, subject.case)
            one_will_do = subject.quantifier is Quantifier.ANY
            if texts is not None and (len(texts) == 1 or one_will_do):
                self.texts.append((texts, mask))
                self.seen |= mask
            else:
                self.others.append((cell, mask))


def _gathered(found: Iterable[tuple[Truth, Mask]]) -> _Outcome:
    true = false = 0
    for truth, mask in found:
        if truth is Truth.TRUE:
            true |= mask
        elif truth is Truth.FALSE:
            false |= mask
    return _Outcome(true=true, false=false)
