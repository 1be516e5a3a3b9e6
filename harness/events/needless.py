"""Conditions of a rule that provably decide nothing, told as facts about the rule."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from harness.events.model import Code, Fact
from harness.ir import (
    And,
    AtLeast,
    Atom,
    Constant,
    Definite,
    Not,
    Or,
    Predicate,
    Presence,
    walk_predicate,
)
from harness.ir.nodes import children
from harness.logic.decisions import Occurrence
from harness.logic.search import Goal, Search
from harness.logic.texts import GaveUp
from harness.source import Span

MAX_REASONS = 200
"""Other conditions that are looked at for the one that makes a condition needless."""
MAX_SHOWN = 3
"""Parts of a condition that are written out."""


@dataclass(frozen=True, slots=True)
class Proofs:
    """The ways in which each occurrence of a condition can never decide.

    ``never`` holds the number of the occurrence and whether it is with the rule firing.
    """

    places: Sequence[Occurrence]
    never: frozenset[tuple[int, bool]]

    def dead(self, number: int) -> bool:
        """Return whether an occurrence can be left out, or be taken as true, all the same."""
        return (number, True) in self.never or (number, False) in self.never


def whole(predicate: Predicate, search: Search) -> Fact | None:
    """Return that a predicate can never be true, or never be anything else."""
    for wanted in (True, False):
        try:
            if search.solve([Goal(predicate, wanted)]) is not None:
                continue
        except GaveUp:
            continue
        if wanted:
            why, span = _contradiction(predicate, search)
            what = "the rule can never fire"
            return Fact(code=Code.ALWAYS_FALSE, what=what, why=why, atom=span)
        return Fact(code=Code.ALWAYS_TRUE, what="the rule fires on every event", why="")
    return None


def facts(predicate: Predicate, proofs: Proofs, search: Search) -> list[Fact]:
    """Return what the proofs say, each piece of the rule's text once."""
    branches = list(_unreachable(predicate, proofs))
    told = {number for numbers, _ in branches for number in numbers}
    found = [_branch_fact(branch, search) for _, branch in branches]
    by_text: dict[Span | None, list[int]] = {}
    for number, place in enumerate(proofs.places):
        by_text.setdefault(getattr(place.leaf, "span", None), []).append(number)
    for numbers in by_text.values():  # a value may stand for several conditions: all must be dead
        left = [one for one in numbers if one not in told]
        if left and all(proofs.dead(one) for one in numbers):
            fact = _dead_fact(left[0], proofs, told, search)
            if fact is not None:
                found.append(fact)
                told.update(numbers)
    return found


def _unreachable(predicate: Predicate, proofs: Proofs) -> Iterator[tuple[range, And]]:
    """Yield conjunctions in a choice that never decide by holding, and their occurrences."""
    start = 0

    def visit(node: Predicate, *, positive: bool, choice: bool) -> Iterator[tuple[range, And]]:
        nonlocal start
        first = start
        match node:
            case And(items) | Or(items) | AtLeast(_, items):
                inside: list[tuple[range, And]] = []
                for item in items:
                    inside += visit(item, positive=positive, choice=not isinstance(node, And))
                numbers = range(first, start)
                never = all((one, positive) in proofs.never for one in numbers)
                if isinstance(node, And) and choice and numbers and never:
                    yield numbers, node
                else:
                    yield from inside
            case Not(item):
                yield from visit(item, positive=not positive, choice=False)
            case _ if _is_leaf(node):
                start += 1
            case _:
                for item in children(node):
                    yield from visit(item, positive=positive, choice=choice)

    yield from visit(predicate, positive=True, choice=False)


def _is_leaf(node: Predicate) -> bool:
    return not isinstance(node, Constant | Definite)


def _branch_fact(branch: And, search: Search) -> Fact:
    span = _spanning(branch)
    if _impossible(search, Goal(branch, True)):
        why, _ = _contradiction(branch, search)
        return Fact(code=Code.UNREACHABLE, what="a branch can never hold", why=why, atom=span)
    why = "wherever it holds, the rest of the rule has decided already"
    return Fact(code=Code.UNREACHABLE, what="a branch decides nothing", why=why, atom=span)


