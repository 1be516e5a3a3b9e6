"""A value in another Unicode normal form, or with a letter that looks alike."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from harness.mutations._base import Effect, Mutated, Mutation, Subject

_LOOK_ALIKE = str.maketrans({"a": "а", "c": "с", "e": "е", "o": "о", "p": "р", "i": "і"})  # noqa: RUF001 - Cyrillic letters on purpose


def _forms(value: str) -> Iterator[tuple[str, str]]:
    for form in ("NFC", "NFD", "NFKC"):
        yield f"normal form {form}", unicodedata.normalize(form, value)
    yield "Cyrillic look-alikes", value.translate(_LOOK_ALIKE)
    yield (
        "full-width letters",
        "".join(chr(ord(char) + 0xFEE0) if "a" <= char <= "z" else char for char in value),
    )


def _apply(subject: Subject) -> Iterator[Mutated]:
    for name, value in subject.values.items():
        if not isinstance(value, str) or name not in subject.read or not subject.chosen(name):
            continue
        for words, changed in _forms(value):
            if changed == value:
                continue
            values = {**subject.values, name: changed}
            document = subject.schema.render(subject.kind, values)
            if document != subject.document:
                yield Mutated(
                    detail=f"{name} in {words}",
                    document=document,
                    effect=Effect.PROMISABLE,
                    values=values,
                )


MUTATION = Mutation(
    name="unicode-forms",
    title="Unicode look-alikes and normal forms",
    summary="An attacker may choose look-alike letters; file systems and pipelines normalise.",
    effects=(Effect.PROMISABLE,),
    apply=_apply,
    once=True,
)
