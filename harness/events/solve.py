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

from harness import schemas
from harness.evaluate import oracle
from harness.evaluate.remembered import Remembered
from harness.events import candidates, kinds
from harness.events.alternatives import (
    MAX_ALTERNATIVES,
    Alternative,
    Literal,
    alternatives,
    leaves,
    opposite,
    same,
)
from harness.events.asked import FREE_TEXT, Asked, compared_with_networks, original
from harness.events.intent import Intent
from harness.events.kinds import World
from harness.events.model import Activity, Label, NotConstructed, Sample, Samples
from harness.ir import (
    Atom,
    Glob,
    Has,
    Presence,
    Truth,
)
from harness.source import Span

REPEATED = 3
"""Alternatives beyond the first in which a condition is turned that they share with it."""
MAX_TRIES = 400
"""Value combinations tried for one alternative."""
MAX_EXCLUDED = 20
"""Excluded activities that are looked at for one of which all conditions hold."""
MAX_RENDERED = 256
"""Activities whose document is remembered while they are looked at."""
BACKGROUND = 12
"""Ordinary activities that go with every rule."""


def samples(intent: Intent, *, seed: int = 0) -> Samples:
    """Return the labelled activities of a rule, deterministic for one seed."""
    return _Builder(intent, seed).build()


class _Builder:
    def __init__(self, intent: Intent, seed: int) -> None:
        self._intent = intent
        self._world = World(seed)
        self._kind = kinds.get(intent.kind)
        self._samples: list[Sample] = []
        self._gaps: list[NotConstructed] = []
        self._seen: set[str] = set()
        self._done: Counter[Literal] = Counter()
        self._count: Counter[Label] = Counter()
        self._read = sorted(intent.read_fields())
        self._asked = intent.asked_types()
        self._addresses = compared_with_networks(intent.predicate)
        self._scope = {id(leaf) for one in intent.scope for leaf in leaves(one)}
        self._leaves: dict[int, Remembered] = {}  # the leaves belong to the intent, which stays
        self._rendered: dict[int, tuple[Mapping[str, Any], Mapping[str, Any]]] = {}

    def build(self) -> Samples:
        """Build everything, malicious first."""
        found = alternatives(self._intent.predicate)
        if not found:
            self._gap("a malicious event", "the reference can never be true")
        for number, alternative in enumerate(found, start=1):
            self._alternative(number, alternative)
        self._left_out(found)
        self._background()
        return Samples(samples=tuple(self._samples), gaps=tuple(self._gaps))

    def _document(self, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return an activity as the reference's schema records it; values are never changed."""
        known = self._rendered.get(id(values))
        if known is not None and known[0] is values:
            return known[1]
        document = self._intent.document(values)
        if len(self._rendered) >= MAX_RENDERED:
            self._rendered.clear()
        self._rendered[id(values)] = (values, document)
        return document

    def _label(self, values: Mapping[str, Any]) -> Label:
        fires = self._intent.truth_on(self._document(values)) is Truth.TRUE
        return Label.MALICIOUS if fires else Label.BENIGN

    def _left_out(self, found: list[Alternative]) -> None:
        used = {id(literal.leaf) for alternative in found for literal in alternative}
        missing = [leaf for leaf in leaves(self._intent.predicate) if id(leaf) not in used]
        if found and missing:
            what = f"{len(missing)} conditions of the reference"
            reason = f"they never hold, or stand beyond the first {MAX_ALTERNATIVES} alternatives"
            self._gap(what, reason, getattr(missing[0], "span", None))

    def _alternative(self, number: int, alternative: Alternative) -> None:
        what = f"alternative {number} of the reference"
        opaque = [one for one in alternative if not isinstance(one.leaf, Atom | Presence)]
        built = next(self._solutions(alternative, Label.MALICIOUS), None)
        if built is None:
            reason = (
                "an expression over several values is not solved"
                if opaque
                else ("no value was found that satisfies all of its conditions")
            )
            self._gap(what, reason, _span(alternative))
            return
        wanted, values = built
        self._add(Label.MALICIOUS, "alternative", what, values, _span(alternative))
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
            values = self._draw(wanted)
            if self._label(values) is label:
                yield wanted, values

    def _draw(self, wanted: Mapping[str, Any]) -> dict[str, Any]:
        given = {name: value for name, value in wanted.items() if value is not None}
        return {**self._kind.draw(self._world, given), **wanted}

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
                    yield from self._changes(path, value)
        for value in candidates.together(_patterns(group), self._world.chance):
            yield from self._changes(path, value)
        if any(not literal.wanted or isinstance(literal.leaf, Presence) for literal in group):
            if self._declared(path):
                yield {}
            yield from self._some_value(path)
            if path not in self._asked:
                yield from self._changes(path, candidates.UNRELATED)
            yield {}
            for value in self._closed_values(path):
                yield from self._changes(path, value)
            yield from self._removal(path)

    def _passing(self, atom: Atom, path: str) -> Iterator[Any]:
        """Yield values that are likely to pass a test, of the type that the rule asks for."""
        for value in candidates.passing(atom, self._world.chance):
            yield original(atom, value) if path in self._asked else value

    def _closed_values(self, path: str) -> Sequence[Any]:
        reach = self._intent.schema.reachable(self._intent.kind, path)
        return reach.values if reach.how == "listed" else ()

    def _others(self, path: str) -> Iterator[dict[str, Any]]:
        for value in self._closed_values(path):
            yield from self._changes(path, value)
        name = self._intent.schema.provenance(self._intent.kind).get(path)
        for value in self._kind.others.get(name or "", ()):
            yield {str(name): value}

    def _removal(self, path: str) -> Iterator[dict[str, Any]]:
        """Yield the absence of a value, where an activity can do without it."""
        name, declared = self._name(path), self._declared(path)
        always = declared and (declared.required or declared.allowed or declared.defaults)
        if name and not always:
            yield {name: None}

    def _name(self, path: str) -> str:
        """Return the name of the one value that a path shows; empty for none or several."""
        known = self._intent.schema.provenance(self._intent.kind).get(path)
        if known or path in self._intent.schema.paths(self._intent.kind):
            return known or ""
        undeclared = self._intent.schema.invert(self._intent.kind, path, "x") or {}
        return next(iter(undeclared), "")

    def _some_value(self, path: str) -> Iterator[dict[str, Any]]:
        """Yield that there is a value, whichever it is."""
        declared = self._declared(path)
        yield from self._changes(path, declared.example if declared else self._ordinary(path))
        if declared:
            yield {declared.name: declared.example}

    def _ordinary(self, path: str) -> Any:
        """Return an everyday value of the type that the rule asks for."""
        if path in self._addresses:
            return candidates.EVERYDAY_ADDRESS
        name = self._name(path) or path
        found = self._kind.ordinary(self._world, name) if self._kind.ordinary else "x"
        match self._asked.get(path):
            case Asked.NUMBER:
                return found if isinstance(found, int) else self._world.chance.randrange(2, 2000)
            case Asked.BOOLEAN:
                return self._world.chance.choice((True, False))
            case _:
                return found

    def _declared(self, path: str) -> schemas.Value | None:
        name = self._intent.schema.provenance(self._intent.kind).get(path, "")
        return self._intent.schema.kind(self._intent.kind).values.get(name)

    def _is_closed(self, path: str) -> bool:
        declared = self._declared(path)
        return declared is not None and bool(declared.allowed)

    def _changes(self, path: str, value: Any) -> Iterator[dict[str, Any]]:
        yield from self._intent.schema.inverse(self._intent.kind, path, value).activities

    def _variations(self, literal: Literal, values: Mapping[str, Any]) -> None:
        """Add malicious activities that satisfy one literal in another way."""
        leaf = literal.leaf
        if not isinstance(leaf, Atom | Presence):
            return
        before = self._essence(values)
        for path in _paths(literal):
            for family, change in self._other_ways(literal, path):
                changed = {**values, **change}
                other = self._essence(changed) != before
                if other and self._label(changed) is Label.MALICIOUS:
                    because = self._difference(path, values, changed)
                    self._add(Label.MALICIOUS, family, because, changed, leaf.span)

    def _other_ways(self, literal: Literal, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
        if isinstance(literal.leaf, Atom) and literal.wanted:
            for value in self._passing(literal.leaf, path):
                for change in self._changes(path, value):
                    yield "wildcard-filled", change
        if not literal.wanted:
            for change in self._removal(path):
                yield "value-missing", change
        for value in self._closed_values(path):
            for change in self._changes(path, value):
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
            what = "a benign event that differs in an expression alone"
            reason = "an expression over several values is not solved"
            self._gap(what, reason, getattr(leaf, "span", None))
            return
        before = len(self._samples)
        others = [one for one in alternative if not same(one, literal) and self._holds(one, values)]
        for family, change, coherent in self._flips(literal, others, values):
            changed = self._draw({**wanted, **change}) if coherent else {**values, **change}
            if self._holds(literal, changed) or not all(self._holds(o, changed) for o in others):
                continue
            if self._label(changed) is Label.BENIGN:
                path = _paths(literal)[0]
                because = self._difference(path, values, changed)
                if coherent:
                    because += self._company(values, changed)
                self._add(Label.BENIGN, family, because, changed, leaf.span)
                if self._done[literal] and len(self._samples) > before:
                    return
        if self._done[literal]:
            return
        if len(self._samples) == before:
            self._excluded_together(literal, alternative, values)
        if len(self._samples) == before and id(leaf) not in self._scope:
            field = leaf.field if isinstance(leaf.field, str) else "what stands anywhere"
            what = f"a benign event that differs in {field} alone"
            self._gap(what, self._why_none(literal), leaf.span)

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
                one for one in paths if self._shown(one, values) != self._shown(one, excluded)
            ]
            because = ", and ".join(self._difference(one, values, excluded) for one in changed)
            span = getattr(literal.leaf, "span", None)
            self._add(Label.BENIGN, "excluded-together", because, excluded, span)
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
                if self._label(changed) is Label.MALICIOUS and self._holds(literal, changed):
                    because = self._difference(path, excluded, changed)
                    family = "just-not-excluded"
                    span = getattr(literal.leaf, "span", None)
                    self._add(Label.MALICIOUS, family, because, changed, span)
                    return

    def _why_none(self, literal: Literal) -> str:
        for path in _paths(literal):
            reach = self._intent.schema.reachable(self._intent.kind, path)
            if self._is_closed(path) or reach.how == "constant":
                return "it is the same in every activity of this kind"
        return "no value was found that turns this condition and no other"

    def _company(self, values: Mapping[str, Any], changed: Mapping[str, Any]) -> str:
        """Name what else is different where the rest of an activity was drawn anew."""
        names = [one for one in self._kind.product if values.get(one) != changed.get(one)]
        if not names:
            return ", and the rest to match"
        return "".join(f", from another product ({changed.get(one)})" for one in names)

    def _difference(self, path: str, values: Mapping[str, Any], changed: Mapping[str, Any]) -> str:
        """Say in words how two activities differ at a path."""
        before, after = (self._shown(path, one) for one in (values, changed))
        return f"{path} is {after} instead of {before}"

    def _shown(self, path: str, values: Mapping[str, Any]) -> str:
        document = self._document(values)
        found = oracle.cell_of(document, path, self._intent.semantics).values
        return ", ".join(repr(value) for value in found) or "absent"

    def _flips(
        self, literal: Literal, others: Sequence[Literal], values: Mapping[str, Any]
    ) -> Iterator[tuple[str, dict[str, Any], bool]]:
        """Yield (family, change, redraw the rest) that should turn one literal round."""
        leaf = literal.leaf
        assert isinstance(leaf, Atom | Presence)
        for path in _paths(literal):
            document = self._document(values)
            now = oracle.cell_of(document, path, self._intent.semantics).values
            if literal.wanted:
                for change in self._others(path):
                    yield "other-value", change, False
                    yield "other-value-and-company", change, True
                for value in () if self._is_closed(path) else now:
                    for family, close in self._near(leaf, path, value):
                        for change in self._changes(path, close):
                            yield family, change, False
                for change in self._removal(path):
                    yield "value-missing", change, False
            elif isinstance(leaf, Atom):
                patterns = [leaf, *_patterns([one for one in others if path in _paths(one)])]
                joined = candidates.together(patterns, self._world.chance)
                for value in (*self._passing(leaf, path), *joined):
                    for change in self._changes(path, value):
                        yield "excluded-value", change, False
            if isinstance(leaf, Presence):
                for change in (*self._some_value(path), *self._removal(path)):
                    yield "value-present-or-not", change, False

    def _near(self, leaf: Atom | Presence, path: str, value: Any) -> Iterator[tuple[str, Any]]:
        if self._asked.get(path) is Asked.ADDRESS and isinstance(leaf, Atom):
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
        return (known.truth(self._document(values)) is Truth.TRUE) is literal.wanted

    def _background(self) -> None:
        for _ in range(BACKGROUND):
            values = self._kind.draw(self._world, self._everyday())
            label = self._label(values)
            self._add(label, "background", "ordinary activity", values, None)

    def _everyday(self) -> dict[str, Any]:
        """Return ordinary values for what the rule reads, where the kind knows none itself."""
        if self._kind.ordinary is None:
            return {}
        names = ((self._name(path), path) for path in self._read)
        return {name: self._ordinary(path) for name, path in names if name}

    def _add(
        self, label: Label, family: str, because: str, values: Mapping[str, Any], atom: Span | None
    ) -> None:
        identity = repr((label, family, atom, self._essence(values)))
        if identity in self._seen:
            return
        self._seen.add(identity)
        self._count[label] += 1
        number = self._count[label]
        self._samples.append(
            Sample(
                name=f"{label}-{number:03d}-{family}",
                label=label,
                family=family,
                because=because,
                activity=Activity(kind=self._intent.kind, values=dict(values)),
                atom=atom,
            )
        )

    def _essence(self, values: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Return the values that the intent reads: what makes two samples the same test."""
        document = self._document(values)
        return [
            (path, repr(oracle.cell_of(document, path, self._intent.semantics).values))
            for path in self._read
        ]

    def _gap(self, what: str, reason: str, atom: Span | None = None) -> None:
        self._gaps.append(NotConstructed(what=what, reason=reason, atom=atom))


def _paths(literal: Literal) -> tuple[str, ...]:
    leaf = literal.leaf
    if isinstance(leaf, Atom):
        return (leaf.field if isinstance(leaf.field, str) else FREE_TEXT,)
    return (leaf.field,) if isinstance(leaf, Presence) else ()


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


__all__ = ["BACKGROUND", "Alternative", "Has", "Literal", "alternatives", "samples"]
