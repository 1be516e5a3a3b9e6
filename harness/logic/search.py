"""Values of fields that make predicates come out as wanted, or the proof that none do.

A predicate is taken apart into demands on single fields; where it leaves a choice, one branch
after the other is tried (an analytic tableau). Fields are independent of each other, so each
is decided by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from harness.ir import (
    And,
    AnyField,
    AtLeast,
    Atom,
    Constant,
    Definite,
    Not,
    Or,
    Predicate,
    Presence,
    Truth,
)
from harness.logic.texts import CHEAP, Budget, GaveUp
from harness.logic.values import ANYTHING, MISSING, Demand, Domain, value_for

MAX_BRANCHES = 2_000
"""Branches that are tried before the search is given up."""

MOST_REMEMBERED = 6
"""Values of a field that are tried again for other demands."""
_UNDECIDED = object()
"""What is remembered of demands for which neither a value nor a proof was found."""

Place = str | AnyField


@dataclass(frozen=True, slots=True)
class Goal:
    """A predicate and the outcome that is wanted of it."""

    node: Predicate
    wanted: bool


@dataclass(frozen=True, slots=True)
class Solution:
    """Values by field, ``MISSING`` for none.

    ``open`` are leaves that look at several fields at once: what they come to is assumed.
    """

    values: Mapping[Place, Any]
    open: tuple[Goal, ...] = ()


def solve(
    goals: Iterable[Goal], domain: Callable[[Place], Domain] = lambda _: ANYTHING
) -> Solution | None:
    """Return values that reach all goals; ``None`` if it is proven that there are none.

    Raises :class:`GaveUp` where neither is found within ``MAX_BRANCHES``.
    """
    return Search(domain).solve(list(goals))


Branch = list[Goal]


class _State:
    """Demands on fields, and choices that are still open."""

    def __init__(self) -> None:
        self.demands: dict[Place, dict[int, bool]] = {}
        self.choices: list[list[Branch]] = []
        self.open: dict[int, Goal] = {}

    def copy(self) -> _State:
        new = _State()
        new.demands = {place: dict(found) for place, found in self.demands.items()}
        new.choices = list(self.choices)
        new.open = dict(self.open)
        return new


class Search:
    """Solves goals over fields of known domains; what it learns of a field it remembers."""

    def __init__(self, domain: Callable[[Place], Domain], budget: Budget | None = None) -> None:
        self._domain = domain
        self._budget = Budget() if budget is None else budget
        self._tests: list[Atom | Presence] = []
        self._numbers: dict[Atom | Presence, int] = {}
        self._by_id: dict[int, tuple[int, Atom | Presence]] = {}  # the leaf stays, and so its id
        self._known: dict[tuple[Place, frozenset[tuple[int, bool]]], Any] = {}
        self._met: dict[Place, list[Any]] = {}
        self._branches = 0
        self._gave_up = False

    def solve(self, goals: Sequence[Goal]) -> Solution | None:
        """Return values that reach all goals; see :func:`solve`."""
        self._branches, self._gave_up = 0, False
        found = self._reach(_State(), list(goals))
        if found is None and self._gave_up:
            raise GaveUp
        return found

    def _reach(self, state: _State, goals: Branch) -> Solution | None:
        """Add goals to a state, and try the branches of its choices."""
        self._branches += 1
        if self._branches > MAX_BRANCHES:
            raise GaveUp
        if not self._add(state, goals):
            return None
        while state.choices:
            choice = self._narrowest(state)
            if choice is None:
                break
            if len(choice) > 1:
                return self._branch(state, choice)
            if not choice or not self._add(state, choice[0]):
                return None
        return self._solution(state)

    def _branch(self, state: _State, choice: list[Branch]) -> Solution | None:
        for branch in choice:
            found = self._reach(state.copy(), branch)
            if found is not None:
                return found
        return None

    def _add(self, state: _State, goals: Branch) -> bool:
        """Take goals apart; return whether they can be reached with what is demanded already."""
        self._budget.spend(1 + len(goals) // CHEAP)
        touched: set[Place] = set()
        todo = list(reversed(goals))
        while todo:
            goal = todo.pop()
            parts = _parts(goal)
            if parts is None:
                return False
            if parts:
                together, choice = parts
                todo.extend(reversed(together))
                state.choices += [choice] if choice else []
            elif not self._demand(state, goal, touched):
                return False
        return all(self._value(state, place) is not None for place in sorted(touched, key=str))

    def _demand(self, state: _State, goal: Goal, touched: set[Place]) -> bool:
        """Note what is wanted of a leaf; return whether that contradicts nothing."""
        leaf = goal.node
        if not isinstance(leaf, Atom | Presence):
            return state.open.setdefault(id(leaf), goal).wanted is goal.wanted
        number = self._number(leaf)
        demands = state.demands.setdefault(leaf.field, {})
        if number not in demands:
            touched.add(leaf.field)
        return demands.setdefault(number, goal.wanted) is goal.wanted

    def _number(self, leaf: Atom | Presence) -> int:
        """Return the number of a test; the same one wherever the same test stands."""
        number, _ = self._by_id.get(id(leaf), (None, leaf))
        if number is None:
            bare = replace(leaf, span=None)
            number = self._numbers.setdefault(bare, len(self._tests))
            if number == len(self._tests):
                self._tests.append(bare)
            self._by_id[id(leaf)] = (number, leaf)
        return number

    def _narrowest(self, state: _State) -> list[Branch] | None:
        """Take out the choice with the fewest branches left; ``None`` if all are settled."""
        left = []
        for choice in state.choices:
            found = self._left(state, choice)
            if found is not None:
                left.append(found)
        state.choices = left
        if not left:
            return None
        at = min(range(len(left)), key=lambda one: len(left[one]))
        return state.choices.pop(at)

    def _left(self, state: _State, choice: list[Branch]) -> list[Branch] | None:
        """Return the branches that are still possible; ``None`` if one is reached anyway."""
        left = []
        for branch in choice:
            stands = self._stands(state, branch)
            if stands:
                return None
            if stands is None:
                left.append(branch)
        viable = next((at for at, one in enumerate(left) if self._viable(state, one)), len(left))
        return left[viable:]

    def _stands(self, state: _State, branch: Branch) -> bool | None:
        """Return whether a branch of one leaf holds or is ruled out; ``None`` if it is open."""
        (goal, *rest) = branch
        if rest or not isinstance(goal.node, Atom | Presence):
            return None
        known = state.demands.get(goal.node.field, {}).get(self._number(goal.node))
        return None if known is None else known is goal.wanted

    def _viable(self, state: _State, branch: Branch) -> bool:
        """Return whether a branch of one leaf goes with the other demands on its field."""
        (goal, *rest) = branch
        if rest or not isinstance(goal.node, Atom | Presence):
            return True
        place, number = goal.node.field, self._number(goal.node)
        demands = {**state.demands.get(place, {}), number: goal.wanted}
        return self._value_of(place, demands) is not None

    def _value(self, state: _State, place: Place) -> Any:
        return self._value_of(place, state.demands[place])

    def _value_of(self, place: Place, demands: Mapping[int, bool]) -> Any:
        """Return a value that meets demands; ``None`` if there is none or none was found."""
        key = (place, frozenset(demands.items()))
        if key not in self._known:
            wanted = [Demand(self._tests[at], one) for at, one in demands.items()]
            try:
                self._known[key] = self._decide(place, wanted)
            except GaveUp:
                self._known[key] = _UNDECIDED
            self._remember(place, self._known[key])
        found = self._known[key]
        if found is _UNDECIDED:
            self._gave_up = True
            return None
        return found

    def _remember(self, place: Place, value: Any) -> None:
        """Keep a value: demands that differ a little are often met by what met others."""
        values = self._met.setdefault(place, [])
        if value in (None, MISSING, _UNDECIDED) or value in values:
            return
        values.insert(0, value)
        del values[MOST_REMEMBERED:]

    def _decide(self, place: Place, demands: Sequence[Demand]) -> Any:
        domain = self._domain(place)
        if place in self._met:
            domain = replace(domain, usual=(*domain.usual, *self._met[place]))
        if domain.values is not None or (isinstance(place, str) and not domain.several):
            return value_for(demands, domain, self._budget)
        found = value_for(demands, domain, self._budget)
        if found is not None:
            return found
        excluded = [one for one in demands if not one.wanted]
        needed = [one for one in demands if one.wanted]
        if len(needed) > 1 and all(
            value_for([one, *excluded], domain, self._budget) is not None for one in needed
        ):
            raise GaveUp  # several values of one event may do together what none does alone
        return None

    def _solution(self, state: _State) -> Solution:
        values = {place: self._value(state, place) for place in state.demands}
        return Solution(values, tuple(state.open.values()))


def _parts(goal: Goal) -> tuple[Branch, list[Branch]] | tuple[()] | None:
    """Take a goal apart: what must be reached together, and branches of which one must be.

    ``()`` for a leaf; ``None`` for what cannot be reached.
    """
    wanted = goal.wanted
    match goal.node:
        case Constant(truth):
            return ([], []) if truth is (Truth.TRUE if wanted else Truth.FALSE) else None
        case Not(item):
            return [Goal(item, not wanted)], []
        case Definite(item):
            return [Goal(item, wanted)], []
        case And(items):
            return _some_of(len(items) if wanted else 1, items, wanted=wanted)
        case Or(items):
            return _some_of(1 if wanted else len(items), items, wanted=wanted)
        case AtLeast(count, items):
            need = count if wanted else len(items) - count + 1
            return _some_of(need, items, wanted=wanted)
        case _:
            return ()


def _some_of(
    need: int, items: Sequence[Predicate], *, wanted: bool
) -> tuple[Branch, list[Branch]] | None:
    """Return how a number of items, or more of them, can come out as wanted."""
    if need <= 0:
        return [], []
    if need > len(items):
        return None
    if need == len(items):
        return [Goal(item, wanted) for item in items], []
    if need == 1:
        return [], [[Goal(item, wanted)] for item in items]
    first, rest = items[0], tuple(items[1:])

    def among(need: int) -> Goal:
        return Goal(AtLeast(need if wanted else len(rest) - need + 1, rest), wanted)

    return [], [[Goal(first, wanted), among(need - 1)], [among(need)]]
