"""Many predicates on many events: what their clauses rule out is never looked at.

It gives what ``oracle`` gives for each predicate and event, in time that grows with the
distinct contents of the fields rather than with events times predicates.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from harness.evaluate import masks
from harness.evaluate.clauses import Clause, Needle, Place, Required, required
from harness.evaluate.columns import Column, Columns, Rows
from harness.evaluate.needles import Found, Needles
from harness.ir.nodes import Atom, Constant, Predicate, walk_predicate
from harness.ir.semantics import Semantics
from harness.ir.truth import Truth

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Compiled:
    """A predicate with its clauses. ``unknown`` is what an UNKNOWN means for an event."""

    predicate: Predicate
    unknown: Truth
    required: Required

    @classmethod
    def of(
        cls, predicate: Predicate, semantics: Semantics, unknown: Truth | None = None
    ) -> Compiled:
        """Return a predicate compiled; ``unknown`` where the language's own rule is replaced."""
        meant = semantics.unknown if unknown is None else unknown
        if meant is not Truth.FALSE and _can_be_unknown(predicate):
            found = Required((), predicate)
        else:
            found = required(predicate, semantics)
        return cls(predicate, meant, found)


def _can_be_unknown(predicate: Predicate) -> bool:
    plain = all(
        one.missing is Truth.FALSE if isinstance(one, Atom) else not isinstance(one, Constant)
        for one in walk_predicate(predicate)
    )
    return not plain


@dataclass(frozen=True, slots=True)
class Outcome:
    """The events on which one predicate holds, and those on which it gives no answer."""

    number: int
    holds: Rows
    undefined: Rows


@dataclass(slots=True)
class _Seen:
    """What one pass over some events found."""

    columns: Columns
    found: dict[Clause, list[tuple[Column, Found]]] = field(default_factory=dict)
    inexact: bool = False
    masks: dict[Clause, Mask] = field(default_factory=dict)

    def mask(self, clause: Clause) -> Mask:
        """Return which events a clause holds on."""
        known = self.masks.get(clause)
        if known is None:
            known = np.zeros(len(self.columns), dtype=np.bool_)
            for column, contents in _by_column(self.found[clause]):
                table = np.zeros(len(column.distinct), dtype=np.bool_)
                table[contents] = True
                known |= table[column.codes]
            self.masks[clause] = known
        return known


def _by_column(parts: list[tuple[Column, Found]]) -> Iterator[tuple[Column, Found]]:
    """Yield the contents of each column, those of several needles together."""
    together: dict[int, tuple[Column, list[Found]]] = {}
    for column, contents in parts:
        together.setdefault(id(column), (column, []))[1].append(contents)
    for column, some in together.values():
        yield column, np.concatenate(some) if len(some) > 1 else some[0]


class Program:
    """Predicates of one language that are run together."""

    def __init__(self, queries: Sequence[Compiled], semantics: Semantics) -> None:
        self.queries = queries
        self._semantics = semantics
        self._free: list[int] = []
        self._needing: dict[Clause, list[int]] = {}
        self._holding: dict[Needle, list[Clause]] = {}
        for number, query in enumerate(queries):
            if not query.required.clauses:
                self._free.append(number)
            for clause in query.required.clauses:
                self._needing.setdefault(clause, []).append(number)
        for clause in self._needing:
            for needle in clause.needles:
                self._holding.setdefault(needle, []).append(clause)
        at: dict[Place, list[Needle]] = {}
        for needle in self._holding:
            at.setdefault(needle.place, []).append(needle)
        self._places = [Needles(some) for some in at.values()]

    def run(self, columns: Columns) -> Iterator[Outcome]:
        """Yield, in the order of the predicates, those that do not give FALSE everywhere."""
        seen = self._search(columns)
        hit: dict[int, int] = {}
        for clause in seen.found:
            for number in self._needing[clause]:
                hit[number] = hit.get(number, 0) + 1
        wanted = [
            number
            for number, count in hit.items()
            if count == len(self.queries[number].required.clauses)
        ]
        for number in sorted([*wanted, *self._free]):
            found = self._outcome(number, seen)
            if len(found.holds) or len(found.undefined):
                yield found

    def _search(self, columns: Columns) -> _Seen:
        seen = _Seen(columns)
        for needles in self._places:
            column = columns.cells(needles.place.field, self._semantics)
            for needle, contents in needles.search(column):
                for clause in self._holding[needle]:
                    seen.found.setdefault(clause, []).append((column, contents))
            odd = needles.undecided(column)
            if len(odd):
                seen.inexact = True
                for needle in needles.needles:
                    for clause in self._holding[needle]:
                        seen.found.setdefault(clause, []).append((column, odd))
        return seen

    def _outcome(self, number: int, seen: _Seen) -> Outcome:
        query = self.queries[number]
        columns = seen.columns
        clauses = query.required.clauses
        if not clauses:
            return _settled(
                number, query, masks.evaluate(query.predicate, columns, self._semantics)
            )
        mask = seen.mask(clauses[0])
        for clause in clauses[1:]:
            mask = mask & seen.mask(clause)
        rows = np.flatnonzero(mask)
        rest = query.predicate if seen.inexact else query.required.rest
        if not len(rows) or rest == _TRUE:
            return Outcome(number, rows, rows[:0])
        some = columns if len(rows) == len(columns) else columns.take(rows)
        return _settled(number, query, masks.evaluate(rest, some, self._semantics), rows)


_TRUE = Constant(Truth.TRUE)


def _settled(
    number: int, query: Compiled, outcomes: masks.Outcomes, rows: Rows | None = None
) -> Outcome:
    if query.unknown is not Truth.UNKNOWN:
        outcomes = np.where(outcomes == Truth.UNKNOWN, np.uint8(query.unknown), outcomes)
    holds, undefined = (
        np.flatnonzero(outcomes == truth) for truth in (Truth.TRUE, Truth.UNDEFINED)
    )
    if rows is not None:
        holds, undefined = rows[holds], rows[undefined]
    return Outcome(number, holds, undefined)
