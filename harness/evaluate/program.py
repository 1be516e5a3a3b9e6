"""Many predicates on many events: what their clauses rule out is never looked at.

It gives what ``oracle`` gives for each predicate and event, in time that grows with the
distinct contents of the fields rather than with events times predicates.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.evaluate import masks
from harness.evaluate.clauses import Clause, Needle, Place, Required, needles_of, required
from harness.evaluate.columns import Column, Columns, Rows
from harness.evaluate.needles import Found, Needles
from harness.ir.nodes import AnyField, Atom, Constant, Predicate, fields_of, walk_predicate
from harness.ir.semantics import Semantics
from harness.ir.truth import Truth

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Exact:
    """A predicate as it is evaluated, and as clauses with the rest."""

    predicate: Predicate
    required: Required

    @classmethod
    def of(cls, predicate: Predicate, semantics: Semantics, unknown: Truth) -> Exact:
        """Return a predicate with its clauses."""
        if unknown is not Truth.FALSE and _can_be_unknown(predicate):
            found = Required((), (), predicate)
        else:
            found = required(predicate, semantics)
        found = replace(found, rest=masks.arranged(found.rest, semantics))
        return cls(masks.arranged(predicate, semantics), found)


class Compiled:
    """A predicate with what must be looked for before it can hold.

    The predicate itself may be made when it is first needed, which for most is never. ``unknown``
    is what an UNKNOWN means for an event; ``fields`` are all that it looks at.
    """

    def __init__(
        self,
        make: Callable[[], Exact],
        *,
        clauses: tuple[Clause, ...],
        needles: tuple[Needle, ...],
        unknown: Truth,
        fields: frozenset[str],
    ) -> None:
        self.clauses, self.needles = clauses, needles
        self.unknown, self.fields = unknown, fields
        self._make = make

    @classmethod
    def of(
        cls, predicate: Predicate, semantics: Semantics, unknown: Truth | None = None
    ) -> Compiled:
        """Return a predicate compiled; ``unknown`` where the language's own rule is replaced."""
        meant = semantics.unknown if unknown is None else unknown
        exact = Exact.of(predicate, semantics, meant)
        return cls(
            lambda: exact,
            clauses=exact.required.clauses,
            needles=tuple(needles_of(exact.required.rest)),
            unknown=meant,
            fields=frozenset(fields_of(predicate)),
        )

    @cached_property
    def exact(self) -> Exact:
        """The predicate."""
        return self._make()


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
    found: dict[Clause, list[_Hits]] = field(default_factory=dict)
    inexact: bool = False
    masks: dict[Clause, Mask] = field(default_factory=dict)

    def mask(self, clause: Clause) -> Mask:
        """Return which events a clause holds on."""
        known = self.masks.get(clause)
        if known is None:
            known = np.zeros(len(self.columns), dtype=np.bool_)
            for column, contents, rows in _by_column(self.found[clause]):
                table = np.zeros(len(column.distinct), dtype=np.bool_)
                table[contents] = True
                if rows is None:
                    known |= table[column.codes]
                else:
                    known[rows[table[column.codes]]] = True
            self.masks[clause] = known
        return known


class _Hits(NamedTuple):
    """Contents of a column of all events, or of those with the numbers ``rows``."""

    column: Column
    contents: Found
    rows: Rows | None


def _by_column(parts: list[_Hits]) -> Iterator[_Hits]:
    """Yield the contents of each column, those of several needles together."""
    together: dict[int, list[_Hits]] = {}
    for one in parts:
        together.setdefault(id(one.column), []).append(one)
    for some in together.values():
        contents = [one.contents for one in some]
        yield some[0]._replace(contents=np.concatenate(contents) if len(some) > 1 else contents[0])


