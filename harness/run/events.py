"""What happens during a run, in the order it happens; listeners print, the engine does not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from harness.checks import Cell, Finding
from harness.errors import Diagnostic
from harness.events.model import NotConstructed
from harness.ruleset.model import Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted:
    """A run begins; ``cells`` is how many (translation, version, schema) it will finish."""

    rules: int
    cells: int
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CellFinished:
    """One translation was run on one schema."""

    cell: Cell
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Survival:
    """How many malicious events a mutation changed, and how many of them still fire.

    ``binding`` are those that must still fire by what the mutation and the rule say, ``held``
    those of them that do.
    """

    malicious: int = 0
    survived: int = 0
    binding: int = 0
    held: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFinished:
    """All cells of a rule are done. ``findings`` are those about the rule as a whole.

    ``robustness`` is what becomes of malicious events in the reference, by mutation.
    """

    rule: Rule
    cells: int
    findings: tuple[Finding, ...]
    gaps: tuple[NotConstructed, ...] = ()
    problems: tuple[Diagnostic, ...] = ()
    robustness: Mapping[str, Survival] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFinished:
    """A run ended. ``seconds`` is its duration; ``counts`` findings by severity."""

    rules: int
    translations: int
    documents: int
    verdicts: int
    unsupported: int
    seconds: float
    interrupted: bool = False
    counts: Mapping[str, int] = field(default_factory=dict)


RunEvent = RunStarted | CellFinished | RuleFinished | RunFinished
