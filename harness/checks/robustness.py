"""Does a verdict survive the changes that real data goes through?"""

from __future__ import annotations

from collections.abc import Iterator

from harness import mutations
from harness.checks._base import Cell, Check, Finding, finding
from harness.checks._cause import silent_because
from harness.checks._witness import smallest, witness
from harness.documents.document import Document
from harness.ir import Truth
from harness.mutations import Effect


def _run(cell: Cell) -> Iterator[Finding]:
    if cell.query is None:
        return
    before = {one.sample.name: verdict for one, verdict in cell.pairs() if one.mutation is None}
    broken: dict[tuple[str, str, bool], list[tuple[Document, Truth]]] = {}
    for document, verdict in cell.pairs():
        if document.mutation is None or document.effect is not Effect.KEEPS:
            continue
        right = Truth.of(document.malicious)
        if before[document.sample.name] is right and verdict is not right:
            key = (document.mutation, document.family, document.malicious)
            broken.setdefault(key, []).append((document, verdict))
    for (name, family, _), group in sorted(broken.items()):
        yield _finding(cell, name, family, group)


def _finding(cell: Cell, name: str, family: str, group: list[tuple[Document, Truth]]) -> Finding:
    promised = name in cell.rule.promises.robust
    chosen = smallest([document for document, _ in group])
    verdict = next(verdict for document, verdict in group if document is chosen)
    title = mutations.get(name).title
    if chosen.malicious:
        cause = silent_because(cell, chosen.body)
        code, message = "mutation-missed", f"misses a malicious event after {title} ({family})"
        message = f"{message}: {cause.message}"
        hint, place, excerpt = cause.hint, cause.place, cause.excerpt
    else:
        code, message = "mutation-false-alarm", f"fires on a benign event after {title} ({family})"
        hint, place, excerpt = "the verdict turns on something that varies in real data", "", ""
    return finding(
        cell,
        code,
        message,
        severity="error" if promised else "note",
        hint=hint,
        place=place,
        excerpt=excerpt,
        family=family,
        mutation=name,
        count=len(group),
        witness=witness(cell, chosen, verdict),
    )


CHECK = Check(
    name="robustness",
    question="Does a verdict stay the same when the data source records the event differently?",
    codes={
        "mutation-missed": "A malicious event is missed once it is recorded differently.",
        "mutation-false-alarm": "A benign event fires once it is recorded differently.",
    },
    cell=_run,
)
