"""Does the reference still say of recorded events what their owner says?"""

from __future__ import annotations

from collections.abc import Iterator

from harness.checks._base import Check, Finding, RuleResult, Step, Witness
from harness.evaluate.explain import explain
from harness.events.intent import Intent
from harness.ruleset.model import Recorded, Rule


def _run(result: RuleResult) -> Iterator[Finding]:
    intent = result.intent
    if intent is None:
        return
    for one in result.rule.recorded:
        if intent.label(one.values).value != one.label:
            yield _finding(result.rule, intent, one)


def _finding(rule: Rule, intent: Intent, one: Recorded) -> Finding:
    does = "stays silent" if one.label == "malicious" else "fires"
    parts = explain(
        intent.predicate, intent.document(one.values), intent.semantics, rule.reference.source
    )
    given = {name: value for name, value in one.values.items() if value is not None}
    return Finding(
        code="recorded-label",
        severity="error",
        rule=rule.key,
        message=f"the reference {does} on the recorded event {one.name}, labelled {one.label}",
        hint="mend the reference, or import the event again with the other label",
        family=one.name,
        place=one.place,
        witness=Witness(
            label=one.label,
            verdict=does,
            activity={"kind": rule.kind, **given},
            document=one.document,
            because="recorded",
            steps=tuple(
                Step(text=part.text, outcome=part.outcome.name.lower(), values=part.seen)
                for part in parts
            ),
        ),
    )


CHECK = Check(
    name="recorded",
    question="Does the reference still say of recorded events what their owner says?",
    codes={
        "recorded-label": "The reference's verdict on a recorded event is not the label that the "
        "event was imported with."
    },
    rule=_run,
)
