"""Does every translation fire on what the rule is about?"""

from __future__ import annotations

from collections.abc import Iterator

from harness.checks._base import Cell, Check, Finding, finding
from harness.checks._cause import silent_because
from harness.checks._witness import smallest, witness
from harness.documents.document import Document
from harness.ir import Truth


def _run(cell: Cell) -> Iterator[Finding]:
    if cell.query is None:
        return
    coverage = cell.schema.coverage(cell.intent.kind)
    if coverage:
        message = f"how {cell.schema.title} records such events is not fully proven: {coverage}"
        yield finding(cell, "unproven-source", message, severity="note")
    plain = [(one, verdict) for one, verdict in cell.pairs() if one.mutation is None]
    malicious = [(one, verdict) for one, verdict in plain if one.malicious]
    silent = (Truth.FALSE, Truth.UNKNOWN)
    missed = [(one, verdict) for one, verdict in malicious if verdict in silent]
    if not malicious:
        yield finding(
            cell,
            "nothing-to-detect",
            f"no malicious event of this rule can be recorded by {cell.schema.title}",
            severity="note",
            hint="take the schema off the translation, or extend the schema",
        )
        return
    yield from _undecided(cell, [one for one, verdict in malicious if verdict is Truth.UNDEFINED])
    share = (len(malicious) - len(missed)) / len(malicious)
    if not missed or share >= cell.rule.promises.recall:
        return
    chosen = smallest([one for one, _ in missed])
    verdict = next(verdict for one, verdict in missed if one is chosen)
    cause = silent_because(cell, chosen.body)
    code = "never-fires" if len(missed) == len(malicious) else "missed-malicious"
    lead = "never fires on" if code == "never-fires" else "misses malicious events of"
    yield finding(
        cell,
        code,
        f"{lead} {cell.schema.title}: {cause.message}",
        hint=cause.hint,
        count=len(missed),
        place=cause.place,
        excerpt=cause.excerpt,
        family=chosen.sample.family,
        witness=witness(cell, chosen, verdict),
    )


def _undecided(cell: Cell, documents: list[Document]) -> Iterator[Finding]:
    """Report events of which the language's own documentation does not say what happens."""
    if not documents:
        return
    chosen = smallest(documents)
    cause = silent_because(cell, chosen.body)
    yield finding(
        cell,
        "undecided",
        f"whether it fires on {cell.schema.title} is open: {cause.message}",
        severity="warning",
        hint="nothing documents what the product does there, or it fails on the event; "
        f"harness languages {cell.translation.language} lists the settings that decide it",
        count=len(documents),
        place=cause.place,
        excerpt=cause.excerpt,
        family=chosen.sample.family,
        witness=witness(cell, chosen, Truth.UNDEFINED),
    )


CHECK = Check(
    name="recall",
    question="Does every translation fire on every malicious event?",
    codes={
        "never-fires": "The translation fires on none of the malicious events of a data source.",
        "missed-malicious": "The translation stays silent on some malicious events.",
        "undecided": "The language leaves undefined whether the translation fires on a malicious "
        "event, or fails on it.",
        "unproven-source": "No real document proves how the data source records such events.",
        "nothing-to-detect": "The data source cannot record any malicious event of the rule.",
    },
    cell=_run,
)
