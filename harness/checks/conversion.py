"""Could every translation that was asked for be made?"""

from __future__ import annotations

from collections.abc import Iterator

from harness.checks._base import Check, Finding, RuleResult
from harness.ruleset.model import NotConverted

_OURS = frozenset({"no-schema", "not-sigma"})
"""Reasons that say nothing about the converter."""


def _run(result: RuleResult) -> Iterator[Finding]:
    for one in result.rule.not_converted:
        ours = one.code in _OURS
        yield Finding(
            code="not-convertible",
            severity="note" if ours else "error",
            rule=result.rule.key,
            translation=one.translation,
            language=one.language,
            family=one.code,
            message=f"no translation was made: {_reason(one)}",
            hint="" if ours else "change the rule, the pipeline or the converter",
            place=result.rule.reference.source.name,
        )


def _reason(one: NotConverted) -> str:
    text = " ".join(one.reason.split())
    return text if one.code in _OURS else f"{text or 'the converter gives no reason'} [{one.code}]"


CHECK = Check(
    name="conversion",
    question="Could every translation that was asked for be made?",
    codes={"not-convertible": "The converter makes no translation of the rule."},
    rule=_run,
)
