"""Is all known that a rule builds on?"""

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
    question="Are the data sources and macros that the rule builds on known, and its id its own?",
    codes={
        "no-schema": "No schema describes a data source that the rule names.",
        "duplicate-id": "Another rule has the same id.",
        "no-macro": "No file beside a Splunk detection defines a macro that it uses.",
    },
    rule=_run,
)
