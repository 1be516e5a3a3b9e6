"""From the samples of a rule to the documents of one schema, mutated ones included."""

from __future__ import annotations

import random
import zlib
from collections.abc import Iterable, Iterator

from harness import mutations
from harness.corpus.document import Document
from harness.events.intent import Intent
from harness.events.model import Label, Sample
from harness.mutations import Subject
from harness.schemas import Schema

MUTATED_BENIGN = 6
"""Benign samples per schema that are mutated; every malicious one is."""


def documents(
    samples: Iterable[Sample], intent: Intent, schema: Schema, *, seed: int = 0
) -> list[Document]:
    """Return the documents of a rule in one schema: unmutated ones first, then mutated ones.

    A sample that the data source does not report at all is left out. The same seed gives the
    same documents, byte for byte.
    """
    read = intent.read_values()
    plain = []
    for sample in samples:
        if schema.unrecorded(intent.kind, sample.activity.values):
            continue
        body = schema.render(intent.kind, sample.activity.values)
        if body:
            plain.append(Document(sample=sample, schema=schema.name, body=body))
    result = list(plain)
    for name in mutations.names():
        result.extend(_mutated(name, plain, intent, schema, seed, read))
    return result


def _mutated(
    name: str,
    plain: list[Document],
    intent: Intent,
    schema: Schema,
    seed: int,
    read: frozenset[str],
) -> Iterator[Document]:
    mutation = mutations.get(name)
    for document in _subjects(plain, once=mutation.once):
        key = f"{seed}/{name}/{document.sample.name}/{schema.name}"
        subject = Subject(
            kind=intent.kind,
            schema=schema,
            values=document.sample.activity.values,
            document=document.body,
            read=read,
            chance=random.Random(zlib.crc32(key.encode())),  # noqa: S311 - reproducible data
        )
        for changed in mutation.apply(subject):
            yield Document(
                sample=document.sample,
                schema=schema.name,
                body=changed.document,
                mutation=name,
                detail=changed.detail,
                effect=changed.effect,
            )


def _subjects(plain: list[Document], *, once: bool) -> Iterator[Document]:
    """Yield the documents that are mutated: the malicious, and some of the benign."""
    malicious = [one for one in plain if one.sample.label is Label.MALICIOUS]
    benign = [one for one in plain if one.sample.label is Label.BENIGN]
    yield from malicious[:1] if once else malicious
    yield from benign[:1] if once else benign[:MUTATED_BENIGN]
