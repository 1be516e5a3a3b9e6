"""What tests give where a property is missing, which AQL's pages do not say."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from harness.ir import And, Atom, Condition, Definite, Not, Or, Predicate, Truth


def settled(predicate: Predicate, mode: str, *, positive: bool = True) -> Predicate:
    """Return a predicate with the outcome of missing properties filled in.

    No page says whether a missing property is NULL, which no NOT makes true, or simply does
    not match. Both return nothing for a test that is not negated; for a negated one the
    outcome is left undefined.
    """
    match predicate:
        case Not(item):
            return Not(settled(item, mode, positive=not positive))
        case And(items):
            return And(tuple(settled(item, mode, positive=positive) for item in items))
        case Or(items):
            return Or(tuple(settled(item, mode, positive=positive) for item in items))
        case Definite(item):
            return Definite(settled(item, mode, positive=positive))
        case Atom(missing=Truth.UNKNOWN):
            return replace(predicate, missing=_outcome(mode, positive=positive))
        case Condition(truth=decide):
            outcome = _outcome(mode, positive=positive)

            def filled(value: Any) -> Truth:
                found = decide(value)
                return outcome if found is Truth.UNKNOWN else found

            return replace(predicate, truth=filled)
        case _:
            return predicate


def _outcome(mode: str, *, positive: bool) -> Truth:
    if mode == "null":
        return Truth.UNKNOWN
    return Truth.FALSE if positive or mode == "false" else Truth.UNDEFINED