def _dead_fact(number: int, proofs: Proofs, told: set[int], search: Search) -> Fact | None:
    """Tell why a condition is dead; ``None`` if only beside one that is told of already."""
    place = proofs.places[number]
    leaf, again = place.leaf, False
    covered = (number, place.positive) in proofs.never
    for at, other in _beside(number, proofs.places, Or if covered else And):
        narrow, wide = (leaf, other) if covered else (other, leaf)
        if not _impossible(search, Goal(narrow, True), Goal(wide, False)):
            continue
        if at in told:
            again = True  # of two that come to the same, one is needed
            continue
        words = (
            "whatever it matches is matched by" if covered else "it holds wherever another does:"
        )
        why = (
            "the rule asks the same elsewhere" if _same(leaf, other) else f"{words} {_shown(other)}"
        )
        break
    else:
        if again:
            return None
        why = "the other conditions come to the same without it"
    what = f"{_shown(leaf)} decides nothing"
    return Fact(code=Code.DEAD, what=what, why=why, atom=getattr(leaf, "span", None))


def _same(one: Predicate, other: Predicate) -> bool:
    tests = [replace(test, span=None) for test in (one, other) if isinstance(test, Atom | Presence)]
    return len(tests) == 2 and tests[0] == tests[1]  # noqa: PLR2004 - both of them


def _beside(
    number: int, places: Sequence[Occurrence], kind: type[And | Or]
) -> Iterator[tuple[int, Atom | Presence]]:
    """Yield other tests of the same field that a conjunction or a choice joins with this one."""
    place = places[number]
    leaf = place.leaf
    if not isinstance(leaf, Atom | Presence):
        return
    for at, other in enumerate(places):
        test = other.leaf
        if at == number or not isinstance(test, Atom | Presence) or test.field != leaf.field:
            continue
        if isinstance(_where_they_part(place, other), kind):
            yield at, test


def _where_they_part(one: Occurrence, other: Occurrence) -> Predicate | None:
    for (node, at), (same, to) in zip(one.above, other.above, strict=False):
        if node is not same:
            return None
        if at != to:
            return node
    return None


def _contradiction(node: Predicate, search: Search) -> tuple[str, Span | None]:
    """Return two conditions that exclude each other, in words, and where the later one stands."""
    needed = list(_needed(node, wanted=True))[:MAX_REASONS]
    for at, one in enumerate(needed):
        for other in needed[at + 1 :]:
            if _impossible(search, one, other):
                words = f"{_goal_shown(one)} and {_goal_shown(other)} exclude each other"
                return words, _spanning(other.node) or _spanning(one.node)
    return "its conditions exclude each other", _spanning(node)


def _needed(node: Predicate, *, wanted: bool) -> Iterator[Goal]:
    """Yield what must come out so in any case for a node to come out as wanted."""
    match node:
        case Not(item):
            yield from _needed(item, wanted=not wanted)
        case And(items) if wanted:
            for item in items:
                yield from _needed(item, wanted=True)
        case Or(items) if not wanted:
            for item in items:
                yield from _needed(item, wanted=False)
        case _:
            yield Goal(node, wanted)


def _impossible(search: Search, *goals: Goal) -> bool:
    try:
        return search.solve(goals) is None
    except GaveUp:
        return False


def _goal_shown(goal: Goal) -> str:
    return _shown(goal.node) if goal.wanted else f"not ({_shown(goal.node)})"


def _shown(node: Predicate) -> str:
    """Return a part of a rule in words."""
    match node:
        case Atom(field=place, check=check):
            return f"{place} {check.describe()}"
        case Presence(field=place, has=has):
            return f"{place}: {has.value}"
        case And(items) | Or(items) if items:
            word = " and " if isinstance(node, And) else " or "
            shown = [_shown(one) for one in items[:MAX_SHOWN]]
            more = len(items) - len(shown)
            return word.join(shown) + (f"{word}{more} more" if more else "")
        case Not(item):
            return f"not ({_shown(item)})"
        case _:
            return "an expression"


def _spanning(node: Predicate) -> Span | None:
    """Return the stretch of text that the conditions of a node stand in."""
    spans = [one.span for one in walk_predicate(node) if isinstance(one, Atom | Presence)]
    placed = [span for span in spans if span]
    if not placed:
        return None
    return Span(min(one.start for one in placed), max(one.end for one in placed))
