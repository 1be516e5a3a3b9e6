"""A rule, its translations, and what its owner promises about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from harness.errors import Diagnostic
from harness.ir import Schedule
from harness.source import Source, Span, Unsupported


@dataclass(frozen=True, slots=True, kw_only=True)
class Translation:
    """One query, in one language, for one or more schemas.

    ``schemas`` are names as ``harness schemas`` prints them, each with an optional
    ``@version`` or ``:variant``; ``versions`` are versions of the product that runs the query,
    each of which gives a column of its own (passed to the language as option ``version``).
    ``pieces`` are the queries inside ``source`` where a converter made several of one rule: an
    event fires if any of them returns it. A ``scoped`` translation is run on events of the
    rule's log source only, which it does not test itself.
    """

    name: str
    language: str
    source: Source
    schemas: tuple[str, ...]
    versions: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    pieces: tuple[str, ...] = ()
    scoped: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NotConverted:
    """A translation that a converter did not make: its error's name, and its reason."""

    translation: str
    language: str
    code: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotEvaluated:
    """What a rule asks for beside its query that the harness does not evaluate yet.

    ``feature`` names it, ``span`` is where the file says so.
    """

    feature: str
    reason: str
    source: Source
    span: Span

    def error(self) -> Unsupported:
        """Return it as the error that stands in for the rule's query."""
        return Unsupported(self.feature, self.source, self.span, self.reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """An exception that the owner accepts: findings that match it do not fail the run.

    An exception that matches nothing any more is itself a finding.
    """

    code: str
    reason: str
    translation: str = "*"
    schema: str = "*"
    family: str = "*"
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Regression:
    """An activity of a rule that once exposed a disagreement, saved to be run for ever.

    ``values`` are those of the rule's kind, ``None`` for one that is absent; ``place`` is the
    file.
    """

    name: str
    values: Mapping[str, Any]
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """An event that was recorded, with the label that the owner gave it.

    ``document`` is the event as ``schema`` records it, redacted; ``values`` are the activity that
    was read off it, ``None`` for one that is absent; ``place`` is file and line.
    """

    name: str
    label: str
    values: Mapping[str, Any]
    schema: str
    document: Mapping[str, Any]
    place: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Promises:
    """What every translation must keep, on every schema it is written for.

    ``recall`` and ``precision`` are the shares of malicious events that fire and of benign
    events that stay silent, 1.0 for all; ``robust`` names the mutations that must not change
    a verdict.
    """

    recall: float = 1.0
    precision: float = 1.0
    robust: tuple[str, ...] = ()
    focused: bool = False
    """Only what a query reads is mutated, on a few events: enough for rules by the thousand."""
    late_by: timedelta | None = None
    """The delay between an event and its being searchable that a schedule must survive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What a translation may cost.

    ``relative`` is its time per event divided by that of the cheapest predicate, measured in
    the same run; ``growth`` the exponent by which time grows with the length of a value
    (1 is linear).
    """

    relative: float = 200.0
    growth: float = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """What a rule says about itself, as far as its format has a place for it."""

    id: str = ""
    title: str = ""
    author: str = ""
    license: str = ""
    severity: str = ""
    risk_score: int | None = None
    tactics: tuple[str, ...] = ()
    techniques: tuple[str, ...] = ()
    max_alerts: int | None = None
    guide: str = ""
    logsource: Mapping[str, str] = field(default_factory=dict)
    named: Mapping[str, str] = field(default_factory=dict)
    """ATT&CK ids with the names that the rule gives them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A detection rule: metadata, the reference that states its intent, and translations.

    ``unsupported`` is why the rule cannot be run, whatever its query says; ``warnings`` are
    facts about its files that its owner should know and that do not stop it. ``shares_id`` where
    another rule has the same id. ``regressions`` and ``recorded`` events are run beside what is
    generated.
    """

    name: str
    folder: Path
    metadata: Metadata
    kind: str
    reference: Translation
    translations: tuple[Translation, ...]
    promises: Promises = field(default_factory=Promises)
    known: tuple[Known, ...] = ()
    budget: Budget = field(default_factory=Budget)
    schedule: Schedule | None = None
    not_converted: tuple[NotConverted, ...] = ()
    warnings: tuple[Diagnostic, ...] = ()
    unsupported: NotEvaluated | None = None
    shares_id: bool = False
    regressions: tuple[Regression, ...] = ()
    recorded: tuple[Recorded, ...] = ()

    @property
    def key(self) -> str:
        """What tells the rule from others: its id, its name where it has none, or both."""
        if self.shares_id:
            return f"{self.metadata.id} {self.name}"
        return self.metadata.id or self.name


def duration(text: str) -> timedelta | None:
    """Return the time span that ``5m``, ``30s``, ``1h`` or ``2d`` stands for."""
    units = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
    number, unit = text[:-1], text[-1:]
    if not number.isdigit() or unit not in units or len(number) > len("999999"):
        return None
    return timedelta(**{units[unit]: int(number)})
