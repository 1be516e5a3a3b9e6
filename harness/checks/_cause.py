"""Why a query stays silent on an event that it should return."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from harness.checks._base import Cell
from harness.evaluate import oracle
from harness.evaluate.explain import LeafOutcome, explain, parts_of
from harness.ir import (
    And,
    Atom,
    Constant,
    Definite,
    Not,
    Or,
    Predicate,
    Truth,
    fields_of,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """The part of a query that decides, in words."""

    message: str
    hint: str = ""
    place: str = ""
    excerpt: str = ""


def silent_because(cell: Cell, body: Mapping[str, Any]) -> Cause:
    """Return why the query of a cell is not true on a document."""
    assert cell.query is not None
    event = cell.query.prepare(body) if cell.query.prepare else body
    leaf = _at_fault(cell.query.predicate, event, cell, wanted=True)
    if leaf is None:
        message = "; ".join(outcome_reasons(cell, event)) or "its result is dropped afterwards"
        return Cause(message=message)
    cause = _in_words(leaf, event, cell)
    return replace(cause, message="; ".join((cause.message, *outcome_reasons(cell, event))))


def outcome_reasons(cell: Cell, event: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what decides the outcome of a query about an index; nothing for other queries."""
    if cell.query is None or cell.query.reasons is None:
        return ()

    def holds(predicate: Predicate, document: Mapping[str, Any]) -> Truth:
        return oracle.evaluate(predicate, document, cell.semantics)

    return cell.query.reasons(cell.query, [event], holds=holds)


def _at_fault(
    node: Predicate, event: Mapping[str, Any], cell: Cell, *, wanted: bool
) -> LeafOutcome | None:
    """Return the first leaf that keeps a node from coming out as wanted."""
    truth = oracle.evaluate(node, event, cell.semantics)
    if (truth is Truth.TRUE) is wanted and truth is not Truth.UNDEFINED:
        return None
    source = cell.translation.source
    if next(parts_of(node, source)) is node:
        return explain(node, event, cell.semantics, source)[0]
    match node:
        case Not(item):
            return _at_fault(item, event, cell, wanted=not wanted)
        case Definite(item):
            return _at_fault(item, event, cell, wanted=wanted)
        case And(items) | Or(items):
            found = (_at_fault(item, event, cell, wanted=wanted) for item in items)
            return next((leaf for leaf in found if leaf is not None), None)
        case _:
            return explain(node, event, cell.semantics, cell.translation.source)[0]


def _also_absent(cell: Cell, event: Mapping[str, Any], leaf: LeafOutcome) -> str:
    """Name the other fields of the query that the event does not have."""
    assert cell.query is not None
    names = [
        name
        for name in sorted(fields_of(cell.query.predicate))
        if name not in leaf.fields and not oracle.cell_of(event, name, cell.semantics).present
    ]
    if not names:
        return ""
    return f" (and so {'is' if len(names) == 1 else 'are'} {', '.join(names)})"


def _in_words(leaf: LeafOutcome, event: Mapping[str, Any], cell: Cell) -> Cause:
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
    if isinstance(leaf.leaf, Constant) and not leaf.fields:
        message = f"`{leaf.text}` can match nothing there"
        hint = "check the field names and types against the data source"
        return Cause(message=message, hint=hint, place=place, excerpt=excerpt)
    if unknown:
        names = ", ".join(f"`{name}`" for name in unknown)
        message = f"it reads {names}, which that source never records"
        hint = _rename_hint(cell, leaf) or "use the field that this data source records"
    elif "is absent" in leaf.seen:
        message = f"it needs `{leaf.text}`, but {leaf.seen}{_also_absent(cell, event, leaf)}"
        hint = "the event is recorded without that key; do not require it, or add a fallback"
    else:
        message = f"`{leaf.text}` is {leaf.outcome.name.lower()}: {leaf.seen or 'nothing matches'}"
        hint = "compare letter case, type and wildcards with what the source records"
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
