"""Does every translation stay silent on what the rule is not about?"""

from __future__ import annotations

from collections.abc import Iterator

from harness.checks._base import Cell, Check, Finding, finding
from harness.checks._cause import outcome_reasons
from harness.checks._witness import smallest, steps, witness
from harness.documents.document import Document
from harness.ir import Truth


def _run(cell: Cell) -> Iterator[Finding]:
    if cell.query is None:
        return
    benign = [
        (one, verdict)
        for one, verdict in cell.pairs()
        if one.mutation is None and not one.malicious
    ]
    fired = [one for one, verdict in benign if verdict is Truth.TRUE]
    if not fired or (len(benign) - len(fired)) / len(benign) >= cell.rule.promises.precision:
        return
    for group in _by_atom(fired):
        chosen = smallest(group)
        yield finding(
            cell,
            "false-alarm",
            f"fires on a benign event of {cell.schema.title}: {chosen.sample.because}",
            hint="; ".join((_hint(cell, chosen), *outcome_reasons(cell, chosen.body))),
            count=len(group),
            family=chosen.sample.family,
            witness=witness(cell, chosen, Truth.TRUE),
        )


def _by_atom(fired: list[Document]) -> list[list[Document]]:
    """Group false alarms by the part of the reference that the translation lost."""
    groups: dict[object, list[Document]] = {}
    for document in fired:
        field = document.sample.because.split(" is ")[0]
        product = "another product" in document.sample.because
        groups.setdefault((document.sample.atom, field, product), []).append(document)
    return list(groups.values())


def _hint(cell: Cell, document: Document) -> str:
    if document.sample.family == "background":
        return "the translation is wider than the reference; compare their conditions"
    because = document.sample.because
    passing = _passing(cell, document)
    if passing:
        return f"its test `{passing}` passes all the same ({because})"
    return f"the translation does not test what tells this event apart ({because})"


def _passing(cell: Cell, document: Document) -> str:
    """Return the test of the field that tells the event apart, where it is true nonetheless."""
    field = document.sample.because.split(" is ")[0]
    return next(
        (
            one.text
            for one in steps(cell, document.body)
            if one.outcome == "true" and one.values.startswith(f"{field} is '")
        ),
        "",
    )


CHECK = Check(
    name="precision",
    question="Does every translation stay silent on every benign event?",
    codes={"false-alarm": "The translation fires on a benign event."},
    cell=_run,
)
