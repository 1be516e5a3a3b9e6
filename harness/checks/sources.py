"""Is everything that a rule's files say used?"""

from __future__ import annotations

from collections.abc import Iterator

from harness.checks._base import Check, Finding, RuleResult


def _run(result: RuleResult) -> Iterator[Finding]:
    for one in result.rule.warnings:
        yield Finding(
            code=one.code,
            severity=one.severity,
            rule=result.rule.key,
            message=one.message,
            hint=one.hint,
            place=one.place,
            excerpt=one.excerpt,
        )


CHECK = Check(
    name="sources",
    question="Is there a schema for every data source that the rule names?",
    codes={"no-schema": "No schema describes a data source that the rule names."},
    rule=_run,
)
