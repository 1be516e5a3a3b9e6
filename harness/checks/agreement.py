"""Do the translations of a rule agree with each other on the same activity?"""

from __future__ import annotations

from collections.abc import Iterator

from harness.checks._base import Cell, Check, Finding, RuleResult, Witness
from harness.documents.document import Document
from harness.ir import Truth

MAX_NAMES = 6


def _run(result: RuleResult) -> Iterator[Finding]:
    """Report the activity on which the translations are split most evenly."""
    votes: dict[str, list[tuple[Cell, Document, Truth]]] = {}
    for cell in result.cells:
        for document, verdict in cell.pairs():
            if document.mutation is None:
                votes.setdefault(document.sample.name, []).append((cell, document, verdict))
    split = {name: _minority(group) for name, group in votes.items() if _minority(group)}
    if not split:
        return
    chosen = max(split, key=lambda name: (split[name], votes[name][0][1].malicious, name))
    group = votes[chosen]
    fires = [cell for cell, _, verdict in group if verdict is Truth.TRUE]
    silent = [cell for cell, _, verdict in group if verdict is not Truth.TRUE]
    document = group[0][1]
    yield Finding(
        code="disagreement",
        severity="note",
        rule=result.rule.key,
        message=f"translations disagree on {len(split)} of {len(votes)} activities; on this one "
        f"{_names(fires)} fire and {_names(silent)} do not",
        hint=f"by the reference the activity is {document.label}",
        count=len(split),
        witness=Witness(
            label=document.label,
            verdict="disputed",
            activity=document.activity,
            document=document.document,
            because=document.sample.because,
        ),
    )


def _minority(group: list[tuple[Cell, Document, Truth]]) -> int:
    fired = sum(verdict is Truth.TRUE for _, _, verdict in group)
    return min(fired, len(group) - fired)


def _names(cells: list[Cell]) -> str:
    names = list(dict.fromkeys(f"{one.translation.name} on {one.schema.label}" for one in cells))
    more = f" and {len(names) - MAX_NAMES} more" if len(names) > MAX_NAMES else ""
    return ", ".join(names[:MAX_NAMES]) + more


CHECK = Check(
    name="agreement",
    question="Do all translations of a rule agree on the same activity?",
    codes={"disagreement": "Translations of one rule give different verdicts on one activity."},
    rule=_run,
)
