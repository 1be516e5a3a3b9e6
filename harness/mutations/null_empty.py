"""A value is recorded as null, as an empty text or as a dash."""

from __future__ import annotations

from collections.abc import Iterator

from harness.mutations._base import Effect, Mutated, Mutation, Subject
from harness.mutations._documents import concerned, set_path

_STAND_INS = (("null", None), ("an empty text", ""), ("a dash", "-"))


def _apply(subject: Subject) -> Iterator[Mutated]:
    for path, value in concerned(subject):
        if not isinstance(value, str):
            continue
        effect = Effect.KEEPS if subject.may_lack(path) else Effect.PROBES
        for words, stand_in in _STAND_INS:
            if stand_in == value:
                continue
            document = subject.copy()
            set_path(document, path, stand_in)
            yield Mutated(detail=f"{path} as {words}", document=document, effect=effect)


MUTATION = Mutation(
    name="null-empty",
    title="a value is null, empty or a dash",
    summary="Windows and its forwarders write a dash, an empty text or null for what they do "
    "not know.",
    effects=(Effect.KEEPS, Effect.PROBES),
    apply=_apply,
    once=True,
)
