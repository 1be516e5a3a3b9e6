"""All labelled activities of a rule: those that are generated, and those that were saved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from harness.evaluate.explain import LeafOutcome, explain
from harness.events import solve
from harness.events.intent import Intent
from harness.events.model import Activity, Label, Sample, Samples
from harness.ir import Truth
from harness.ruleset.model import Recorded, Regression, Rule

FAMILY = "regression"
RECORDED = "recorded"


def samples_of(rule: Rule, intent: Intent, *, seed: int = 0) -> Samples:
    """Return a rule's activities; what was saved gets its label anew from the reference.

    A recorded event whose label is another than the reference's verdict is left out: that is a
    finding about the rule (``checks/recorded.py``) and not about its translations.
    """
    built = solve.samples(intent, seed=seed)
    if not rule.regressions and not rule.recorded:
        return built
    saved = tuple(_sample(rule, intent, one) for one in rule.regressions)
    agreeing = (one for one in rule.recorded if intent.label(one.values).value == one.label)
    recorded = tuple(_of_recorded(rule, intent, one) for one in agreeing)
    return replace(built, samples=(*built.samples, *saved, *recorded))


def _of_recorded(rule: Rule, intent: Intent, one: Recorded) -> Sample:
    label = Label(one.label)
    apart = _apart(rule, intent, one.values) if label is Label.BENIGN else None
    return Sample(
        name=f"{RECORDED}-{one.name}",
        label=label,
        family=RECORDED,
        because=f"recorded event {one.name}",
        activity=Activity(kind=rule.kind, values=one.values),
        atom=apart.span if apart else None,
        recorded=one,
    )


def _sample(rule: Rule, intent: Intent, saved: Regression) -> Sample:
    label = intent.label(saved.values)
    apart = _apart(rule, intent, saved.values) if label is Label.BENIGN else None
    return Sample(
        name=f"{FAMILY}-{saved.name}",
        label=label,
        family=FAMILY,
        because=apart.seen if apart else f"found by harness fuzz as {saved.name}",
        activity=Activity(kind=rule.kind, values=saved.values),
        atom=apart.span if apart else None,
    )


def _apart(rule: Rule, intent: Intent, values: Mapping[str, Any]) -> LeafOutcome | None:
    """Return the first part of the reference that is not true on an activity."""
    document = intent.document(values)
    parts = explain(intent.predicate, document, intent.semantics, rule.reference.source)
    return next((one for one in parts if one.outcome is not Truth.TRUE and one.seen), None)
