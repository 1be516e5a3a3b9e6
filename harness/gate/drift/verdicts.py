"""Where two translations disagree on the events of a rule, with the smallest event for each way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from harness.checks import Cell
from harness.checks._cause import silent_because
from harness.checks._witness import WORDS, smallest, steps, witness
from harness.documents.document import Document
from harness.evaluate import oracle
from harness.gate.drift.changes import Direction
from harness.ir import FieldType, Truth
from harness.mutations import Effect

Json = dict[str, Any]
Pair = tuple[Truth, Truth]


def differences(old: Cell, new: Cell) -> Iterator[Json]:
    """Yield, per direction, how many verdicts change and the smallest event that shows it."""
    found: dict[Direction, list[tuple[Document, Pair]]] = {}
    for document, before, after in zip(old.documents, old.verdicts, new.verdicts, strict=True):
        pair = (_settled(before), _settled(after))
        if pair[0] is not pair[1]:
            found.setdefault(_direction(document, *pair), []).append((document, pair))
    for direction in Direction:
        if direction in found:
            yield _difference(old, new, direction, found[direction])


def _settled(verdict: Truth) -> Truth:
    """Return a verdict as its user sees it: an unknown one does not fire."""
    return Truth.FALSE if verdict is Truth.UNKNOWN else verdict


def _direction(document: Document, old: Truth, new: Truth) -> Direction:
    if document.effect is not Effect.KEEPS:
        return Direction.OPEN
    right = Truth.of(document.malicious)
    if old is right:
        return Direction.WORSE
    return Direction.BETTER if new is right else Direction.OPEN


def _difference(
    old: Cell, new: Cell, direction: Direction, group: Sequence[tuple[Document, Pair]]
) -> Json:
    chosen = smallest([document for document, _ in group])
    pair = next(pair for document, pair in group if document is chosen)
    return {
        "direction": str(direction),
        "documents": len(group),
        "unmutated": sum(document.mutation is None for document, _ in group),
        "witness": _witness(old, new, chosen, pair),
    }


def _witness(old: Cell, new: Cell, document: Document, pair: Pair) -> Json:
    """Return the event, as small as both verdicts allow, and why each side says what it does."""
    shown = witness(_both(old, new, pair), document, Truth.TRUE)
    cells = (old, new)
    return {
        "label": shown.label,
        "binding": document.effect is Effect.KEEPS,
        "mutation": document.mutation,
        "because": shown.because,
        "old": WORDS[pair[0]],
        "new": WORDS[pair[1]],
        "reason": _reason(cells, pair, shown.document),
        "activity": dict(shown.activity),
        "document": dict(shown.document),
        "old_steps": _steps(old, shown.document),
        "new_steps": _steps(new, shown.document),
    }


def _both(old: Cell, new: Cell, pair: Pair) -> Cell:
    """Return a cell that is true of an event on which the two sides say just this."""

    def judge(
        bodies: Sequence[Mapping[str, Any]],
        now: datetime | None = None,
        types: Mapping[str, FieldType] | None = None,
    ) -> list[Truth]:
        verdicts = (one.judge(bodies, now, types) for one in (old, new))
        pairs = zip(*verdicts, strict=True)
        return [Truth.of((_settled(one), _settled(other)) == pair) for one, other in pairs]

    return replace(new, judge=judge)


def _reason(cells: tuple[Cell, Cell], pair: Pair, body: Mapping[str, Any]) -> str:
    """Return why the side that does not fire does not, in a sentence."""
    for name, cell, verdict in zip(("old", "new"), cells, pair, strict=True):
        if verdict is not Truth.TRUE:
            because = _unknown_because(cell, body) or silent_because(cell, body).message
            return f"the {name} query {WORDS[verdict]}: {because}"
    return ""


def _unknown_because(cell: Cell, body: Mapping[str, Any]) -> str:
    """Return the first part that leaves a query unknown as a whole; empty where it is decided."""
    assert cell.query is not None
    event = cell.query.prepare(body) if cell.query.prepare else body
    if oracle.evaluate(cell.query.predicate, event, cell.semantics) is not Truth.UNKNOWN:
        return ""
    parts = [one for one in steps(cell, body) if one.outcome == "unknown"]
    first = parts[0] if parts else None
    return f"`{first.text}` is unknown ({first.values}), and so is the whole" if first else ""


def _steps(cell: Cell, body: Mapping[str, Any]) -> list[Json]:
    return [
        {"text": one.text, "outcome": one.outcome, "values": one.values}
        for one in steps(cell, body)
    ]
