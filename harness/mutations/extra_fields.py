"""Unrelated fields stand beside the known ones."""

from __future__ import annotations

import copy
from collections.abc import Iterator

from harness.mutations._base import Effect, Mutated, Mutation, Subject

_EXTRA = {
    "labels": {"site": "north", "retention": "90d"},
    "tags": ["production", "windows"],
    "ecs": {"version": "8.11.0"},
    "_pipeline_note": "4692 is only a number here",
}


def _apply(subject: Subject) -> Iterator[Mutated]:
    document = subject.copy()
    if subject.schema.shape == "text":
        line = f"{document.get('_raw', '')}\tsite=north\tretention=90d"
        yield Mutated(detail="two more columns", document={"_raw": line}, effect=Effect.KEEPS)
        return
    if subject.schema.shape == "flat":
        flat = {"site": "north", "retention": "90d", "pipeline_note": "4692 is only a number here"}
        document.update((key, value) for key, value in flat.items() if key not in document)
    else:
        extra = copy.deepcopy(_EXTRA)
        document.update((key, value) for key, value in extra.items() if key not in document)
    yield Mutated(detail="unrelated fields added", document=document, effect=Effect.KEEPS)


MUTATION = Mutation(
    name="extra-fields",
    title="unrelated fields",
    summary="Every pipeline adds labels and tags of its own; they must not decide anything.",
    effects=(Effect.KEEPS,),
    apply=_apply,
)
