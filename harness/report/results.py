"""The result of a run as one JSON document, gathered from run events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

import harness
from harness.checks import Cell, Finding, Opinion
from harness.checks.engine import differing
from harness.errors import Diagnostic
from harness.ir import Truth
from harness.run.events import CellFinished, RuleFinished, RunEvent, Survival
from harness.run.profile import of_cell
from harness.source import Unsupported

SCHEMA = "harness/test/1"


Part = dict[str, Any]
"""What comes of one rule, as JSON: its cells, the rule as a whole, problems and counts."""


def part(events: Iterable[RunEvent]) -> Part:
    """Return what the events of one rule come to."""
    made: Part = {"results": [], "rules": [], "problems": [], "documents": 0, "verdicts": 0}
    for event in events:
        if isinstance(event, CellFinished):
            made["results"].append(_result(event.cell, event.findings))
            made["documents"] += len(event.cell.documents)
            made["verdicts"] += len(event.cell.verdicts)
        elif isinstance(event, RuleFinished):
            made["rules"].append(_rule(event))
            made["problems"].extend(asdict(one) for one in event.problems)
    return made


class Collector:
    """Gathers the parts of a run and gives them as a ``harness/test/1`` document."""

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed
        self._parts: list[Part] = []
        self._problems: list[dict[str, Any]] = []
        self._seconds = 0.0
        self._interrupted = False

    def add(self, part: Part) -> None:
        """Add what came of one rule."""
        self._parts.append(part)

    def add_problems(self, problems: Iterable[Diagnostic]) -> None:
        """Add what was wrong with inputs that never became a rule."""
        self._problems.extend(asdict(one) for one in problems)

    def finish(self, *, seconds: float, interrupted: bool = False) -> None:
        """Note how the run ended."""
        self._seconds, self._interrupted = seconds, interrupted

    def document(self, *, times: bool = True) -> dict[str, Any]:
        """Return the document; without times it is the same for the same input and seed."""
        results = [item for one in self._parts for item in one["results"]]
        rules = [item for one in self._parts for item in one["rules"]]
        problems = [*self._problems, *(item for one in self._parts for item in one["problems"])]
        findings = [one for item in (*results, *rules) for one in item["findings"]]
        counts = Counter("known" if one["known"] else one["severity"] for one in findings)
        return {
            "schema": SCHEMA,
            "seed": self._seed,
            "harness": harness.__version__,
            "summary": {
                "rules": len(rules),
                "translations": len(results),
                "documents": sum(one["documents"] for one in self._parts),
                "verdicts": sum(one["verdicts"] for one in self._parts),
                "findings": counts["error"],
                "warnings": counts["warning"],
                "notes": counts["note"],
                "known": counts["known"],
                "unsupported": sum(item["status"] == "unsupported" for item in results),
                "problems": len(problems),
                "interrupted": self._interrupted,
                "seconds": round(self._seconds, 2) if times else 0.0,
            },
            "results": results if times else [_timeless(item) for item in results],
            "rules": rules,
            "problems": problems,
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
        "rule": cell.rule.key,
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
        "engines": [_opinion(cell, one) for one in cell.opinions],
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


def _opinion(cell: Cell, opinion: Opinion) -> dict[str, Any]:
    return {
        "engine": opinion.engine,
        "version": opinion.version,
        "verdicts": len(opinion.verdicts),
        "differing": sum(1 for _ in differing(cell, opinion)),
        "refused": opinion.refused,
        "stand_ins": list(opinion.stand_ins),
        "rejects": bool(opinion.rejection),
        "fails": bool(opinion.failure),
    }


def _robustness(cell: Cell) -> dict[str, dict[str, int]]:
    """Return, per mutation, how many verdicts stayed, and how malicious events did."""
    before = {one.sample.name: verdict for one, verdict in cell.pairs() if one.mutation is None}
    profile: dict[str, dict[str, int]] = {}
    for document, verdict in cell.pairs():
        if document.mutation is None:
            continue
        entry = profile.setdefault(document.mutation, {"kept": 0, "changed": 0})
        entry["kept" if verdict is before[document.sample.name] else "changed"] += 1
    survivals = of_cell(cell)
    return {
        name: {**entry, **asdict(survivals.get(name, Survival()))}
        for name, entry in profile.items()
    }


def _rule(event: RuleFinished) -> dict[str, Any]:
    metadata = event.rule.metadata
    return {
        "rule": event.rule.key,
        "name": event.rule.name,
        "title": metadata.title,
        "severity": metadata.severity,
        "author": metadata.author,
        "license": metadata.license,
        "techniques": list(metadata.techniques),
        "tactics": list(metadata.tactics),
        "findings": [finding_json(one) for one in event.findings],
        "gaps": [{"what": str(one), "reason": one.reason} for one in event.gaps],
        "robust": sorted(event.rule.promises.robust),
        "robustness": {name: asdict(one) for name, one in event.robustness.items()},
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
