"""Does a rule say consistent things about itself?"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

from harness import schemas
from harness.checks._base import Check, Finding, RuleResult
from harness.ruleset import attack
from harness.ruleset.model import Metadata, Rule

_RISK = {"low": (0, 21), "medium": (22, 47), "high": (48, 73), "critical": (74, 100)}
"""Risk scores that go with a severity in Elastic's detection engine
(https://www.elastic.co/guide/en/security/current/rules-ui-create.html)."""
_TECHNIQUE = re.compile(r"T\d{4}(\.\d{3})?")
_GUIDE_QUERY = re.compile(r"!\{investigate(\{.*?\})\}(?=\s|$)", re.DOTALL)
_PLACEHOLDER = re.compile(r"\{\{([^{}]+)\}\}")


_NEWER_TACTICS = frozenset({"stealth", "defense-impairment", "TA0112"})
"""What version 19 made of defense evasion (https://attack.mitre.org/resources/updates/)."""


def _run(result: RuleResult) -> Iterator[Finding]:
    rule = result.rule
    yield from _severity(rule)
    yield from _techniques(rule)
    yield from _guide(rule)


def _finding(rule: Rule, code: str, message: str, hint: str, severity: str = "warning") -> Finding:
    return Finding(
        code=code,
        severity=severity,
        rule=rule.key,
        message=message,
        hint=hint,
        place=rule.reference.source.name,
    )


def _severity(rule: Rule) -> Iterator[Finding]:
    metadata = rule.metadata
    if metadata.risk_score is None or metadata.severity not in _RISK:
        return
    low, high = _RISK[metadata.severity]
    if not low <= metadata.risk_score <= high:
        yield _finding(
            rule,
            "severity-mismatch",
            f"severity {metadata.severity!r} does not go with risk score {metadata.risk_score}",
            f"use a score from {low} to {high}, or another severity",
        )


def _techniques(rule: Rule) -> Iterator[Finding]:
    metadata = rule.metadata
    newer = sorted(_NEWER_TACTICS & set(metadata.tactics))
    if newer:
        known_to = f"ATT&CK {attack.version()}"
        message = f"{newer[0]!r} is newer than {known_to}: unknown ids are left alone"
        yield _finding(rule, "attack-newer", message, "", severity="note")
    for identifier in metadata.techniques:
        if not _TECHNIQUE.fullmatch(identifier):
            hint = "write T and four digits, for a sub-technique a dot and three more"
            yield _finding(rule, "attack-id", f"{identifier!r} is no ATT&CK technique id", hint)
            continue
        known = attack.technique(identifier)
        if newer and (known is None or known.get("retired")):
            continue
        if known is None:
            message = f"{identifier} is not in ATT&CK {attack.version()}"
            yield _finding(rule, "attack-id", message, "look the technique up again")
        elif known.get("retired"):
            message = f"{identifier} ({known['name']}) is retired in ATT&CK {attack.version()}"
            yield _finding(rule, "attack-id", message, "use the technique that replaced it")
        else:
            yield from _names(rule, identifier, known)
    for identifier in metadata.tactics:
        if identifier in _NEWER_TACTICS:
            continue
        if attack.tactic(identifier) is None and not re.fullmatch(r"[gs]\d{4}", identifier):
            message = f"{identifier!r} is no ATT&CK tactic"
            yield _finding(rule, "attack-id", message, "use its id or its short name")


def _names(rule: Rule, identifier: str, known: dict[str, Any]) -> Iterator[Finding]:
    metadata: Metadata = rule.metadata
    given = metadata.named.get(identifier)
    if given and given != known["name"]:
        message = f"{identifier} is called {known['name']!r}, not {given!r}"
        yield _finding(rule, "attack-name", message, "correct the name or the id")
    tactics = {found["short"] for one in metadata.tactics if (found := attack.tactic(one))}
    newer = _NEWER_TACTICS & set(metadata.tactics)
    if tactics and not newer and not tactics & set(known["tactics"]):
        message = f"{identifier} belongs to {', '.join(known['tactics'])}, none of which is named"
        yield _finding(rule, "attack-tactic", message, "add the tactic or correct the technique")


def _guide(rule: Rule) -> Iterator[Finding]:
    """Check the queries of an investigation guide: they parse, and their fields exist."""
    known = _known_fields(rule)
    for found in _GUIDE_QUERY.finditer(rule.metadata.guide):
        try:
            query = json.loads(found[1])
        except (ValueError, RecursionError) as error:
            message = f"a query of the investigation guide is no JSON: {error}"
            yield _finding(rule, "guide-query", message, "correct the braces and quotes")
            continue
        label = str(query.get("label", "")) if isinstance(query, dict) else ""
        for field in sorted(_guide_fields(query) - known):
            near = get_close_matches(field, sorted(known), n=1)
            hint = f"did you mean {near[0]!r}?" if near else "use a field of the rule's sources"
            message = f"the guide's query {label!r} reads {field!r}, which no source records"
            yield _finding(rule, "guide-field", message, hint)


def _guide_fields(query: Any) -> set[str]:
    if not isinstance(query, dict):
        return set()
    providers = query.get("providers")
    names: set[str] = set()
    for group in providers if isinstance(providers, list) else ():
        for one in group if isinstance(group, list) else ():
            if isinstance(one, dict):
                names.add(str(one.get("field", "")))
                names.update(_PLACEHOLDER.findall(str(one.get("value", ""))))
    return names


def _known_fields(rule: Rule) -> set[str]:
    """Return every path of the rule's data sources, whatever kind of activity it belongs to."""
    names = {name for one in rule.translations for name in one.schemas}
    found = [schemas.get(name) for name in sorted(names)]
    return {path for schema in found for kind in schema.kinds for path in schema.paths(kind)}


CHECK = Check(
    name="metadata",
    question="Are severity, ATT&CK mapping and investigation guide consistent and usable?",
    codes={
        "severity-mismatch": "Severity and risk score do not go together.",
        "attack-id": "An ATT&CK id is malformed, unknown or retired.",
        "attack-newer": "The rule uses a later version of ATT&CK than the one known here.",
        "attack-name": "An ATT&CK id carries the name of something else.",
        "attack-tactic": "A technique belongs to none of the tactics that the rule names.",
        "guide-query": "A query of the investigation guide cannot be read.",
        "guide-field": "A query of the investigation guide names a field that no source records.",
    },
    rule=_run,
)
