"""The letter case of a value changes: Windows names are the same in any case."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.mutations._base import Effect, Mutated, Mutation, Subject

_CASES = (("upper case", str.upper), ("lower case", str.lower), ("swapped case", str.swapcase))


_TECHNICAL = re.compile(r"[0-9a-fA-FxTZ{}:.+-]*|S-1-[0-9-]+")
"""Numbers, GUIDs, hashes, time stamps and SIDs: their letter case is a format, not a spelling."""


def _has_case(subject: Subject, name: str, value: str) -> bool:
    declared = subject.schema.kind(subject.kind).values.get(name)
    closed = declared is not None and bool(declared.allowed)
    return not closed and _TECHNICAL.fullmatch(value) is None


def _apply(subject: Subject) -> Iterator[Mutated]:
    for name, value in subject.values.items():
        if not isinstance(value, str) or not subject.concerns_value(name):
            continue
        if not _has_case(subject, name, value):
            continue
        seen = {value}
        for words, change in _CASES:
            changed = change(value)
            if changed in seen:
                continue
            seen.add(changed)
            values = {**subject.values, name: changed}
            document = subject.schema.render(subject.kind, values)
            if document == subject.document:
                continue
            yield Mutated(
                detail=f"{name} in {words}",
                document=document,
                effect=Effect.KEEPS,
                family=name,
                values=values,
            )


MUTATION = Mutation(
    name="value-case",
    title="letter case of a value",
    summary="File names, channels, providers and accounts are the same thing in any letter "
    "case on Windows, and sources record them in different cases.",
    effects=(Effect.KEEPS,),
    apply=_apply,
)
