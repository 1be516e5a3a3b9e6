"""What tests give where a property is missing, which AQL's pages do not say."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from harness.ir import And, Atom, Condition, Definite, Not, Or, Predicate, Truth

_LOG_SOURCE = frozenset({"devicetype", "logsourceid"})
"""Columns that tell which log source an event comes from."""


@dataclass(frozen=True, slots=True)
class Missing:
    """What tests give for a missing property, by the options ``missing`` and ``log_source``."""

    mode: str
    any_log_source: bool = False

    def outcome(self, *, positive: bool) -> Truth:
        """Return the outcome of a test, ``positive`` where no negation stands above it."""
        if self.mode == "null":
            return Truth.UNKNOWN
        return Truth.FALSE if positive or self.mode == "false" else Truth.UNDEFINED

    def outcome_of(self, atom: Atom, *, positive: bool) -> Truth:
        """Return the outcome of a test of one column."""
        if self.any_log_source and str(atom.field).casefold() in _LOG_SOURCE:
            return Truth.of(positive)
        return self.outcome(positive=positive)


def settled(predicate: Predicate, missing: Missing, *, positive: bool = True) -> Predicate:
    """Return a predicate with the outcome of missing properties filled in.

    No page says whether a missing property is NULL, which no NOT makes true, or simply does
    not match. Both return nothing for a test that is not negated; for a negated one the
    outcome is left undefined.
    """
    match predicate:
        case Not(item):
            return Not(settled(item, missing, positive=not positive))
        case And(items):
            return And(tuple(settled(item, missing, positive=positive) for item in items))
        case Or(items):
            return Or(tuple(settled(item, missing, positive=positive) for item in items))
        case Definite(item):
            return Definite(settled(item, missing, positive=positive))
        case Atom(missing=Truth.UNKNOWN):
            return replace(predicate, missing=missing.outcome_of(predicate, positive=positive))
        case Condition(truth=decide):
            outcome = missing.outcome(positive=positive)

            def filled(value: Any) -> Truth:
                found = decide(value)
                return outcome if found is Truth.UNKNOWN else found

            return replace(predicate, truth=filled)
        case _:
            return predicate
