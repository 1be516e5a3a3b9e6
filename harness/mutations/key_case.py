"""The letter case of every key changes, as some pipelines do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from harness.mutations._base import Effect, Mutated, Mutation, Subject

_CASES: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("upper case", str.upper),
    ("lower case", str.lower),
)


def _recase(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, dict):
        return {change(key): _recase(item, change) for key, item in value.items()}
    return value


def _apply(subject: Subject) -> Iterator[Mutated]:
    if subject.schema.shape == "text":
        return
    for words, change in _CASES:
        document = _recase(subject.copy(), change)
        if document != subject.document:
            yield Mutated(detail=f"keys in {words}", document=document, effect=Effect.PROMISABLE)


MUTATION = Mutation(
    name="key-case",
    title="letter case of keys",
    summary="Some forwarders and parsers lower-case or upper-case field names.",
    effects=(Effect.PROMISABLE,),
    apply=_apply,
    once=True,
)
