"""The result of a run as one JSON document, gathered from run events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import harness
from harness.checks import Cell, Finding, Opinion
from harness.errors import Diagnostic
from harness.ir import Truth
from harness.run.events import CellFinished, RuleFinished, RunEvent, RunFinished, RunStarted
from harness.source import Unsupported

SCHEMA = "harness/test/1"


class Collector:
    """A listener that keeps everything and gives it as a ``harness/test/1`` document."""

    def __init__(self) -> None:
        self._seed = 0
        self._results: list[dict[str, Any]] = []
        self._rules: list[dict[str, Any]] = []
        self._problems: list[dict[str, Any]] = []
        self._finished: RunFinished | None = None

    def handle(self, event: RunEvent) -> None:
        """Take one run event."""
        match event:
            case RunStarted(seed=seed):
                self._seed = seed
            case CellFinished(cell=cell, findings=findings):
                self._results.append(_result(cell, findings))
            case RuleFinished():
                self._rules.append(_rule(event))
                self._problems.extend(diagnostic_json(one) for one in event.problems)
            case RunFinished():
                self._finished = event

    def add_problems(self, problems: list[Diagnostic]) -> None:
        """Add what was wrong with inputs that never became a rule."""
        self._problems.extend(diagnostic_json(one) for one in problems)

    def document(self, *, times: bool = True) -> dict[str, Any]:
        """Return the document; without times it is the same for the same input and seed."""
        findings = [one for item in (*self._results, *self._rules) for one in item["findings"]]
        counts = Counter("known" if one["known"] else one["severity"] for one in findings)
        end = self._finished
        results = self._results if times else [_timeless(item) for item in self._results]
        return {
            "schema": SCHEMA,
            "seed": self._seed,
            "harness": harness.__version__,
            "summary": {
                "rules": len(self._rules),
                "translations": len(self._results),
                "documents": end.documents if end else 0,
                "verdicts": end.verdicts if end else 0,
                "findings": counts["error"],
                "warnings": counts["warning"],
                "notes": counts["note"],
                "known": counts["known"],
                "unsupported": sum(item["status"] == "unsupported" for item in self._results),
                "problems": len(self._problems),
                "interrupted": bool(end and end.interrupted),
                "seconds": round(end.seconds, 2) if end and times else 0.0,
            },
            "results": results,
            "rules": self._rules,
            "problems": self._problems,
        }


def _timeless(item: Mapping[str, Any]) -> dict[str, Any]:
    cost = {"relative": 1.0, "growth": 1.0, "budget": item["cost"]["budget"]}
    return {**item, "cost": cost}


def _result(cell: Cell, findings: tuple[Finding, ...]) -> dict[str, Any]:
    counts: Counter[str] = Counter()
    for document, verdict in cell.pairs():
        if document.mutation is not None:
            continue
        if verdict is Truth.UNDEFINED:
            counts["errors"] += 1
        fired = verdict is Truth.TRUE
        counts[("tp" if fired else "fn") if document.malicious else ("fp" if fired else "tn")] += 1
    return {
        "rule": cell.rule.metadata.id or cell.rule.name,
        "title": cell.rule.metadata.title,
        "translation": cell.translation.name,
        "language": cell.translation.language,
        "schema": cell.schema.label,
        "source": cell.schema.title,
        "version": cell.version,
        **{key: counts[key] for key in ("tp", "fn", "tn", "fp", "errors")},
        "cost": _cost(cell, findings),
        "status": _status(cell, findings),
        "robustness": _robustness(cell),
        "engines": [_opinion(one) for one in cell.opinions],
        "findings": [finding_json(one) for one in findings],
    }


def _cost(cell: Cell, findings: tuple[Finding, ...]) -> dict[str, Any]:
    codes = {one.code for one in findings}
    over = codes & {"cost-explodes", "cost-grows", "over-budget"}
    if cell.cost is None:
        return {"relative": 0.0, "growth": 0.0, "budget": "not measured"}
    growth = 99.0 if cell.cost.exhausted else cell.cost.growth
    return {
        "relative": round(cell.cost.relative, 1),
        "growth": round(growth, 2),
        "budget": "over" if over else "ok",
    }


def _status(cell: Cell, findings: tuple[Finding, ...]) -> str:
    if isinstance(cell.error, Unsupported):
        return "unsupported"
    if cell.error is not None:
        return "error"
    serious = [one for one in findings if one.severity == "error"]
    if any(one.known is None for one in serious):
        return "fail"
    return "known" if serious else "pass"


def _opinion(opinion: Opinion) -> dict[str, Any]:
    return {
        "engine": opinion.engine,
        "version": opinion.version,
        "verdicts": len(opinion.verdicts),
        "rejects": bool(opinion.rejection),
    }


def _robustness(cell: Cell) -> dict[str, dict[str, int]]:
    """Return, per mutation, how many verdicts stayed and how many changed."""
    before = {one.sample.name: verdict for one, verdict in cell.pairs() if one.mutation is None}
    profile: dict[str, dict[str, int]] = {}
    for document, verdict in cell.pairs():
        if document.mutation is None:
            continue
        entry = profile.setdefault(document.mutation, {"kept": 0, "changed": 0})
        entry["kept" if verdict is before[document.sample.name] else "changed"] += 1
    return profile


def _rule(event: RuleFinished) -> dict[str, Any]:
    metadata = event.rule.metadata
    return {
        "rule": metadata.id or event.rule.name,
        "name": event.rule.name,
        "title": metadata.title,
        "severity": metadata.severity,
        "author": metadata.author,
        "license": metadata.license,
        "techniques": list(metadata.techniques),
        "tactics": list(metadata.tactics),
        "findings": [finding_json(one) for one in event.findings],
        "gaps": [{"what": one.what, "reason": one.reason} for one in event.gaps],
    }


def finding_json(finding: Finding) -> dict[str, Any]:
    """Return a finding as JSON."""
    witness = finding.witness
    return {
        "code": finding.code,
        "severity": finding.severity,
        "known": finding.known,
        "message": finding.message,
        "hint": finding.hint,
        "translation": finding.translation,
        "schema": finding.schema,
        "version": finding.version,
        "mutation": finding.mutation,
        "family": finding.family,
        "count": finding.count,
        "place": finding.place,
        "excerpt": finding.excerpt,
        "witness": None
        if witness is None
        else {
            "label": witness.label,
            "verdict": witness.verdict,
            "because": witness.because,
            "activity": dict(witness.activity),
            "document": dict(witness.document),
            "steps": [
                {"text": one.text, "outcome": one.outcome, "values": one.values}
                for one in witness.steps
            ],
        },
    }


def diagnostic_json(problem: Diagnostic) -> dict[str, Any]:
    """Return a diagnostic as JSON."""
    return {
        "code": problem.code,
        "message": problem.message,
        "place": problem.place,
        "hint": problem.hint,
        "excerpt": problem.excerpt,
        "severity": problem.severity,
    }
