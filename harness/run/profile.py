"""What becomes of malicious events once they are changed, in the reference and elsewhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from harness.checks import Cell
from harness.documents.build import documents
from harness.documents.document import Document
from harness.events.intent import Intent
from harness.events.model import Label, Samples
from harness.ir import Truth
from harness.mutations import Effect
from harness.run.events import Survival


def of_reference(
    samples: Samples, intent: Intent, built: Sequence[Document] | None, *, seed: int, focused: bool
) -> dict[str, Survival]:
    """Return how the reference does on malicious events that are changed in its own schema.

    ``built`` are the documents of that schema, where a translation runs on it too; a
    ``focused`` rule has only changed what it reads.
    """
    if built is None:
        malicious = [one for one in samples.samples if one.label is Label.MALICIOUS]
        seen = intent.seen() if focused else None
        built = documents(malicious, intent, intent.schema, seed=seed, focus=lambda _: seen)
    changed = [one for one in built if one.mutation is not None and one.malicious]
    return _counted((one, intent.truth_on(one.body)) for one in changed)


def of_cell(cell: Cell) -> dict[str, Survival]:
    """Return how a translation does on malicious events that made it fire before the change."""
    before = {one.sample.name: verdict for one, verdict in cell.pairs() if one.mutation is None}
    return _counted(
        (one, verdict)
        for one, verdict in cell.pairs()
        if one.mutation is not None and one.malicious and before[one.sample.name] is Truth.TRUE
    )


def _counted(pairs: Iterable[tuple[Document, Truth]]) -> dict[str, Survival]:
    counts: dict[str, Counter[str]] = {}
    for document, verdict in pairs:
        count = counts.setdefault(document.mutation or "", Counter())
        fires, binds = verdict is Truth.TRUE, document.effect is Effect.KEEPS
        count.update(
            malicious=1, survived=int(fires), binding=int(binds), held=int(fires and binds)
        )
    return {name: Survival(**count) for name, count in counts.items()}
