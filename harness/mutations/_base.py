"""What a mutation file declares."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any

from harness.schemas import Schema, touches


def _copied(value: Any) -> Any:
    """Return a copy of a JSON value; several times as fast as a general deep copy."""
    if isinstance(value, Mapping):
        return {key: _copied(item) for key, item in value.items()}
    return [_copied(item) for item in value] if isinstance(value, list) else value


EVERYTHING = "every value"
"""The family of a change of all values at once; what that of one value shows is told instead."""


class Effect(StrEnum):
    """What a mutation does to the label of a sample."""

    KEEPS = "keeps"
    """The event means the same as before: every verdict must stay."""
    PROMISABLE = "promisable"
    """What happened is the same, and looks different because somebody chose so: malicious events
    must still fire where the rule promises it; otherwise the outcome is reported."""
    PROBES = "probes"
    """The intent says nothing about it: a changed verdict is reported, not judged."""


class Evasion(StrEnum):
    """The ways to evade a rule, as a study of SIEM rules tells them apart.

    Uetz et al., "You Cannot Escape Me: Detecting Evasions of SIEM Rules in Enterprise Networks",
    USENIX Security 2024 (https://arxiv.org/abs/2311.10197).
    """

    INSERTION = "insertion"
    """What the system ignores is added: quotes, blanks, escape characters."""
    SUBSTITUTION = "substitution"
    """A word is replaced by another that means the same."""
    OMISSION = "omission"
    """What the attack does not need is left out."""
    REORDERING = "reordering"
    """Arguments change places."""
    RECODING = "recoding"
    """A value is written in another encoding or notation."""


@dataclass(frozen=True, kw_only=True)
class Subject:
    """An unmutated sample in one schema, as a mutation sees it.

    ``read`` are the activity values that the reference looks at, ``fields`` the names of its
    fields; ``chance`` is seeded per sample, so that a mutation draws the same for the same
    sample. ``late_by`` is the delay that the rule promises to survive.
    """

    kind: str
    schema: Schema
    values: Mapping[str, Any]
    document: Mapping[str, Any]
    read: frozenset[str]
    fields: frozenset[str]
    chance: random.Random
    late_by: timedelta | None = None
    brief: bool = False
    """Only the one change is wanted that shows most; see ``Mutation.broad``."""
    focus: frozenset[str] | None = None
    """The document paths whose change is of interest; ``None`` for all of them."""

    def copy(self) -> dict[str, Any]:
        """Return a copy of the document that may be changed freely."""
        copied: dict[str, Any] = _copied(self.document)
        return copied

    def concerns(self, path: str) -> bool:
        """Return whether a change at a document path is of interest."""
        return self.focus is None or touches(path, self.focus)

    def concerns_value(self, name: str) -> bool:
        """Return whether a change of an activity value shows anywhere of interest."""
        if self.focus is None:
            return True
        shown = self.schema.shows(self.kind, name)
        return any(map(self.concerns, shown)) or name not in self.schema.kind(self.kind).values

    def chosen(self, name: str) -> bool:
        """Return whether somebody may choose an activity value: it differs between events."""
        declared = self.schema.kind(self.kind).values.get(name)
        return declared is None or not (declared.allowed or declared.defaults)

    def reads(self, name: str) -> bool:
        """Return whether the reference looks at an activity value, under whatever name."""
        return name in self.read or name in self.fields

    def may_lack(self, path: str) -> bool:
        """Return whether a key may be absent or empty without telling another story.

        That is so where the data source is known to leave it out, and the reference does not
        turn on it.
        """
        return path in self.schema.optional(self.kind) and not self.reads_path(path)

    def reads_path(self, path: str) -> bool:
        """Return whether the value at a document path is one that the reference looks at."""
        if path in self.fields:
            return True
        rules = (one.rule for one in self.schema.fields(self.kind) if one.path == path)
        return any(name in self.read for rule in rules for name in rule.names)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutated:
    """A changed document.

    ``detail`` names the change (a path, a version); one line. ``family`` is what changes of
    one kind have in common, where several details tell the same story; default: the detail.
    ``shape`` is the label of the schema that the document is recorded in, where that is another
    version or set-up than the subject's. ``beside`` is what now stands beside the activity in
    the event, for a rule that looks anywhere.
    """

    detail: str
    document: Mapping[str, Any]
    effect: Effect
    values: Mapping[str, Any] | None = None
    family: str = ""
    shape: str = ""
    beside: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutation:
    """A named change of an activity or a document.

    ``summary`` says in one sentence what changes and why real data does so. ``apply`` yields
    the changed documents of one sample, deterministically. An ``evasion`` is the attacker's
    choice: it is applied to malicious events only. ``sources`` are where its facts come from.
    """

    name: str
    title: str
    summary: str
    effects: tuple[Effect, ...]
    apply: Callable[[Subject], Iterator[Mutated]]
    once: bool = field(default=False)
    """True where one malicious and one benign sample are enough, since it does not depend on
    what tells samples apart."""
    broad: bool = False
    """True where its first change is of all values at once, and is made of every sample on which
    a condition of the rule decides by holding."""
    evasion: Evasion | None = None
    sources: tuple[str, ...] = ()
