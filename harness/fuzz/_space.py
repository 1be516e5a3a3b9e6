"""The activities among which a disagreement is looked for, and the strategies that draw them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from harness.events import kinds
from harness.events.alternatives import Alternative
from harness.events.candidates import UNRELATED
from harness.events.intent import Intent
from harness.events.model import Label, Sample
from harness.fuzz._sides import Change, Side, field_of, predicates_of
from harness.ir import Atom, Condition, Nested, Presence, Query
from harness.schemas import Schema

MOST_BASES = (30, 4)
"""Generated activities that are changed: malicious ones, and ordinary ones."""
MOST_GOALS = 100
"""Sets of tests, of one predicate and outcome, that are brought about together."""
CHANGES = (0, 0, 0, 1, 1, 2, 3)
"""How many single values are changed: often none, so that a goal is reached undisturbed."""

Implied = Mapping[str, Mapping[str, Mapping[Any, Any]]]
"""Per value of a kind the values that follow from it, each with a table."""
Leaf = Atom | Presence | Condition | Nested


@dataclass(kw_only=True)
class Space:
    """Activities near the border between two queries.

    Each is one of the ``bases``, on which a set of tests of either query is made to come out
    one way, and a few single values are changed. ``single`` lists tests by the activity value
    that they read.
    """

    kind: str
    bases: Sequence[Mapping[str, Any]]
    goals: Sequence[tuple[Side, Alternative]]
    single: Mapping[str, Sequence[tuple[Side, Leaf]]]
    several: frozenset[str]
    implied: Implied
    _steps: dict[int, list[tuple[Change, ...]]] = field(default_factory=dict)

    def steps(self, number: int) -> list[tuple[Change, ...]]:
        """Return what to do for a goal, one choice a field."""
        if number not in self._steps:
            side, goal = self.goals[number]
            self._steps[number] = side.steps(goal)
        return self._steps[number]

    def activities(self) -> SearchStrategy[dict[str, Any]]:
        """Return the strategy that draws values of an activity, the plainest first."""
        return _activities(self)


@st.composite
def _activities(draw: DrawFn, space: Space) -> dict[str, Any]:
    values = dict(draw(st.sampled_from(space.bases)))
    changed: dict[str, Any] = {}
    goal = draw(st.integers(0, len(space.goals)))
    if goal:
        for ways in space.steps(goal - 1):
            changed.update(draw(st.sampled_from(ways)))
    if space.single:
        for _ in range(draw(st.sampled_from(CHANGES))):
            changed.update(_change(draw, space, {**values, **changed}))
    return _coherent(space.implied, values, changed)


def _coherent(
    implied: Implied, values: Mapping[str, Any], changed: Mapping[str, Any]
) -> dict[str, Any]:
    """Return changed values of which none says something else than another one implies."""
    result = {**values, **changed}
    for name, others in implied.items():
        for other, table in others.items():
            meant = table.get(result.get(name))
            if meant is None or result.get(other, meant) == meant:
                continue
            if other in changed and name not in changed:
                result.pop(name)  # its default follows from the value that was changed
                break
            result[other] = meant
    return result


def _change(draw: DrawFn, space: Space, values: Mapping[str, Any]) -> Change:
    """Draw a change of what one test reads, whichever way the test then comes out."""
    name = draw(st.sampled_from(sorted(space.single)))
    side, leaf = draw(st.sampled_from(space.single[name]))
    ways = side.ways(leaf)
    both = (*ways.failing, *ways.holding)
    if not both:
        return {}
    change: Change = draw(st.sampled_from(both))
    if name in space.several and isinstance(change.get(name), str) and draw(st.booleans()):
        held = values.get(name)
        other = held if isinstance(held, str) and held != change[name] else UNRELATED
        return {**change, name: [other, change[name]]}
    return change


def space_of(
    intent: Intent,
    schema: Schema,
    queries: Iterable[Query],
    samples: Iterable[Sample],
    *,
    seed: int = 0,
) -> Space:
    """Return the activities near the border between a rule's reference and some queries."""
    read = intent.read_values()
    predicates = tuple(one for query in queries for one in predicates_of(query))
    sides = [
        Side(kind=intent.kind, schema=schema, predicates=predicates, read=read, seed=seed),
        Side(
            kind=intent.kind,
            schema=intent.schema,
            predicates=(intent.predicate,),
            read=read,
            seed=seed,
        ),
    ]
    addresses = frozenset(name for side in sides for name in side.compared_with_networks() if name)
    for side in sides:
        side.addresses = addresses
    single: dict[str, list[tuple[Side, Leaf]]] = {}
    for side in sides:
        for leaf in side.leaves():
            path = field_of(leaf)
            single.setdefault(side.name(path) if path else "", []).append((side, leaf))
    several = frozenset(
        name
        for name in single
        if name and all(_holds_several(one, intent.kind, name) for one in (schema, intent.schema))
    )
    return Space(
        kind=intent.kind,
        bases=_bases(samples, frozenset(kinds.get(intent.kind).product) - read),
        goals=[(side, goal) for side in sides for goal in side.goals(MOST_GOALS)],
        single=single,
        several=several,
        implied={
            one.name: one.implies for one in schema.kind(intent.kind).values.values() if one.implies
        },
    )


def _bases(samples: Iterable[Sample], product: frozenset[str]) -> list[Mapping[str, Any]]:
    """Return activities to begin with; all of them tell of the same product."""
    listed = list(samples)
    malicious, ordinary = MOST_BASES

    def some(test: Callable[[Sample], bool], most: int) -> list[Mapping[str, Any]]:
        return [one.activity.values for one in islice(filter(test, listed), most)]

    found = some(lambda one: one.label is Label.MALICIOUS, malicious)
    same = {name: found[0][name] for name in product if found and name in found[0]}
    everyday = some(lambda one: one.family == "background", ordinary)
    return [*found, *({**one, **same} for one in everyday)] or [{}]


_TWO = ["one", "two"]


def _holds_several(schema: Schema, kind: str, name: str) -> bool:
    """Return whether a data source records several values of an activity side by side."""

    def holds(node: Any) -> bool:
        if isinstance(node, Mapping):
            return any(map(holds, node.values()))
        return bool(node == _TWO)

    return holds(schema.render(kind, {name: _TWO}))
