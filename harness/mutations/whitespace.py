"""Blanks stand around a value."""

from __future__ import annotations

from collections.abc import Iterator

from harness.mutations._base import Effect, Mutated, Mutation, Subject

_AROUND = (("a leading blank", " {}"), ("a trailing blank", "{} "), ("a line end", "{}\n"))


def _apply(subject: Subject) -> Iterator[Mutated]:
    for name, value in subject.values.items():
        if not isinstance(value, str) or name not in subject.read or not subject.chosen(name):
            continue
        for words, form in _AROUND:
            values = {**subject.values, name: form.format(value)}
            document = subject.schema.render(subject.kind, values)
            if document != subject.document:
                yield Mutated(
                    detail=f"{name} with {words}",
                    document=document,
                    effect=Effect.PROMISABLE,
                    values=values,
                )


MUTATION = Mutation(
    name="whitespace",
    title="surrounding blanks",
    summary="Parsers of text formats keep or strip blanks around a value.",
    effects=(Effect.PROMISABLE,),
    apply=_apply,
    once=True,
)
