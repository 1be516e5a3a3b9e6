"""What real engines say about a translation's documents."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.checks import Opinion
from harness.documents.document import Document
from harness.engines import engines_for
from harness.errors import HarnessError
from harness.ir.cells import text_line
from harness.ruleset.model import Translation
from harness.source import QuerySyntaxError

TIMEOUT = 10.0
"""Seconds that an engine may take for one translation's documents."""
MAX_DOCUMENTS = 500


def opinions(translation: Translation, documents: Sequence[Document]) -> Iterator[Opinion]:
    """Yield the verdicts of every engine that is installed for the translation's language.

    Only engines that read text lines are asked so far.
    """
    asked = tuple(one for one in documents if set(one.body) <= {"_raw", "_raw_b64"})
    asked = asked[:MAX_DOCUMENTS]
    for engine in engines_for(translation.language):
        version = engine.available() or ""
        lines = [text_line(one.body) for one in asked]
        try:
            verdicts = engine.run(translation.source.text, lines, timeout=TIMEOUT)
        except QuerySyntaxError as error:
            yield Opinion(engine=engine.title, version=version, rejection=error.message)
        except HarnessError as error:
            yield Opinion(engine=engine.title, version=version, failure=str(error))
        else:
            yield Opinion(
                engine=engine.title, version=version, documents=asked, verdicts=tuple(verdicts)
            )
