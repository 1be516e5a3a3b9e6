"""What disagreements have in common: the tests that keep one side silent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from harness.checks import Cell
from harness.evaluate import oracle
from harness.evaluate.explain import explain, parts_of
from harness.ir import And, Definite, Not, Or, Predicate, Truth


@dataclass(frozen=True, slots=True)
class Group:
    """Disagreements of one kind: which side is silent, and which of its tests keep it so."""

    code: str
    tests: frozenset[str]
    mutation: str = ""
    """The mutation that has to happen first; then ``tests`` is what it changes."""

    def covers(self, other: Group) -> bool:
        """Return whether another one is this one with more that differs, or the same."""
        if (self.code, self.mutation) != (other.code, other.mutation):
            return False
        return self.tests <= other.tests if self.tests else not other.tests


def deciding(cell: Cell, body: Mapping[str, Any]) -> frozenset[str]:
    """Return the texts of the tests that keep a cell's query from being true on a document.

    Where one of several branches would do, it is the one that lacks the fewest tests: the same
    one for the same fault, whatever else the document holds.
    """
    query = cell.query
    assert query is not None
    event = query.prepare(body) if query.prepare else body
    return frozenset(_deciding(cell, event, query.predicate, wanted=True))


def _deciding(
    cell: Cell, event: Mapping[str, Any], node: Predicate, *, wanted: bool
) -> Iterator[str]:
    if oracle.evaluate(node, event, cell.semantics) is Truth.of(wanted):
        return
    source = cell.translation.source
    if next(parts_of(node, source)) is node:
        yield from (one.text for one in explain(node, event, cell.semantics, source)[:1])
        return
    match node:
        case Not(item):
            yield from _deciding(cell, event, item, wanted=not wanted)
        case Definite(item):
            yield from _deciding(cell, event, item, wanted=wanted)
        case Or(items) if wanted:
            branches = [set(_deciding(cell, event, one, wanted=True)) for one in items]
            yield from min(branches, key=len, default=set())
        case And(items) | Or(items):
            for one in items:
                yield from _deciding(cell, event, one, wanted=wanted)
        case _:
            yield from (one.text for one in explain(node, event, cell.semantics, source))
