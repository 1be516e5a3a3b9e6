"""Makes activities of one kind for one rule, and keeps those that are a test of their own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from harness import schemas
from harness.evaluate import oracle
from harness.events import candidates, kinds
from harness.events.asked import Asked, compared_with_networks
from harness.events.intent import Intent
from harness.events.kinds import World
from harness.events.model import Activity, Label, NotConstructed, Sample
from harness.ir import Truth
from harness.source import Span

MAX_RENDERED = 256
"""Activities whose document is remembered while they are looked at."""


class Workshop:
    """What is known of a rule's activities, and those that were made so far."""

    def __init__(self, intent: Intent, seed: int) -> None:
        self.intent = intent
        self.world = World(seed)
        self.kind = kinds.get(intent.kind)
        self.samples: list[Sample] = []
        self._gaps: dict[tuple[str, str], NotConstructed] = {}
        self.asked = intent.asked_types()
        self._seen: set[str] = set()
        self._count: Counter[Label] = Counter()
        self._read = sorted(intent.read_fields())
        self._addresses = compared_with_networks(intent.predicate)
        self._rendered: dict[int, tuple[Mapping[str, Any], Mapping[str, Any]]] = {}

    @property
    def gaps(self) -> tuple[NotConstructed, ...]:
        """What could not be made, in the order in which it was found."""
        return tuple(self._gaps.values())

    def document(self, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return an activity as the reference's schema records it; values are never changed."""
        known = self._rendered.get(id(values))
        if known is not None and known[0] is values:
            return known[1]
        document = self.intent.document(values)
        if len(self._rendered) >= MAX_RENDERED:
            self._rendered.clear()
        self._rendered[id(values)] = (values, document)
        return document

    def label(self, values: Mapping[str, Any]) -> Label:
        fires = self.intent.truth_on(self.document(values)) is Truth.TRUE
        return Label.MALICIOUS if fires else Label.BENIGN

    def draw(self, wanted: Mapping[str, Any]) -> dict[str, Any]:
        given = {name: value for name, value in wanted.items() if value is not None}
        return {**self.kind.draw(self.world, given), **wanted}

    def closed_values(self, path: str) -> Sequence[Any]:
        reach = self.intent.schema.reachable(self.intent.kind, path)
        return reach.values if reach.how == "listed" else ()

    def removal(self, path: str) -> Iterator[dict[str, Any]]:
        """Yield the absence of a value, where an activity can do without it."""
        name, declared = self.name(path), self.declared(path)
        always = declared and (declared.required or declared.allowed or declared.defaults)
        if name and not always:
            yield {name: None}

    def name(self, path: str) -> str:
        """Return the name of the one value that a path shows; empty for none or several."""
        known = self.intent.schema.provenance(self.intent.kind).get(path)
        if known or path in self.intent.schema.paths(self.intent.kind):
            return known or ""
        undeclared = self.intent.schema.invert(self.intent.kind, path, "x") or {}
        return next(iter(undeclared), "")

    def some_value(self, path: str) -> Iterator[dict[str, Any]]:
        """Yield that there is a value, whichever it is."""
        declared = self.declared(path)
        yield from self.changes(path, declared.example if declared else self.ordinary(path))
        if declared:
            yield {declared.name: declared.example}

    def ordinary(self, path: str) -> Any:
        """Return an everyday value of the type that the rule asks for."""
        if path in self._addresses:
            return candidates.EVERYDAY_ADDRESS
        name = self.name(path) or path
        found = self.kind.ordinary(self.world, name) if self.kind.ordinary else "x"
        match self.asked.get(path):
            case Asked.NUMBER:
                return found if isinstance(found, int) else self.world.chance.randrange(2, 2000)
            case Asked.BOOLEAN:
                return self.world.chance.choice((True, False))
            case _:
                return found

    def declared(self, path: str) -> schemas.Value | None:
        name = self.intent.schema.provenance(self.intent.kind).get(path, "")
        return self.intent.schema.kind(self.intent.kind).values.get(name)

    def is_closed(self, path: str) -> bool:
        declared = self.declared(path)
        return declared is not None and bool(declared.allowed)

    def changes(self, path: str, value: Any) -> Iterator[dict[str, Any]]:
        yield from self.intent.schema.inverse(self.intent.kind, path, value).activities

    def company(self, values: Mapping[str, Any], changed: Mapping[str, Any]) -> str:
        """Name what else is different where the rest of an activity was drawn anew."""
        names = [one for one in self.kind.product if values.get(one) != changed.get(one)]
        if not names:
            return ", and the rest to match"
        return "".join(f", from another product ({changed.get(one)})" for one in names)

    def difference(self, path: str, values: Mapping[str, Any], changed: Mapping[str, Any]) -> str:
        """Say in words how two activities differ at a path."""
        before, after = (self.shown(path, one) for one in (values, changed))
        return f"{path} is {after} instead of {before}"

    def shown(self, path: str, values: Mapping[str, Any]) -> str:
        document = self.document(values)
        found = oracle.cell_of(document, path, self.intent.semantics).values
        return ", ".join(repr(value) for value in found) or "absent"

    def everyday(self) -> dict[str, Any]:
        """Return ordinary values for what the rule reads, where the kind knows none itself."""
        if self.kind.ordinary is None:
            return {}
        names = ((self.name(path), path) for path in self._read)
        return {name: self.ordinary(path) for name, path in names if name}

    def add(
        self, label: Label, family: str, because: str, values: Mapping[str, Any], atom: Span | None
    ) -> None:
        identity = repr((label, family, atom, self.essence(values)))
        if identity in self._seen:
            return
        self._seen.add(identity)
        self._count[label] += 1
        number = self._count[label]
        self.samples.append(
            Sample(
                name=f"{label}-{number:03d}-{family}",
                label=label,
                family=family,
                because=because,
                activity=Activity(kind=self.intent.kind, values=dict(values)),
                atom=atom,
            )
        )

    def essence(self, values: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Return the values that the intent reads: what makes two samples the same test."""
        document = self.document(values)
        return [
            (path, repr(oracle.cell_of(document, path, self.intent.semantics).values))
            for path in self._read
        ]

    def gap(self, what: str, reason: str, atom: Span | None = None) -> None:
        """Note what could not be made; what is the same is noted once, and counted."""
        known = self._gaps.get((what, reason))
        new = NotConstructed(what=what, reason=reason, atom=atom)
        self._gaps[what, reason] = replace(known, count=known.count + 1) if known else new
