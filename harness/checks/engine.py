"""Does the real engine agree with our reading, and what does it say where we have none?"""

from __future__ import annotations

from collections.abc import Iterator

from harness.checks._base import Cell, Check, Finding, Opinion, finding
from harness.checks._witness import WORDS, smallest, whole_witness
from harness.documents.document import Document
from harness.ir import Truth
from harness.mutations import Effect
from harness.ruleset.model import Rule
from harness.source import Unsupported

_SAID = {True: "fires", False: "stays silent", None: "fails"}
_ANSWER = {Truth.TRUE: True, Truth.FALSE: False}
_OUR_BUG = "this is a bug of the harness: report the query and the event"


def _run(cell: Cell) -> Iterator[Finding]:
    for opinion in cell.opinions:
        named = f"{opinion.engine} {opinion.version}".strip()
        if opinion.failure:
            yield finding(
                cell,
                "engine-fails",
                f"{named} gives no answer: {opinion.failure}",
                severity="warning",
                hint="simplify the query, mend the server, or leave the engine out",
                family=opinion.engine,
            )
        elif opinion.rejection:
            yield from _rejected(cell, opinion, named)
        elif cell.query is not None:
            yield from _compared(cell, opinion, named)
        elif isinstance(cell.error, Unsupported):
            yield from _judged(cell, opinion, named)
        else:
            yield finding(
                cell,
                "engine-accepts",
                f"{named} accepts the query, which our reading of the language rejects",
                hint="this is a bug of the harness: report the query",
                family=opinion.engine,
            )


def _rejected(cell: Cell, opinion: Opinion, named: str) -> Iterator[Finding]:
    """Report a query that the engine refuses, unless we have said so already."""
    if cell.error is None or isinstance(cell.error, Unsupported):
        yield finding(
            cell,
            "engine-rejects",
            f"{named} rejects the query: {opinion.rejection}",
            hint="correct the query; our own reading of it does not count",
            family=opinion.engine,
        )


def differing(cell: Cell, opinion: Opinion) -> Iterator[tuple[Document, bool | None, Truth]]:
    """Yield the documents on which an engine says otherwise than we, its verdict and ours."""
    if cell.query is None:
        return
    if opinion.expected:
        ours = dict(zip((one.name for one in opinion.documents), opinion.expected, strict=True))
    else:
        ours = {one.name: verdict for one, verdict in cell.pairs()}
    for document, told in zip(opinion.documents, opinion.verdicts, strict=True):
        own = ours[document.name]
        if told != _ANSWER.get(own):
            yield document, told, own


def _compared(cell: Cell, opinion: Opinion, named: str) -> Iterator[Finding]:
    """Compare the engine's verdicts with ours of the same version."""
    wrong = list(differing(cell, opinion))
    if not wrong:
        return
    chosen = smallest([document for document, _, _ in wrong])
    told, ours = next((told, own) for document, told, own in wrong if document is chosen)
    yield finding(
        cell,
        "engine-disagrees",
        f"{named} {_SAID[told]} where our reading does not, on {len(wrong)} events",
        hint=_OUR_BUG,
        family=opinion.engine,
        count=len(wrong),
        witness=whole_witness(cell, chosen, WORDS[ours]),
    )


def _judged(cell: Cell, opinion: Opinion, named: str) -> Iterator[Finding]:
    """Hold the engine's verdicts against the labels, where ours are missing."""
    pairs = list(zip(opinion.documents, opinion.verdicts, strict=True))
    binding = [(one, said) for one, said in pairs if one.effect is Effect.KEEPS]
    missed = [one for one, said in binding if one.malicious and not said]
    false = [one for one, said in binding if not one.malicious and said]
    if missed:
        message = f"{named} misses malicious events"
        yield _wrong(cell, opinion, "engine-misses", message, missed)
    if false:
        message = f"{named} fires on benign events"
        yield _wrong(cell, opinion, "engine-false-alarm", message, false)


def _wrong(
    cell: Cell, opinion: Opinion, code: str, message: str, documents: list[Document]
) -> Finding:
    said = _SAID[code == "engine-false-alarm"]
    return finding(
        cell,
        code,
        f"{message}, {len(documents)} in all; our own evaluation has no verdict",
        hint="the event is as small as the corpus has it: without our evaluation none is shrunk",
        family=opinion.engine,
        count=len(documents),
        witness=whole_witness(cell, smallest(documents), said),
    )


def leftover(rule: Rule, server: str, message: str, hint: str) -> Finding:
    """Return the finding that documents of a rule stay on a server."""
    return Finding(
        code="engine-leftover",
        severity="warning",
        rule=rule.key,
        message=message,
        hint=hint,
        family=server,
    )


CHECK = Check(
    name="engine",
    question="Does the real engine agree with our evaluation, and with the labels where we "
    "have none?",
    codes={
        "engine-rejects": "The real engine rejects the query.",
        "engine-accepts": "The real engine accepts a query that our reading rejects.",
        "engine-fails": "The real engine gives no answer.",
        "engine-disagrees": "The real engine gives another verdict than our evaluation.",
        "engine-leftover": "Documents of ours could not be removed from a server.",
        "engine-misses": "The real engine misses a malicious event of a query that we do not "
        "evaluate.",
        "engine-false-alarm": "The real engine fires on a benign event with a query that we do "
        "not evaluate.",
    },
    cell=_run,
)
