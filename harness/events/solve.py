"""From a reference predicate to labelled activities, by walking its tree.

Malicious: one activity per alternative of the predicate. Benign: per atom of an alternative,
activities that differ from the malicious one in that atom alone; and everyday background. Each
activity is checked against the intent before it is used, so a label is never an assumption.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice, product
from typing import Any

from harness.evaluate import oracle
from harness.evaluate.leaf import atom_truth
from harness.evaluate.remembered import Remembered
from harness.events import candidates, typed
from harness.events.alternatives import (
    Alternative,
    Literal,
    alternatives,
    leaves,
    opposite,
    same,
)
from harness.events.asked import FREE_TEXT, Asked, original
from harness.events.complete import complete
from harness.events.intent import Intent
from harness.events.model import Label, Samples
from harness.events.workshop import Workshop
from harness.ir import (
    Atom,
    Cell,
    Glob,
    Presence,
    Truth,
)
from harness.source import Span

IN_FULL = 8
"""Alternatives that are varied in every way; of the others ``complete`` adds what they prove."""
REPEATED = 3
"""Alternatives beyond the first in which a condition is turned that they share with it."""
MAX_TRIES = 400
"""Value combinations tried for one alternative."""
MAX_EXCLUDED = 20
"""Excluded activities that are looked at for one of which all conditions hold."""
BACKGROUND = 12
"""Ordinary activities that go with every rule."""


def samples(intent: Intent, *, seed: int = 0) -> Samples:
    """Return the labelled activities of a rule, deterministic for one seed."""
    return _Builder(intent, seed).build()


class _Builder:
    def __init__(self, intent: Intent, seed: int) -> None:
        self._intent = intent
        self._shop = Workshop(intent, seed)
        self._done: Counter[Literal] = Counter()
        self._attacks: list[tuple[str, Alternative, dict[str, Any]]] = []
        self._leaves: dict[int, Remembered] = {}  # the leaves belong to the intent, which stays

    def build(self) -> Samples:
        """Build everything, malicious first."""
        for number, alternative in enumerate(alternatives(self._intent.predicate), start=1):
            self._alternative(number, alternative)
        self._background()
        scope = frozenset(id(leaf) for one in self._intent.scope for leaf in leaves(one))
        facts = complete(self._shop, scope)
        self._as_typed()
        if not any(one.label is Label.MALICIOUS for one in self._shop.samples):
            self._shop.gap("a malicious event", "none was found on which the reference is true")
        shop = self._shop
        return Samples(samples=tuple(shop.samples), gaps=shop.gaps, facts=tuple(facts))

    def _alternative(self, number: int, alternative: Alternative) -> None:
        what = f"alternative {number} of the reference"
        built = next(self._solutions(alternative, Label.MALICIOUS), None)
        if built is None:
            return
        wanted, values = built
        self._shop.add(Label.MALICIOUS, "alternative", what, values, _span(alternative))
        self._attacks.append((f"{what}, as it would be typed", alternative, values))
        if number > IN_FULL:
            return
        for literal in dict.fromkeys(alternative):
            self._variations(literal, values)
            self._near_misses(literal, alternative, wanted, values)
            self._done[literal] += 1

    def _solutions(
        self, alternative: Alternative, label: Label
    ) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
        """Yield (constrained values, whole activity) pairs that the intent labels so."""
        by_field: dict[str, list[Literal]] = {}
        for literal in alternative:
            for path in _paths(literal):
                by_field.setdefault(path, []).append(literal)
        choices = [self._sorted_choices(path, group) for path, group in by_field.items()]
        if not all(choices):
            return
        for chosen in islice(product(*choices), MAX_TRIES):
            wanted: dict[str, Any] = {}
            for change in chosen:
                wanted.update(change)
            values = self._shop.draw(wanted)
            if self._shop.label(values) is label:
                yield wanted, values

    def _sorted_choices(self, path: str, group: list[Literal]) -> list[dict[str, Any]]:
        """Return the changes for one field, those first that satisfy all of its literals alone.

        The number of combinations that are tried is bounded.
        """
        found = list(self._choices(path, group))
        if len(group) > 1:
            found.sort(key=lambda change: not all(self._holds(one, change) for one in group))
        return found

    def _choices(self, path: str, group: list[Literal]) -> Iterator[dict[str, Any]]:
        """Yield changes of activity values that may satisfy all literals on one field."""
        for literal in group:
            if isinstance(literal.leaf, Atom) and literal.wanted:
                for value in self._passing(literal.leaf, path):
                    yield from self._shop.changes(path, value)
        for value in candidates.together(_patterns(group), self._shop.world.chance):
            yield from self._shop.changes(path, value)
        if any(not literal.wanted or isinstance(literal.leaf, Presence) for literal in group):
            if self._shop.declared(path):
                yield {}
            yield from self._shop.some_value(path)
            if path not in self._shop.asked:
                yield from self._shop.changes(path, candidates.UNRELATED)
            yield {}
            for value in self._shop.closed_values(path):
                yield from self._shop.changes(path, value)
            yield from self._shop.removal(path)

    def _passing(self, atom: Atom, path: str) -> Iterator[Any]:
        """Yield values that are likely to pass a test, of the type that the rule asks for."""
        for value in candidates.passing(atom, self._shop.world.chance):
            yield original(atom, value) if path in self._shop.asked else value

    def _others(self, path: str) -> Iterator[dict[str, Any]]:
        for value in self._shop.closed_values(path):
            yield from self._shop.changes(path, value)
        name = self._intent.schema.provenance(self._intent.kind).get(path)
        for value in self._shop.kind.others.get(name or "", ()):
            yield {str(name): value}

    def _variations(self, literal: Literal, values: Mapping[str, Any]) -> None:
        """Add malicious activities that satisfy one literal in another way."""
        leaf = literal.leaf
        if not isinstance(leaf, Atom | Presence):
            return
        before = self._shop.essence(values)
        for path in _paths(literal):
            for family, change in self._other_ways(literal, path):
                changed = {**values, **change}
                other = self._shop.essence(changed) != before
                if other and self._shop.label(changed) is Label.MALICIOUS:
                    because = self._shop.difference(path, values, changed)
                    self._shop.add(Label.MALICIOUS, family, because, changed, leaf.span)

    def _other_ways(self, literal: Literal, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
        if isinstance(literal.leaf, Atom) and literal.wanted:
            for value in self._passing(literal.leaf, path):
                for change in self._shop.changes(path, value):
                    yield "wildcard-filled", change
        if not literal.wanted:
            for change in self._shop.removal(path):
                yield "value-missing", change
        for value in self._shop.closed_values(path):
            for change in self._shop.changes(path, value):
                yield "other-allowed-value", change

    def _near_misses(
        self,
        literal: Literal,
        alternative: Alternative,
        wanted: dict[str, Any],
        values: dict[str, Any],
    ) -> None:
        """Add activities that differ from a malicious one in one literal alone.

        Where other alternatives share the literal, one activity is enough for a second one: it
        tells whether the literal binds all of them.
        """
        if self._done[literal] > REPEATED or (self._done[literal] and not literal.wanted):
            return
        leaf = literal.leaf
        if not isinstance(leaf, Atom | Presence):
            return
        before = len(self._shop.samples)
        others = [one for one in alternative if not same(one, literal) and self._holds(one, values)]
        for family, change, coherent in self._flips(literal, others, values):
            changed = self._shop.draw({**wanted, **change}) if coherent else {**values, **change}
            if self._holds(literal, changed) or not all(self._holds(o, changed) for o in others):
                continue
            if self._shop.label(changed) is Label.BENIGN:
                path = _paths(literal)[0]
                because = self._shop.difference(path, values, changed)
                if coherent:
                    because += self._shop.company(values, changed)
                self._shop.add(Label.BENIGN, family, because, changed, leaf.span)
                if self._done[literal] and len(self._shop.samples) > before:
                    return
        if self._done[literal]:
            return
        if len(self._shop.samples) == before:
            self._excluded_together(literal, alternative, values)

    def _excluded_together(
        self, literal: Literal, alternative: Alternative, values: dict[str, Any]
    ) -> None:
        """Add an activity that a negated conjunction excludes, and one that it just does not."""
        together = (replace(literal, wanted=not literal.wanted), *literal.company)
        if len(together) == 1:
            return
        rest = [one for one in alternative if not any(opposite(one, held) for held in together)]
        found = self._solutions((*rest, *together), Label.BENIGN)
        for _, excluded in islice(found, MAX_EXCLUDED):
            if not all(self._holds(one, excluded) for one in (*rest, *together)):
                continue
            paths = dict.fromkeys(path for one in together for path in _paths(one))
            changed = [
                one
                for one in paths
                if self._shop.shown(one, values) != self._shop.shown(one, excluded)
            ]
            because = ", and ".join(self._shop.difference(one, values, excluded) for one in changed)
            span = getattr(literal.leaf, "span", None)
            self._shop.add(Label.BENIGN, "excluded-together", because, excluded, span)
            self._just_not_excluded(literal, [*rest, *literal.company], excluded)
            return

    def _just_not_excluded(
        self, literal: Literal, others: Sequence[Literal], excluded: dict[str, Any]
    ) -> None:
        """Add a malicious activity that differs from an excluded one in one condition alone."""
        for path in _paths(literal):
            group = [literal, *(one for one in others if path in _paths(one))]
            for change in self._choices(path, group):
                changed = {**excluded, **change}
                if self._shop.label(changed) is Label.MALICIOUS and self._holds(literal, changed):
                    because = self._shop.difference(path, excluded, changed)
                    family = "just-not-excluded"
                    span = getattr(literal.leaf, "span", None)
                    self._shop.add(Label.MALICIOUS, family, because, changed, span)
                    return

    def _flips(
        self, literal: Literal, others: Sequence[Literal], values: Mapping[str, Any]
    ) -> Iterator[tuple[str, dict[str, Any], bool]]:
        """Yield (family, change, redraw the rest) that should turn one literal round."""
        leaf = literal.leaf
        assert isinstance(leaf, Atom | Presence)
        for path in _paths(literal):
            if literal.wanted:
                yield from self._other_values(literal, path, others, values)
            elif isinstance(leaf, Atom):
                same = [one for one in others if path in _paths(one)]
                joined = candidates.together([leaf, *_patterns(same)], self._shop.world.chance)
                for value in (*self._passing(leaf, path), *joined):
                    if _turns(literal, same, value):
                        for change in self._shop.changes(path, value):
                            yield "excluded-value", change, False
            if isinstance(leaf, Presence):
                for change in (*self._shop.some_value(path), *self._shop.removal(path)):
                    yield "value-present-or-not", change, False

    def _other_values(
        self, literal: Literal, path: str, others: Sequence[Literal], values: Mapping[str, Any]
    ) -> Iterator[tuple[str, dict[str, Any], bool]]:
        """Yield what should make a test fail that holds."""
        leaf = literal.leaf
        assert isinstance(leaf, Atom | Presence)
        for change in self._others(path):
            yield "other-value", change, False
            yield "other-value-and-company", change, True
        document = self._shop.document(values)
        now = oracle.cell_of(document, path, self._intent.semantics).values
        same = [one for one in others if path in _paths(one)]
        for value in () if self._shop.is_closed(path) else now:
            for family, close in self._near(leaf, path, value):
                if _turns(literal, same, close):
                    for change in self._shop.changes(path, close):
                        yield family, change, False
        for change in self._shop.removal(path):
            yield "value-missing", change, False

    def _near(self, leaf: Atom | Presence, path: str, value: Any) -> Iterator[tuple[str, Any]]:
        if self._shop.asked.get(path) is Asked.ADDRESS and isinstance(leaf, Atom):
            yield from candidates.near_address(leaf, value)
            return
        yield from candidates.near(value)
        if isinstance(leaf, Atom):
            yield from candidates.other_case(leaf, value)
        yield from _spoiled(leaf, value)

    def _holds(self, literal: Literal, values: Mapping[str, Any]) -> bool:
        leaf = literal.leaf
        known = self._leaves.get(id(leaf))
        if known is None:
            known = self._leaves[id(leaf)] = Remembered(leaf, self._intent.semantics)
        return (known.truth(self._shop.document(values)) is Truth.TRUE) is literal.wanted

    def _background(self) -> None:
        for _ in range(BACKGROUND):
            values = self._shop.kind.draw(self._shop.world, self._shop.everyday())
            label = self._shop.label(values)
            self._shop.add(label, "background", "ordinary activity", values, None)

    def _as_typed(self) -> None:
        """Add malicious activities whose command line is one that a system would run."""
        shop = self._shop
        for because, alternative, values in self._attacks[: typed.MOST]:
            asked = [(shop.name(str(one.field)), one) for one in _patterns(alternative)]
            tried = typed.activities(values, asked)
            found = next((one for one in tried if shop.label(one) is Label.MALICIOUS), None)
            if found is not None:
                shop.add(Label.MALICIOUS, typed.FAMILY, because, found, _span(alternative))


def _paths(literal: Literal) -> tuple[str, ...]:
    leaf = literal.leaf
    if isinstance(leaf, Atom):
        return (leaf.field if isinstance(leaf.field, str) else FREE_TEXT,)
    return (leaf.field,) if isinstance(leaf, Presence) else ()


def _turns(literal: Literal, others: Sequence[Literal], value: Any) -> bool:
    """Return whether a field that holds a value turns a literal round, and no other one on it.

    It is asked before an activity is made. What looks anywhere sees other values as well.
    """
    cell = Cell(present=True, values=(value,))

    def holds(one: Literal) -> bool:
        if not isinstance(one.leaf, Atom) or not isinstance(one.leaf.field, str):
            return True
        return (atom_truth(one.leaf, cell) is Truth.TRUE) is one.wanted

    turned = not isinstance(literal.leaf, Atom) or not isinstance(literal.leaf.field, str)
    return (turned or not holds(literal)) and all(map(holds, others))


def _spoiled(leaf: Atom | Presence, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(leaf, Atom) and isinstance(leaf.check, Glob) and isinstance(value, str):
        yield from candidates.spoiled(leaf.check, value)


def _patterns(literals: Sequence[Literal]) -> list[Atom]:
    return [one.leaf for one in literals if isinstance(one.leaf, Atom) and one.wanted]


def _span(alternative: Alternative) -> Span | None:
    found = [getattr(one.leaf, "span", None) for one in alternative]
    spans = [span for span in found if isinstance(span, Span)]
    if not spans:
        return None
    return Span(min(span.start for span in spans), max(span.end for span in spans))
