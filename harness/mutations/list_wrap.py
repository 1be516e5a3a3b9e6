"""A single value is recorded as a list of one, or a list of one as a single value."""

from __future__ import annotations

from collections.abc import Iterator

from harness.mutations._base import Effect, Mutated, Mutation, Subject
from harness.mutations._documents import concerned, set_path


def _apply(subject: Subject) -> Iterator[Mutated]:
    if subject.schema.shape == "text":
        return
    for path, value in concerned(subject):
        if isinstance(value, list):
            if len(value) != 1:
                continue
            other, words = value[0], "a single value"
        else:
            other, words = [value], "a list of one"
        document = subject.copy()
        set_path(document, path, other)
        yield Mutated(detail=f"{path} as {words}", document=document, effect=Effect.KEEPS)


MUTATION = Mutation(
    name="list-wrap",
    title="single value or list",
    summary="Pipelines append to a list where others set a single value; event.action is a "
    "text in one Elastic integration and a list in another.",
    effects=(Effect.KEEPS,),
    apply=_apply,
)
