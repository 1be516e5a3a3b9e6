"""Does a verdict survive the changes that real data goes through?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from harness import mutations, schemas
from harness.checks._base import Cell, Check, Finding, finding
from harness.checks._cause import Cause, silent_because
from harness.checks._witness import smallest, witness
from harness.documents.document import Document
from harness.ir import Truth
from harness.mutations import EVERYTHING, Effect

Group = list[tuple[Document, Truth]]
"""Documents that break the same promise in the same way, each with its verdict."""


def _run(cell: Cell) -> Iterator[Finding]:
    if cell.query is None:
        return
    before = {one.sample.name: verdict for one, verdict in cell.pairs() if one.mutation is None}
    broken: dict[tuple[str, str, bool], list[tuple[Document, Truth]]] = {}
    for document, verdict in cell.pairs():
        if document.mutation is None or document.effect is not Effect.KEEPS:
            continue
        right = Truth.of(document.malicious)
        wrong = verdict not in {right, Truth.UNDEFINED}
        if before[document.sample.name] is right and wrong:
            key = (document.mutation, document.family, document.malicious)
            broken.setdefault(key, []).append((document, verdict))
    single = {(name, label) for name, family, label in broken if family != EVERYTHING}
    for (name, family, label), group in sorted(broken.items()):
        if family == EVERYTHING and (name, label) in single:
            continue
        told = _as_recorded(cell, group) if group[0][0].shape else _as_mutated(name, family, group)
        yield _finding(cell, name, family, group, told)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """How a group of broken verdicts is told: its code, the lead of its message, its place."""

    code: str
    lead: str
    schema: str = ""


def _as_mutated(name: str, family: str, group: Group) -> _Told:
    """Tell of a change to single values or keys."""
    title = mutations.get(name).title
    if group[0][0].malicious:
        lead = f"misses a malicious event after {title} ({family})"
        return _Told(code="mutation-missed", lead=lead)
    lead = f"fires on a benign event after {title} ({family})"
    return _Told(code="mutation-false-alarm", lead=lead)


def _as_recorded(cell: Cell, group: Group) -> _Told:
    """Tell of another version or set-up of the data source."""
    shape = schemas.get(group[0][0].shape)
    if not group[0][0].malicious:
        lead = f"fires on a benign event of {shape.title}"
        return _Told(code="version-false-alarm", lead=lead, schema=shape.label)
    recorded = [one for one in cell.documents if one.shape == shape.label and one.malicious]
    lead = "never fires on" if len(recorded) == len(group) else "misses malicious events of"
    return _Told(code="version-missed", lead=f"{lead} {shape.title}", schema=shape.label)


def _finding(cell: Cell, name: str, family: str, group: Group, told: _Told) -> Finding:
    promised = name in cell.rule.promises.robust
    chosen = smallest([document for document, _ in group])
    verdict = next(verdict for document, verdict in group if document is chosen)
    cause = Cause(message="", hint="the verdict turns on something that varies in real data")
    if chosen.malicious:
        cause = silent_because(cell, chosen.body, _before(cell, chosen))
        if _reference_misses(cell, chosen):
            cause = replace(cause, hint=_ALLOW)
    found = finding(
        cell,
        told.code,
        f"{told.lead}: {cause.message}" if cause.message else told.lead,
        severity="error" if promised else "note",
        hint=cause.hint,
        place=cause.place,
        excerpt=cause.excerpt,
        family=family,
        mutation=name,
        count=len(group),
        witness=witness(cell, chosen, verdict),
    )
    return replace(found, schema=told.schema) if told.schema else found


_ALLOW = "the reference misses it too: the rule itself has to allow for it"


def _reference_misses(cell: Cell, changed: Document) -> bool:
    """Return whether the rule's own reference misses an activity that was changed."""
    return changed.mutated is not None and (
        cell.intent.label(changed.mutated) is not changed.sample.label
    )


def _before(cell: Cell, changed: Document) -> Mapping[str, Any] | None:
    """Return the document that a mutation changed."""
    return next(
        (
            one.body
            for one in cell.documents
            if one.mutation is None and one.sample.name == changed.sample.name
        ),
        None,
    )


CHECK = Check(
    name="robustness",
    question="Does a verdict stay the same when the data source records the event differently?",
    codes={
        "mutation-missed": "A malicious event is missed once it is recorded differently.",
        "mutation-false-alarm": "A benign event fires once it is recorded differently.",
        "version-missed": "Malicious events are missed as another version or set-up of the data "
        "source records them.",
        "version-false-alarm": "A benign event fires as another version or set-up of the data "
        "source records it.",
    },
    cell=_run,
)
