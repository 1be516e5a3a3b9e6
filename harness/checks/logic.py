"""Does every condition of a rule matter?"""

from __future__ import annotations

from collections.abc import Iterator

from harness.checks._base import Check, Finding, RuleResult
from harness.events.model import Code, Fact

_SEVERITY = {
    Code.ALWAYS_FALSE: "error",
    Code.ALWAYS_TRUE: "error",
    Code.UNREACHABLE: "warning",
    Code.DEAD: "note",
}
_HINT = {
    Code.ALWAYS_FALSE: "correct the condition, or the values that exclude each other",
    Code.ALWAYS_TRUE: "ask for something that ordinary events lack",
    Code.UNREACHABLE: "remove the branch, or correct what keeps it from deciding",
    Code.DEAD: "leave it out, or correct it if something else was meant",
}


def _run(result: RuleResult) -> Iterator[Finding]:
    for fact in result.facts:
        yield _finding(result, fact)


def _finding(result: RuleResult, fact: Fact) -> Finding:
    reference = result.rule.reference
    return Finding(
        code=fact.code.value,
        severity=_SEVERITY[fact.code],
        rule=result.rule.key,
        message=f"{fact.what}: {fact.why}" if fact.why else fact.what,
        hint=_HINT[fact.code],
        translation=reference.name,
        language=reference.language,
        family=fact.what,
        place=reference.source.place(fact.atom) if fact.atom else reference.source.name,
        excerpt=reference.source.excerpt(fact.atom) if fact.atom else "",
    )


CHECK = Check(
    name="logic",
    question="Does every condition of the rule decide the verdict on some event?",
    codes={
        Code.ALWAYS_FALSE.value: "The rule can never fire: its conditions exclude each other.",
        Code.ALWAYS_TRUE.value: "The rule fires on every event.",
        Code.UNREACHABLE.value: "A branch of the rule never decides: it cannot hold, or the rest "
        "of the rule has decided wherever it does.",
        Code.DEAD.value: "A condition decides nothing: without it the rule means the same.",
    },
    rule=_run,
)
