"""A number is recorded as text, or digits as a number."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from harness.mutations._base import Effect, Mutated, Mutation, Subject
from harness.mutations._documents import concerned, set_path

_DIGITS = re.compile(r"0|[1-9][0-9]{0,400}")
"""Digits that come back the same from a number: no leading zero, and not beyond reason."""


def _other_type(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        return int(value)
    return None


def _apply(subject: Subject) -> Iterator[Mutated]:
    if subject.schema.shape == "text":
        return
    for path, value in concerned(subject):
        other = _other_type(value)
        if other is None:
            continue
        document = subject.copy()
        set_path(document, path, other)
        words = "a number" if isinstance(other, int) else "text"
        yield Mutated(detail=f"{path} as {words}", document=document, effect=Effect.KEEPS)


MUTATION = Mutation(
    name="number-string",
    title="number or text",
    summary="The same number is a JSON number in one agent version and a text in the next "
    "(winlog.event_id changed so between Winlogbeat 7.12 and 7.17).",
    effects=(Effect.KEEPS,),
    apply=_apply,
)
