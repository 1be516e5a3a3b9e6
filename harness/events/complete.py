"""Activities on which single conditions decide, where those made so far leave one undecided.

What makes a condition decide is found, or proven to be impossible, from the predicate alone;
the activity is then made and looked at like any other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice, permutations, product
from typing import Any

from harness.evaluate.oracle import cell_of
from harness.events import needless
from harness.events.asked import FREE_TEXT, Asked
from harness.events.candidates import UNRELATED
from harness.events.model import Fact, Label
from harness.events.needless import Proofs
from harness.events.neighbours import Neighbour, neighbours
from harness.events.workshop import Workshop
from harness.ir import (
    Atom,
    Constant,
    Predicate,
    Presence,
    Truth,
    as_number,
    fields_of,
    walk_predicate,
)
from harness.logic.decisions import Decision, Occurrence, Table, decisions, occurrences
from harness.logic.search import Goal, Place, Search, Solution
from harness.logic.texts import Budget, GaveUp
from harness.logic.values import MISSING, Domain

MAX_COMPLETED = 800
"""Decisions of one rule that are looked for; fewer where it has very many conditions."""
MAX_WORK = 500_000
"""Conditions that are looked at for all decisions of one rule."""
MAX_AT_ONCE = 64
"""Activities that are made before it is looked at what they decide."""
MAX_TRIES = 20
"""Activities that are tried for one decision."""
MAX_APART = 500
"""Activities of one rule that are looked for to tell conditions from others like them."""
FAMILY, JUST_INSIDE, JUST_OUTSIDE = "decides", "just-inside", "just-outside"
OPAQUE = "an expression over several values is not solved"
CONSTANT = "it is the same in every activity of this kind"
NOT_SHOWN = "no activity of this kind holds the values that it takes"
TOO_LONG = "neither was one found, nor that there can be none"
UNKNOWN = "no value was found that turns this condition and no other"
TOO_MANY = "the rule has too many conditions: only the first decisions are looked for"


def complete(shop: Workshop, scope: frozenset[int]) -> list[Fact]:
    """Add what is missing so that each condition decides both ways; return what is proven.

    ``scope`` are the identities of conditions that the log source asks: they need not decide.
    """
    return _Completion(shop, scope).run()


@dataclass(frozen=True, slots=True)
class _Tried:
    """Activities on which an occurrence of a condition should decide."""

    number: int
    firing: bool
    activities: Sequence[Mapping[str, Any]]


class _Completion:
    def __init__(self, shop: Workshop, scope: frozenset[int]) -> None:
        self._shop = shop
        self._scope = scope
        self._predicate = shop.intent.predicate
        self._places = occurrences(self._predicate)
        self._domains: dict[Place, Domain] = {}
        budget = Budget()  # a rule may come from anybody: all that is looked for is bounded
        self._search = Search(self._domain, budget)
        self._free = Search(self._any_value, budget)
        self._open = {
            (number, firing)
            for number, one in enumerate(self._places)
            for firing in (True, False)
            if id(one.leaf) not in scope
        }

    def run(self) -> list[Fact]:
        table = self._table()
        self._open -= _decided_on(table.decisions(self._predicate), table.every)
        facts = []
        if self._open:
            fact = needless.whole(self._predicate, self._free) if self._provable else None
            if fact is not None:
                return [fact]
            never = frozenset(self._decide_all())
            if never:
                proofs = Proofs(self._places, never)
                facts = needless.facts(self._predicate, proofs, self._free)
            table = self._table()
        self._tell_apart(table)
        return facts

    def _table(self) -> Table:
        shop = self._shop
        documents = [shop.document(one.activity.values) for one in shop.samples]
        return Table(documents, shop.intent.semantics)

    def _tell_apart(self, table: Table) -> None:
        """Add activities that tell a condition from those that are easily taken for it."""
        left = self._most(MAX_APART)
        for place, decision in zip(self._places, table.decisions(self._predicate), strict=True):
            leaf = place.leaf
            if id(leaf) in self._scope or not isinstance(leaf, Atom):
                continue
            for other in neighbours(leaf):
                if (table.true(leaf) ^ table.true(other.atom)) & (
                    decision.firing | decision.silent
                ):
                    continue
                left -= 1
                if left < 0:
                    return
                self._tell(place, other)

    def _tell(self, place: Occurrence, other: Neighbour) -> None:
        """Add an activity on which a condition decides, and another one would decide otherwise."""
        firing = place.positive is not other.wider
        goals = [*place.decides(firing=firing), Goal(other.atom, other.wider)]
        try:
            solution = self._search.solve(goals)
        except GaveUp:
            return
        label = Label.MALICIOUS if firing else Label.BENIGN
        for wanted in islice(self._activities(solution) if solution else (), MAX_TRIES):
            values = self._shop.draw(wanted)
            table = Table([self._shop.document(values)], self._shop.intent.semantics)
            if self._shop.label(values) is label and table.true(other.atom) != table.true(
                place.leaf
            ):
                family = JUST_OUTSIDE if other.wider else JUST_INSIDE
                because = self._told(place, values)
                self._shop.add(label, family, because, values, getattr(place.leaf, "span", None))
                return

    @cached_property
    def _provable(self) -> bool:
        """Whether a search that finds nothing proves that there is nothing."""
        return all(_two_valued(one) for one in walk_predicate(self._predicate))

    def _decide_all(self) -> Iterator[tuple[int, bool]]:
        """Make an activity for each open decision; yield those that are impossible."""
        wanted = sorted(self._open, key=lambda one: (one[0], not one[1]))
        at, size, most = 0, 1, self._most(MAX_COMPLETED)
        while at < min(len(wanted), most):
            # one activity often decides more than it was made for: few are made at first
            yield from self._decide_some(wanted[at : min(at + size, most)])
            at, size = at + size, min(2 * size, MAX_AT_ONCE)
        for number, firing in wanted[most:]:
            if (number, firing) in self._open:
                self._gap(number, TOO_MANY, firing=firing)

    def _most(self, most: int) -> int:
        """Return how much may be looked for where each look takes in every condition."""
        return min(most, MAX_WORK // max(1, len(self._places)))

    def _decide_some(self, wanted: Iterable[tuple[int, bool]]) -> Iterator[tuple[int, bool]]:
        tried: list[_Tried] = []
        for number, firing in wanted:
            if (number, firing) not in self._open:
                continue  # decided by an activity that was made for another one
            try:
                found = self._look_for(number, firing=firing)
            except GaveUp:
                found = TOO_LONG
            if found is None:
                yield number, firing
            elif isinstance(found, str):
                self._gap(number, found, firing=firing)
            else:
                tried.append(_Tried(number, firing, found))
        self._add_those_that_decide(tried)

    def _look_for(self, number: int, *, firing: bool) -> list[dict[str, Any]] | str | None:
        """Return activities on which a condition should decide, or why there are none.

        ``None`` says that there can be none.
        """
        place = self._places[number]
        goals = place.decides(firing=firing)
        solution = self._search.solve(goals)
        if solution is not None:
            label = Label.MALICIOUS if firing else Label.BENIGN
            drawn = map(self._shop.draw, islice(self._activities(solution), MAX_TRIES))
            found = [one for one in drawn if self._shop.label(one) is label]
            return found or (OPAQUE if solution.open else NOT_SHOWN)
        if not self._provable:
            return UNKNOWN
        if self._free.solve(goals) is None:
            return None
        constant = isinstance(place.leaf, Atom | Presence) and self._is_constant(place.leaf.field)
        return CONSTANT if constant else NOT_SHOWN

    def _add_those_that_decide(self, tried: Sequence[_Tried]) -> None:
        documents = [self._shop.document(values) for one in tried for values in one.activities]
        masks = decisions(self._predicate, documents, self._shop.intent.semantics)
        first = 0
        for one in tried:
            decided = masks[one.number].firing if one.firing else masks[one.number].silent
            ways = [at for at in range(len(one.activities)) if decided >> (first + at) & 1]
            if ways:
                self._add(one, one.activities[ways[0]])
                self._open -= _decided_on(masks, 1 << (first + ways[0]))
            else:
                self._gap(one.number, OPAQUE, firing=one.firing)
            first += len(one.activities)

    def _add(self, tried: _Tried, values: Mapping[str, Any]) -> None:
        because = f"{self._told(self._places[tried.number], values)}: this alone decides"
        label = Label.MALICIOUS if tried.firing else Label.BENIGN
        span = getattr(self._places[tried.number].leaf, "span", None)
        self._shop.add(label, FAMILY, because, values, span)

    def _activities(self, solution: Solution) -> Iterator[dict[str, Any]]:
        """Yield values of activities that show the values found at their paths."""
        for values in self._with_related(solution):
            choices = []
            for place, value in values.items():
                path = place if isinstance(place, str) else FREE_TEXT
                if value is MISSING:
                    choices.append([*self._shop.removal(path), {}])
                else:
                    choices.append(list(self._shop.changes(path, self._typed(path, value))))
            for chosen in product(*choices):
                yield {name: one for change in chosen for name, one in change.items()}

    def _with_related(self, solution: Solution) -> Iterator[Mapping[Place, Any]]:
        """Yield the values of a solution, and such that relate the fields of an expression.

        Which relation the expression asks for is not looked at: fields that hold the same, and
        one that holds more than the other, are tried.
        """
        yield solution.values
        for goal in solution.open:
            for one, other in permutations(sorted(fields_of(goal.node))[:2], 2):
                value = solution.values.get(other, MISSING)
                if value is MISSING:
                    value = next(iter(self._domain(other).usual), UNRELATED)
                for related in (value, f"{value}x", f"x{value}", f"x{value}x"):
                    yield {**solution.values, other: value, one: related}

    def _typed(self, path: str, value: Any) -> Any:
        """Return a text as the number or boolean that the rule asks for."""
        match self._shop.asked.get(path):
            case Asked.NUMBER:
                number = as_number(value)
                return value if number is None else number
            case Asked.BOOLEAN if value in {"true", "false"}:
                return value == "true"
            case _:
                return value

    def _domain(self, place: Place) -> Domain:
        known = self._domains.get(place)
        if known is None:
            known = self._domains[place] = self._domain_of(place)
        return known

    def _domain_of(self, place: Place) -> Domain:
        shop = self._shop
        if not isinstance(place, str):
            return Domain(several=True)
        reach = shop.intent.schema.reachable(shop.intent.kind, place)
        if reach.how == "never":
            return Domain(values=())
        listed = reach.values if reach.how in {"listed", "constant"} else None
        seen = (
            shop.document(one.activity.values) for one in (*shop.samples[:1], *shop.samples[-1:])
        )
        cells = [cell_of(one, place, shop.intent.semantics).values for one in seen]
        usual = tuple(cell[0] for cell in cells if len(cell) == 1)
        return Domain(
            values=listed,
            may_miss=any(True for _ in shop.removal(place)),
            several=self._may_be_list(place),
            usual=usual,
        )

    def _any_value(self, place: Place) -> Domain:
        return Domain(several=not isinstance(place, str) or self._may_be_list(place))

    def _may_be_list(self, path: str) -> bool:
        """Return whether a field may hold several values: that of an undeclared one is unknown."""
        return self._shop.declared(path) is None

    def _is_constant(self, place: Place) -> bool:
        domain = self._domain(place)
        return domain.values is not None and len(domain.values) == 1

    def _told(self, place: Occurrence, values: Mapping[str, Any]) -> str:
        leaf = place.leaf
        if not isinstance(leaf, Atom | Presence):
            return "an expression"
        path = leaf.field if isinstance(leaf.field, str) else FREE_TEXT
        return f"{path} is {self._shop.shown(path, values)}"

    def _gap(self, number: int, reason: str, *, firing: bool) -> None:
        leaf = self._places[number].leaf
        name = "an expression"
        if isinstance(leaf, Atom | Presence):
            name = leaf.field if isinstance(leaf.field, str) else "what stands anywhere"
        what = (
            f"a malicious event that turns on {name}"
            if firing
            else f"a benign event that differs in {name} alone"
        )
        self._shop.gap(what, reason, getattr(leaf, "span", None))


def _decided_on(masks: Sequence[Decision], events: int) -> set[tuple[int, bool]]:
    """Return which occurrences decide on some of the events, and how."""
    firing = {(at, True) for at, one in enumerate(masks) if one.firing & events}
    return firing | {(at, False) for at, one in enumerate(masks) if one.silent & events}


def _two_valued(node: Predicate) -> bool:
    match node:
        case Atom(missing=truth) | Constant(truth):
            return truth in {Truth.TRUE, Truth.FALSE}
        case _:
            return True
