"""Why a query stays silent on an event that it should return."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import Any

from harness.checks._base import Cell
from harness.evaluate import oracle
from harness.evaluate.explain import MAX_VALUE, LeafOutcome, explain, parts_of
from harness.ir import (
    And,
    Atom,
    Constant,
    Definite,
    Not,
    Or,
    Predicate,
    Truth,
)

UNDECIDED = Constant(Truth.UNDEFINED)
"""Stands beside tests of which no page says what they give."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """The part of a query that decides, in words."""

    message: str
    hint: str = ""
    place: str = ""
    excerpt: str = ""


def silent_because(
    cell: Cell, body: Mapping[str, Any], original: Mapping[str, Any] | None = None
) -> Cause:
    """Return why the query of a cell is not true on a document.

    ``original`` is the document before it was changed, on which the query was true.
    """
    assert cell.query is not None
    prepare = cell.query.prepare or _as_it_is
    event = prepare(body)
    search = _Search(cell, event, None if original is None else prepare(original))
    leaves = search.at_fault(cell.query.predicate, wanted=True)
    if not leaves:
        message = "; ".join(outcome_reasons(cell, event)) or "its result is dropped afterwards"
        return Cause(message=message)
    cause = _in_words(leaves, event, cell)
    return replace(cause, message="; ".join((cause.message, *outcome_reasons(cell, event))))


def outcome_reasons(cell: Cell, event: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what decides the outcome of a query about an index; nothing for other queries."""
    if cell.query is None or cell.query.reasons is None:
        return ()

    def holds(predicate: Predicate, document: Mapping[str, Any]) -> Truth:
        return oracle.evaluate(predicate, document, cell.semantics)

    return cell.query.reasons(cell.query, [event], holds=holds)


_NOT = "not "
"""What a part is written after where its negation is unknown, as it is itself."""


def _as_it_is(body: Mapping[str, Any]) -> Mapping[str, Any]:
    return body


@dataclass(frozen=True, slots=True)
class _Search:
    """Looks for the leaves that decide; ``original`` is an event on which the query is true."""

    cell: Cell
    event: Mapping[str, Any]
    original: Mapping[str, Any] | None

    def at_fault(
        self, node: Predicate, *, wanted: bool, lenient: bool = False
    ) -> list[LeafOutcome]:
        """Return the leaves that keep a node from coming out as wanted, the likeliest first.

        ``lenient``: an unknown outcome is as good, since it counts as false further up.
        """
        if self._comes_out(node, self.event, wanted=wanted, lenient=lenient):
            return []
        source = self.cell.translation.source
        if next(parts_of(node, source)) is not node:
            match node:
                case Not(item):
                    return self.at_fault(item, wanted=not wanted, lenient=lenient)
                case Definite(item):
                    return self.at_fault(item, wanted=wanted, lenient=lenient or not wanted)
                case And(items) if UNDECIDED in items:
                    beside = And(tuple(item for item in items if item != UNDECIDED))
                    found = explain(beside, self.event, self.cell.semantics, source)
                    leaves = [leaf for leaf in found if leaf.span]
                    if len({leaf.span for leaf in leaves}) == 1:
                        return [replace(leaves[0], outcome=Truth.UNDEFINED)]
                    return explain(UNDECIDED, self.event, self.cell.semantics, source)
                case And(items) | Or(items):
                    if self._is_open(node):
                        items = tuple(filter(self._is_open, items)) or items
                    parts = [
                        (item, self.at_fault(item, wanted=wanted, lenient=lenient))
                        for item in items
                    ]
                    if isinstance(node, Or) is wanted:  # one branch would do
                        parts = [min(parts, key=lambda one: self._distance(*one, wanted=wanted))]
                    return [leaf for _, faults in parts for leaf in faults]
                case _:
                    pass
        found_at = explain(node, self.event, self.cell.semantics, source)[:1]
        if not wanted:  # false is wanted, and neither is an unknown outcome
            found_at = [
                replace(leaf, text=f"{_NOT}{leaf.text}") if leaf.outcome is Truth.UNKNOWN else leaf
                for leaf in found_at
            ]
        return found_at

    def _distance(
        self, item: Predicate, leaves: Sequence[LeafOutcome], *, wanted: bool
    ) -> tuple[bool, bool, bool, int, float]:
        """Return how far a branch is from coming out as wanted, and from what a reader sees."""
        before = self.original is not None and self._comes_out(item, self.original, wanted=wanted)
        hidden = any(leaf.span is None for leaf in leaves)
        unknown = any(leaf.outcome is Truth.UNKNOWN for leaf in leaves)
        return not before, hidden, not wanted and not unknown, len(leaves), -_likeness(leaves[0])

    def _is_open(self, node: Predicate) -> bool:
        return oracle.evaluate(node, self.event, self.cell.semantics) is Truth.UNDEFINED

    def _comes_out(
        self, node: Predicate, event: Mapping[str, Any], *, wanted: bool, lenient: bool = False
    ) -> bool:
        truth = oracle.evaluate(node, event, self.cell.semantics)
        return lenient if truth is Truth.UNKNOWN else truth is Truth.of(wanted)


