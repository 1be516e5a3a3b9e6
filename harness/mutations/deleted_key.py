"""One key at a time is left out, as agents, pipelines and versions do."""

from __future__ import annotations

from collections.abc import Iterator

from harness.mutations._base import Effect, Mutated, Mutation, Subject
from harness.mutations._documents import concerned, delete_path


def _apply(subject: Subject) -> Iterator[Mutated]:
    for path, _ in concerned(subject):
        document = subject.copy()
        delete_path(document, path)
        effect = Effect.KEEPS if subject.may_lack(path) else Effect.PROBES
        yield Mutated(detail=f"without {path}", document=document, effect=effect)


MUTATION = Mutation(
    name="deleted-key",
    title="one key is missing",
    summary="A key that the data source is known to leave out at times may be absent without "
    "changing what happened; for other keys, and those that the reference reads, the outcome is "
    "only reported.",
    effects=(Effect.KEEPS, Effect.PROBES),
    apply=_apply,
)
