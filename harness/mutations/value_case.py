"""The letter case of a value changes: Windows names are the same in any case."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from harness.mutations._base import EVERYTHING, Effect, Mutated, Mutation, Subject

_CASES = (("upper case", str.upper), ("lower case", str.lower), ("swapped case", str.swapcase))


_TECHNICAL = re.compile(r"[0-9a-fA-FxTZ{}:.+-]*|S-1-[0-9-]+")
"""Numbers, GUIDs, hashes, time stamps and SIDs: their letter case is a format, not a spelling."""


def _has_case(subject: Subject, name: str, value: str) -> bool:
    declared = subject.schema.kind(subject.kind).values.get(name)
    closed = declared is not None and bool(declared.allowed)
    return not closed and _TECHNICAL.fullmatch(value) is None


def _apply(subject: Subject) -> Iterator[Mutated]:
    spelled = {
        name: value
        for name, value in subject.values.items()
        if isinstance(value, str)
        and subject.concerns_value(name)
        and _has_case(subject, name, value)
    }
    swapped = {name: value.swapcase() for name, value in spelled.items()}
    yield from _changed(subject, swapped, f"{EVERYTHING} in swapped case", EVERYTHING)
    if subject.brief:
        return
    for name, value in spelled.items():
        seen = {value} if len(spelled) > 1 else {value, value.swapcase()}
        for words, change in _CASES:
            changed = change(value)
            if changed not in seen:
                seen.add(changed)
                yield from _changed(subject, {name: changed}, f"{name} in {words}", name)


def _changed(
    subject: Subject, changed: Mapping[str, str], detail: str, family: str
) -> Iterator[Mutated]:
    values = {**subject.values, **changed}
    document = subject.schema.render(subject.kind, values)
    if document != subject.document:
        yield Mutated(
            detail=detail, document=document, effect=Effect.KEEPS, family=family, values=values
        )


MUTATION = Mutation(
    name="value-case",
    title="letter case of a value",
    summary="File names, channels, providers and accounts are the same thing in any letter "
    "case on Windows, and sources record them in different cases.",
    effects=(Effect.KEEPS,),
    apply=_apply,
    broad=True,
)