def _likeness(leaf: LeafOutcome) -> float:
    """Return how much a part of a query looks like the value that it saw."""
    text, seen = leaf.text[:MAX_VALUE], leaf.seen[:MAX_VALUE]
    return SequenceMatcher(None, text.casefold(), seen.casefold(), autojunk=False).ratio()


def _also_absent(cell: Cell, event: Mapping[str, Any], leaves: Sequence[LeafOutcome]) -> str:
    """Name the other fields at fault that the event does not have."""
    first, *others = leaves
    read = {name for leaf in others for name in leaf.fields if name not in first.fields}
    names = list(dict.fromkeys(_absent(cell, event, sorted(read))))
    if not names:
        return ""
    return f" (and so {'is' if len(names) == 1 else 'are'} {', '.join(names)})"


def _absent(cell: Cell, event: Mapping[str, Any], fields: Iterable[str]) -> Iterator[str]:
    """Yield the names of the fields that the event does not have, as a reader knows them."""
    for field in fields:
        if not oracle.cell_of(event, field, cell.semantics).present:
            yield field.partition(" (")[0]


def _in_words(leaves: Sequence[LeafOutcome], event: Mapping[str, Any], cell: Cell) -> Cause:
    leaf = leaves[0]
    source, span = cell.translation.source, leaf.span
    place = source.place(span) if span else source.name
    excerpt = source.excerpt(span) if span else ""
    kind = cell.intent.kind
    known = cell.schema.types(kind)
    unknown = [
        name
        for name in leaf.fields
        if not _covers(name, known) and cell.schema.reachable(kind, name).how == "never"
    ]
    if leaf.leaf == UNDECIDED:
        message = "no page settles which of several readings of the query holds, and they differ"
        hint = "write parentheses where operators mix, and spell out what is not documented"
        return Cause(message=message, hint=hint, place=place, excerpt=excerpt)
    if isinstance(leaf.leaf, Constant) and not leaf.fields:
        message = f"`{leaf.text}` can match nothing there"
        hint = "check the field names and types against the data source"
        return Cause(message=message, hint=hint, place=place, excerpt=excerpt)
    if unknown:
        names = ", ".join(f"`{name}`" for name in unknown)
        message = f"it reads {names}, which that source never records"
        hint = _rename_hint(cell, leaf) or "use the field that this data source records"
    elif "is absent" in leaf.seen and leaf.outcome is not Truth.TRUE:
        absent = " and ".join(dict.fromkeys(_absent(cell, event, leaf.fields)))
        are = "are" if " and " in absent else "is"
        also = _also_absent(cell, event, leaves)
        message = f"it needs `{leaf.text}`, but {absent} {are} absent{also}"
        hint = "the event is recorded without that key; do not require it, or add a fallback"
        if leaf.text.startswith(_NOT) and leaf.outcome is Truth.UNKNOWN:
            hint = "a negation of what is missing is not true here; count it as false before "
            hint += "it is negated, as with COALESCE, or let events without the key pass"
    else:
        message = f"`{leaf.text}` is {leaf.outcome.name.lower()}: {leaf.seen or 'nothing matches'}"
        hint = "compare letter case, type and wildcards with what the source records"
        if leaf.outcome is Truth.TRUE:
            hint = "the query leaves out events for which that is true"
    return Cause(message=message, hint=hint, place=place, excerpt=excerpt)


def _covers(name: str, known: Mapping[str, Any]) -> bool:
    return any(path.startswith(f"{name}.") for path in known)


def _rename_hint(cell: Cell, leaf: LeafOutcome) -> str:
    """Name the field of this schema that holds what the atom looks for, if one does."""
    if not isinstance(leaf.leaf, Atom):
        return ""
    wanted = leaf.fields[0].rpartition(".")[2].rpartition("_")[2].casefold() if leaf.fields else ""
    near = [
        path for path in cell.schema.types(cell.intent.kind) if wanted and wanted in path.casefold()
    ]
    return f"this source records it as `{near[0]}`" if near else ""
