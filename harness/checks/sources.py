"""Is all known that a rule builds on?"""

from __future__ import annotations

from collections.abc import Iterator

from harness import schemas
from harness.checks._base import Check, Finding, RuleResult
from harness.ruleset.logsource import ANY_KIND

SIGMA = "sigma"
"""The schema of Sigma's own names."""


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
    if result.rule.reference.schemas == (SIGMA,) and not schemas.sources_of(result.rule.kind):
        yield _no_source(result)


def _no_source(result: RuleResult) -> Finding:
    """Return that the rule's events are told in Sigma's own names only."""
    kind, rule = result.rule.kind, result.rule
    asked = ", ".join(f"{key} {value}" for key, value in sorted(rule.metadata.logsource.items()))
    known = f"no data source is described that records {kind} events"
    unknown = f"nothing is known of the log source ({asked or 'none is named'})"
    return Finding(
        code="kind-without-schema",
        severity="note",
        rule=rule.key,
        message=f"{unknown if kind == ANY_KIND else known}; events have Sigma's names",
        hint="add a schema file for the data source, see docs/schemas.md",
        place=rule.reference.source.name,
    )


CHECK = Check(
    name="sources",
    question="Are the data sources and macros that the rule builds on known, and its id its own?",
    codes={
        "no-schema": "No schema describes a data source that the rule names.",
        "kind-without-schema": "The rule's events exist in Sigma's own names only.",
        "duplicate-id": "Another rule has the same id.",
        "no-macro": "No file beside a Splunk detection defines a macro that it uses.",
    },
    rule=_run,
)
