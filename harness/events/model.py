"""Activities with a label: what happened, and whether the rule must fire on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from harness.ruleset.model import Recorded
from harness.source import Span


class Label(StrEnum):
    """What the rule's intent says about an activity."""

    MALICIOUS = "malicious"
    BENIGN = "benign"


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """Something that happened, vendor-neutral: a kind of Sigma's taxonomy and its values."""

    kind: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One labelled activity of a rule's corpus.

    ``family`` says what kind of test it is (``alternative``, ``digit-added``, ...),
    ``because`` puts it in words, ``atom`` is the part of the reference that it turns on;
    ``recorded`` is the event of the owner's that it is, if any.
    """

    name: str
    label: Label
    family: str
    because: str
    activity: Activity
    atom: Span | None = None
    recorded: Recorded | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotConstructed:
    """A test that could not be built, and why; ``count`` conditions share both."""

    what: str
    reason: str
    atom: Span | None = None
    count: int = 1

    def __str__(self) -> str:
        return f"{self.what} ({self.count} conditions)" if self.count > 1 else self.what


class Code(StrEnum):
    """What is proven of a rule."""

    ALWAYS_FALSE = "always-false"
    ALWAYS_TRUE = "always-true"
    UNREACHABLE = "unreachable-branch"
    DEAD = "dead-atom"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something proven about a rule: ``what`` in words, and ``why`` where that is one condition."""

    code: Code
    what: str
    why: str
    atom: Span | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """Everything that was built for a rule, what was not, and what was proven on the way."""

    samples: tuple[Sample, ...]
    gaps: tuple[NotConstructed, ...] = ()
    facts: tuple[Fact, ...] = ()
