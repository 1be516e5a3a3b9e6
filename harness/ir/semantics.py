"""The ways in which query languages disagree, as documented flags."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from harness.ir.cells import Lookup
from harness.ir.truth import Truth
from harness.ir.values import Case


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """What one operator of a language does; the language's parser builds its atoms from it."""

    summary: str
    """One sentence for the documentation."""
    case: Case = Case.SENSITIVE
    """Which letters count as equal."""
    wildcards: str = ""
    """The characters that act as wildcards in the operand; empty for none."""
    missing: Truth = Truth.FALSE
    """The outcome on an event without the field."""
    dialect: str = ""
    """The regular expression dialect, where the operator takes one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Semantics:
    """How a language evaluates, as far as one predicate tree can tell.

    Everything here is shown in the language's page of the documentation.
    """

    lookup: Lookup
    """How a field name finds values in an event."""
    operators: Mapping[str, Operator] = field(default_factory=dict)
    """The operators, by the spelling a user knows."""
    ordered: bool = False
    """True where ``and``/``or`` stop at the first failing side, so that a run-time error on
    the left hides what the right would give; False where order does not matter."""
    unknown: Truth = Truth.FALSE
    """What an UNKNOWN at the very top means for the event: FALSE, it is not returned."""
    typed: bool = False
    """True where the index type of a field changes the meaning of a query."""
    notes: tuple[str, ...] = ()
    """Further sentences that a user should know before trusting a verdict."""
