"""The same activity as another version or configuration of the same source records it."""

from __future__ import annotations

from collections.abc import Iterator

from harness import schemas
from harness.mutations._base import Effect, Mutated, Mutation, Subject


def _apply(subject: Subject) -> Iterator[Mutated]:
    for variant in subject.schema.variants(subject.kind):
        other = schemas.get(variant.label)
        if other.unrecorded(subject.kind, subject.values):
            continue
        document = other.render(subject.kind, subject.values)
        if document and document != subject.document:
            detail = f"{variant.label}, {variant.title}"
            yield Mutated(
                detail=detail, document=document, effect=Effect.KEEPS, shape=variant.label
            )


MUTATION = Mutation(
    name="renamed-keys",
    title="another version of the source",
    summary="Keys are renamed, moved or left out between versions and set-ups of one source; "
    "what happened stays the same.",
    effects=(Effect.KEEPS,),
    apply=_apply,
)
