"""Unrelated fields stand beside the known ones."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from harness.mutations._base import Effect, Mutated, Mutation, Subject

_EXTRA: dict[str, Any] = {
    "labels": {"site": "north", "retention": "90d"},
    "tags": ["production", "windows"],
    "ecs": {"version": "8.11.0"},
    "_pipeline_note": "4692 is only a number here",
}
_FLAT = {"site": "north", "retention": "90d", "pipeline_note": "4692 is only a number here"}


def _apply(subject: Subject) -> Iterator[Mutated]:
    document = subject.copy()
    if subject.schema.shape == "text":
        line = f"{document.get('_raw', '')}\tsite=north\tretention=90d"
        yield _added("two more columns", {"_raw": line}, {"_raw": "site=north\tretention=90d"})
        return
    extra = _FLAT if subject.schema.shape == "flat" else copy.deepcopy(_EXTRA)
    added = {key: value for key, value in extra.items() if key not in document}
    yield _added("unrelated fields added", document | added, added)


def _added(detail: str, document: dict[str, Any], added: dict[str, Any]) -> Mutated:
    return Mutated(detail=detail, document=document, effect=Effect.KEEPS, beside=added)


MUTATION = Mutation(
    name="extra-fields",
    title="unrelated fields",
    summary="Every pipeline adds labels and tags of its own; they must not decide anything.",
    effects=(Effect.KEEPS,),
    apply=_apply,
)
