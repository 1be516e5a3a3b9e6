"""The smallest event that still shows a finding."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from harness import schemas
from harness.checks._base import Cell, Step, Witness
from harness.documents.document import Document
from harness.evaluate.explain import explain
from harness.ir import Truth, fields_of
from harness.mutations._documents import delete_path, leaf_paths
from harness.schemas import Schema

WORDS = {
    Truth.TRUE: "fires",
    Truth.FALSE: "stays silent",
    Truth.UNKNOWN: "stays silent (unknown)",
    Truth.UNDEFINED: "fails or is undefined",
}


def smallest(documents: list[Document]) -> Document:
    """Return the plainest document: unmutated, of a telling family, little in it."""
    return min(
        documents,
        key=lambda one: (
            one.mutation is not None,
            _rank(one.sample.family),
            one.size,
            one.name,
        ),
    )


_TELLING = ("alternative", "other-value", "other-value-and-company", "digit-added", "neighbour")
"""Families whose difference a reader grasps at once, the plainest first."""


def _rank(family: str) -> int:
    return _TELLING.index(family) if family in _TELLING else len(_TELLING)


def witness(cell: Cell, document: Document, verdict: Truth) -> Witness:
    """Return a witness for a verdict on a document, made as small as it can be."""
    values, body = _shrunk(cell, document, verdict)
    return Witness(
        label=document.label,
        verdict=WORDS[verdict],
        activity={"kind": cell.intent.kind, **{k: v for k, v in values.items() if v is not None}},
        document=body,
        because=document.detail or document.sample.because,
        steps=steps(cell, body),
    )


def whole_witness(cell: Cell, document: Document, verdict: str) -> Witness:
    """Return a witness as it was seen: nobody can tell what a smaller event would show."""
    return Witness(
        label=document.label,
        verdict=verdict,
        activity=document.activity,
        document=document.body,
        because=document.detail or document.sample.because,
        steps=steps(cell, document.body),
    )


def steps(cell: Cell, body: Mapping[str, Any]) -> tuple[Step, ...]:
    """Return what each part of the query came to on a document.

    What the language adds and no text stands for is left out, unless it leaves the outcome open.
    """
    if cell.query is None:
        return ()
    seen = cell.query.prepare(body) if cell.query.prepare else body
    outcomes = explain(cell.query.predicate, seen, cell.semantics, cell.translation.source)
    written = [one for one in outcomes if one.span or one.outcome is Truth.UNDEFINED]
    words = {Truth.TRUE: "true", Truth.FALSE: "false", Truth.UNKNOWN: "unknown"}
    return tuple(
        Step(text=one.text, outcome=words.get(one.outcome, "undefined"), values=one.seen)
        for one in written or outcomes
    )


def _shrunk(
    cell: Cell, document: Document, verdict: Truth
) -> tuple[dict[str, Any], Mapping[str, Any]]:
    """Leave out activity values one by one while label and verdict stay what they are.

    Values that the reference reads stay, since they tell the event apart. So do those that the
    query reads, unless it fires: only then does leaving them out make the witness stronger.
    """
    values = dict(document.values)
    if document.mutation is not None:
        schema = schemas.get(document.shape) if document.shape else cell.schema
        return values, without_unread(cell, document.body, schema)
    fires = verdict is Truth.TRUE
    protected = cell.intent.read_values() if fires else _read(cell)
    body = document.body
    for name in sorted({*values, *cell.schema.kind(cell.intent.kind).values}):
        if name in protected or values.get(name, "") is None:
            continue
        fewer = {**values, name: None}
        rendered = cell.schema.render(cell.intent.kind, fewer)
        if not rendered or cell.intent.label(fewer) is not document.sample.label:
            continue
        if cell.judge([rendered]) == [verdict]:
            values, body = fewer, rendered
    return values, without_unread(cell, body, cell.schema)


def without_unread(cell: Cell, full: Mapping[str, Any], schema: Schema) -> Mapping[str, Any]:
    """Return a document without the keys that neither side looks at, if that changes nothing."""
    provenance = schema.provenance(cell.intent.kind)
    read = cell.intent.read_values()
    wanted = _query_fields(cell) | {path for path, name in provenance.items() if name in read}
    body = copy.deepcopy(dict(full))
    for path, _ in list(leaf_paths(body)):
        if path not in wanted:
            delete_path(body, path)
    same = body and cell.judge([body]) == cell.judge([full])
    return body if same else full


def _query_fields(cell: Cell) -> frozenset[str]:
    return frozenset(fields_of(cell.query.predicate)) if cell.query else frozenset()


def _read(cell: Cell) -> frozenset[str]:
    provenance = cell.schema.provenance(cell.intent.kind)
    by_query = (provenance.get(path) for path in _query_fields(cell))
    return cell.intent.read_values() | {name for name in by_query if name}
