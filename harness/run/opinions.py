"""What real engines say about a translation's documents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from harness.checks import Opinion
from harness.documents.document import Document
from harness.engines import engines_for
from harness.errors import HarnessError
from harness.ir import FieldType
from harness.ir.cells import text_line
from harness.ruleset.model import Translation
from harness.source import QuerySyntaxError

MAX_DOCUMENTS = 500


def opinions(
    translation: Translation,
    documents: Sequence[Document],
    types: Mapping[str, FieldType],
    *,
    timeout: float,
) -> Iterator[Opinion]:
    """Yield the verdicts of every engine that is installed for the translation's language.

    ``types`` are those of all fields that the query or a document names. Engines that read text
    lines only are asked about such documents. A translation of several queries is left out.
    ``timeout`` is how many seconds an engine may take for the documents of one translation.
    """
    if translation.pieces:
        return
    text = translation.source.text
    for engine in engines_for(translation.language):
        version = engine.available() or ""
        asked = tuple(one for one in documents if engine.judge or _is_line(one))[:MAX_DOCUMENTS]
        bodies = [one.body for one in asked]
        try:
            if engine.judge:
                verdicts = engine.judge(
                    text, bodies, options=translation.options, types=types, timeout=timeout
                )
            else:
                verdicts = engine.run(text, [text_line(one) for one in bodies], timeout=timeout)
        except QuerySyntaxError as error:
            yield Opinion(engine=engine.title, version=version, rejection=error.message)
        except HarnessError as error:
            yield Opinion(engine=engine.title, version=version, failure=str(error))
        else:
            yield Opinion(
                engine=engine.title, version=version, documents=asked, verdicts=tuple(verdicts)
            )


def _is_line(document: Document) -> bool:
    return bool(document.body) and set(document.body) <= {"_raw", "_raw_b64"}