class Program:
    """Predicates of one language that are run together."""

    def __init__(
        self,
        queries: Sequence[Compiled],
        semantics: Semantics,
        ignored: frozenset[Needle] = frozenset(),
    ) -> None:
        self.queries = queries
        self._ignored = ignored
        self._semantics = semantics
        self._free: list[int] = []
        self._clauses: list[tuple[Clause, ...]] = []
        self._needing: dict[Clause, list[int]] = {}
        self._holding: dict[Needle, list[Clause]] = {}
        wanted: dict[Needle, None] = {}
        for number, query in enumerate(queries):
            clauses = query.clauses
            if ignored:
                clauses = tuple(one for one in clauses if not one.needles & ignored)
            self._clauses.append(clauses)
            if not clauses:
                self._free.append(number)
            for clause in clauses:
                self._needing.setdefault(clause, []).append(number)
            wanted.update(dict.fromkeys(query.needles))
        for clause in self._needing:
            for needle in clause.needles:
                self._holding.setdefault(needle, []).append(clause)
        at: dict[Place, list[Needle]] = {}
        for needle in {**dict.fromkeys(self._holding), **wanted}:
            if needle not in ignored:
                at.setdefault(needle.place, []).append(needle)
        self._places = [Needles(some) for some in at.values()]
        self._frequent: set[Needle] = set()

    def learned(self) -> Program:
        """Return the program without the texts that nearly every event so far has held.

        Looking for them costs more than it saves; they are looked for where the rest of a
        predicate leaves something to decide.
        """
        if not self._frequent:
            return self
        return Program(self.queries, self._semantics, self._ignored | self._frequent)

    def run(self, columns: Columns) -> Iterator[Outcome]:
        """Yield, in the order of the predicates, those that do not give FALSE everywhere."""
        seen = self._search(columns)
        hit: dict[int, int] = {}
        for clause in seen.found:
            for number in self._needing[clause]:
                hit[number] = hit.get(number, 0) + 1
        wanted = [number for number, count in hit.items() if count == len(self._clauses[number])]
        for number in sorted([*wanted, *self._free]):
            found = self._outcome(number, seen)
            if len(found.holds) or len(found.undefined):
                yield found

    def _search(self, columns: Columns) -> _Seen:
        seen = _Seen(columns)
        for needles in self._places:
            if isinstance(needles.place.field, AnyField):
                rows = columns.may_hold(needles.anywhere)
                some = columns if rows is None else columns.take(rows)
            else:
                rows, some = None, columns
            if len(some):
                self._look(needles, some, rows, seen)
        return seen

    def _look(self, needles: Needles, columns: Columns, rows: Rows | None, seen: _Seen) -> None:
        """Look for the texts of one place in events, or in those with the numbers ``rows``."""
        column = columns.cells(needles.place.field, self._semantics)
        known = column.known.found
        for needle in needles.needles:
            known[needle] = _NOWHERE
        most = max(_MANY, len(column.distinct) // _SHARE)
        for needle, contents in needles.search(column):
            known[needle] = contents
            if len(contents) > most:
                self._frequent.add(needle)
            for clause in self._holding.get(needle, ()):
                seen.found.setdefault(clause, []).append(_Hits(column, contents, rows))
        odd = needles.undecided(column)
        if len(odd):
            seen.inexact = True
            for needle in needles.needles:
                for clause in self._holding.get(needle, ()):
                    seen.found.setdefault(clause, []).append(_Hits(column, odd, rows))

    def _outcome(self, number: int, seen: _Seen) -> Outcome:
        query = self.queries[number]
        columns = seen.columns
        clauses = self._clauses[number]
        if not clauses:
            rest = query.exact.required.without(self._ignored).rest
            return _settled(number, query, masks.evaluate(rest, columns, self._semantics))
        mask = seen.mask(clauses[0])
        for clause in clauses[1:]:
            mask = mask & seen.mask(clause)
        rows = np.flatnonzero(mask)
        if not len(rows):
            return Outcome(number, rows, rows)
        required = query.exact.required.without(self._ignored)
        rest = query.exact.predicate if seen.inexact else required.rest
        if rest == _TRUE:
            return Outcome(number, rows, rows[:0])
        some = columns if len(rows) == len(columns) else columns.take(rows)
        return _settled(number, query, masks.evaluate(rest, some, self._semantics), rows)


_MANY, _SHARE = 1000, 5
"""A text is frequent if so many contents, and more than one in so many, hold it."""
_TRUE = Constant(Truth.TRUE)
_NOWHERE: Found = np.zeros(0, dtype=np.intp)


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
