"""A value of one field that passes some tests and fails others, or the proof that none does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise
from typing import Any

from harness.evaluate.leaf import atom_truth, presence_truth
from harness.ir import (
    ABSENT,
    ADDRESS,
    NUMBER,
    Atom,
    Cell,
    Equals,
    Glob,
    InNetwork,
    Matches,
    Ordered,
    Presence,
    Truth,
    Within,
)
from harness.logic.texts import Budget, GaveUp, Wanted, text_for

_PLAIN = "x"
"""A text that will do where nothing special is asked."""
_NO_NUMBER = (_PLAIN, "")
"""Texts that are neither numbers nor addresses."""
_OTHER_VERSIONS = ("198.51.100.7", "2001:db8::7")
"""An address of each version, out of the ranges for documentation (RFC 5737, RFC 3849)."""
Test = Atom | Presence


class Missing(Enum):
    """That a field has no value."""

    MISSING = "missing"


MISSING = Missing.MISSING


@dataclass(frozen=True, slots=True)
class Demand:
    """A test of a field, and the outcome that is wanted of it."""

    test: Test
    wanted: bool

    def met_by(self, cell: Cell) -> bool:
        """Return whether what a field holds gives the outcome; an unknown one is none."""
        test = self.test
        found = atom_truth(test, cell) if isinstance(test, Atom) else presence_truth(test, cell)
        return found is (Truth.TRUE if self.wanted else Truth.FALSE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """What a field can hold: any value, or only ``values``; and whether it can be missing.

    ``usual`` are values that are taken where they will do; where there may be ``several``, no
    single value need meet all demands.
    """

    values: tuple[Any, ...] | None = None
    may_miss: bool = True
    several: bool = False
    usual: tuple[Any, ...] = ()


ANYTHING = Domain()


def value_for(
    demands: Sequence[Demand], domain: Domain = ANYTHING, budget: Budget | None = None
) -> Any:
    """Return a value that meets all demands, or ``MISSING``; ``None`` if that is impossible.

    Raises :class:`GaveUp` where neither is found.
    """
    demands = sorted(demands, key=lambda one: not one.wanted)  # what most values fail comes first
    tried = domain.usual if domain.values is not None else (*domain.usual, _PLAIN)
    usual = next((one for one in tried if _meets(demands, one)), None)
    if usual is not None:
        return usual
    try:
        value = _value(demands, domain, budget)
    except GaveUp:
        if domain.may_miss and _meets(demands, MISSING):
            return MISSING
        raise
    if value is not None:
        return value
    return MISSING if domain.may_miss and _meets(demands, MISSING) else None


def _value(demands: Sequence[Demand], domain: Domain, budget: Budget | None) -> Any:
    """Return a value that is there and meets all demands; ``None`` if there is none."""
    if domain.values is not None:
        return next((one for one in domain.values if _meets(demands, one)), None)
    atoms = [one for one in demands if isinstance(one.test, Atom)]
    patterns = list(_patterns(atoms))
    text = text_for(patterns, budget) if len(patterns) == len(atoms) else None
    if text is not None and _meets(demands, text):
        return text
    views = {one.test.view for one in atoms if isinstance(one.test, Atom)}
    if len(patterns) == len(atoms) and all(view.plain for view in views):
        return None  # a text will do for the tests of values, or nothing does
    points = [one for demand in atoms for one in _points(demand.test)]
    between = _between(points)
    found = next((one for one in (*points, *between, *_NO_NUMBER) if _meets(demands, one)), None)
    if found is None and views not in ({NUMBER}, {ADDRESS}):
        raise GaveUp  # nothing is proven of views that change texts, nor of several views at once
    return found


def _patterns(demands: Iterable[Demand]) -> Iterator[Wanted]:
    """Yield the tests on the text of a value."""
    for one in demands:
        test = one.test
        if not isinstance(test, Atom):
            continue
        match test.check:
            case Equals(value) if isinstance(value, str):
                yield Wanted(test.check, one.wanted)
            case Glob() | Matches():
                yield Wanted(test.check, one.wanted)
            case _:
                continue


def _meets(demands: Iterable[Demand], value: Any) -> bool:
    if value is MISSING:
        return all(one.met_by(ABSENT) for one in demands)
    items = value if isinstance(value, list | tuple) else (value,)
    cell = Cell(present=True, values=tuple(one for one in items if one is not None))
    return all(one.met_by(cell) for one in demands)


def _points(test: Test) -> Iterator[Any]:
    """Yield the values at which the outcome of a test changes, and those beside them."""
    match test:
        case Atom(check=Ordered(_, bound)) | Atom(check=Equals(bound)):
            yield from _beside(bound)
        case Atom(check=Within(low, high)):
            yield from _beside(low)
            yield from _beside(high)
        case Atom(check=InNetwork(network)):
            first, last = int(network.network_address), int(network.broadcast_address)
            make = type(network.network_address)
            inside = (min(first + 1, last), first, last)
            outside = (first - 1, last + 1)
            most = 1 << network.max_prefixlen
            yield from (str(make(one)) for one in (*inside, *outside) if 0 <= one < most)
            yield from _OTHER_VERSIONS
        case _:
            return


def _beside(bound: Any) -> Iterator[Any]:
    if isinstance(bound, str):
        yield bound
    elif isinstance(bound, int | float):
        yield from (bound, bound + 1, bound - 1)


def _between(points: Iterable[Any]) -> Iterator[float]:
    """Yield a number between any two that follow each other."""
    numbers = sorted({one for one in points if isinstance(one, int | float)})
    for low, high in pairwise(numbers):
        yield (low + high) / 2
