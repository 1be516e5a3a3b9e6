"""The ways in which a predicate can come true, each as conditions that must hold together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from harness.ir import (
    And,
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
    Truth,
)

MAX_ALTERNATIVES = 200
"""Alternatives of one predicate that are built; what only others hold is left to ``complete``."""
MAX_COMPANY = 50
"""Conditions of a negated conjunction that are looked at beside one of them."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A leaf of the predicate and the outcome wanted of it.

    ``company`` is what else must hold for a negated conjunction, of which the leaf is a part,
    to exclude an event.
    """

    leaf: Atom | Presence | Condition | Nested
    wanted: bool
    company: tuple[Literal, ...] = field(default=(), compare=False)


Alternative = tuple[Literal, ...]


def alternatives(node: Predicate, *, wanted: bool = True) -> list[Alternative]:
    """Return sets of literals that each make a predicate come out as wanted.

    Every branch of every disjunction occurs in at least one of them; the number is the
    largest number of branches in a conjunction, not their product.
    """
    match node:
        case Constant(truth):
            return [()] if (truth is Truth.TRUE) is wanted else []
        case Not(item):
            return alternatives(item, wanted=not wanted)
        case Definite(item):
            return alternatives(item, wanted=wanted)
        case And(items) if wanted:
            return _together([alternatives(item) for item in items])
        case Or(items) if not wanted:
            return _together([alternatives(item, wanted=False) for item in items])
        case And(items):
            return _unless_all(items)
        case Or(items):
            found = [one for item in items for one in alternatives(item)]
            return found[:MAX_ALTERNATIVES]
        case AtLeast(count, items):
            return _at_least(count, items, wanted=wanted)
        case _:
            return [(Literal(node, wanted),)]


def _unless_all(items: Sequence[Predicate]) -> list[Alternative]:
    """Return the alternatives that each break one of the items; the others are its company."""
    holding = [next(iter(alternatives(item)), ()) for item in items]
    found = []
    for at, item in enumerate(items):
        company = tuple(one for i, others in enumerate(holding) if i != at for one in others)
        found += [
            tuple(replace(one, company=(*one.company, *company)[:MAX_COMPANY]) for one in broken)
            for broken in alternatives(item, wanted=False)
        ]
    return found[:MAX_ALTERNATIVES]


def _together(parts: list[list[Alternative]]) -> list[Alternative]:
    """Join one alternative of each part, so that each is used at least once."""
    if not all(parts):
        return []
    longest = min(max((len(part) for part in parts), default=1), MAX_ALTERNATIVES)
    return [
        tuple(literal for part in parts for literal in part[i % len(part)]) for i in range(longest)
    ]


def _at_least(count: int, items: Sequence[Predicate], *, wanted: bool) -> list[Alternative]:
    need = count if wanted else len(items) - count + 1
    if need <= 0:
        return [()]
    if need > len(items):
        return []
    parts = [alternatives(item, wanted=wanted) for item in items]
    windows = []
    for start in range(len(parts)):
        windows.extend(_together([parts[(start + i) % len(parts)] for i in range(need)]))
    return windows[:MAX_ALTERNATIVES]


def leaves(node: Predicate) -> Iterator[Predicate]:
    """Yield what alternatives are made of."""
    match node:
        case And(items) | Or(items) | AtLeast(_, items):
            for item in items:
                yield from leaves(item)
        case Not(item) | Definite(item):
            yield from leaves(item)
        case Constant():
            return
        case _:
            yield node


def same(one: Literal, other: Literal) -> bool:
    """Return whether two literals ask the same, wherever they stand."""
    return one.wanted is other.wanted and _unplaced(one) == _unplaced(other)


def opposite(one: Literal, other: Literal) -> bool:
    """Return whether two literals ask the opposite, wherever they stand."""
    return one.wanted is not other.wanted and _unplaced(one) == _unplaced(other)


def _unplaced(literal: Literal) -> Predicate:
    leaf = literal.leaf
    return leaf if isinstance(leaf, Nested) else replace(leaf, span=None)
