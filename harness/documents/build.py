"""From the samples of a rule to the documents of one schema, mutated ones included."""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from harness import mutations
from harness.documents.document import Document
from harness.events.corpus import FAMILY as REGRESSION
from harness.events.intent import Intent
from harness.events.model import Label, Sample
from harness.events.typed import FAMILY as TYPED
from harness.mutations import Effect, Mutated, Mutation, Subject
from harness.schemas import Schema

MUTATED_BENIGN, MOST_BENIGN = 6, 20
"""Benign samples per schema that are mutated, at least where there are as many; and at most."""


FEW = 3
"""Malicious and benign samples that are mutated where only some paths are of interest."""
BY_HOLDING = frozenset(
    {
        "alternative",
        "decides",
        "excluded-value",
        "excluded-together",
        "just-inside",
        "just-not-excluded",
    }
)
"""Families of samples on which a condition decides by holding: what it compares matters there."""
MOST_EVADED, MOST_LOOKED_AT = 8, 60
"""Malicious samples that one evasion is applied to, and that are looked at for them."""
MOST_VARIANTS = 6
"""Documents that an evasion makes of one sample."""
ATTACKS = (TYPED, "alternative")
"""Families of samples that evasions start from: the first that a rule has."""


def documents(
    samples: Iterable[Sample],
    intent: Intent,
    schema: Schema,
    *,
    seed: int = 0,
    focus: Callable[[Sequence[Document]], frozenset[str] | None] | None = None,
) -> list[Document]:
    """Return the documents of a rule in one schema: unmutated ones first, then mutated ones.

    A sample that the data source does not report at all is left out. The same seed gives the
    same documents, byte for byte. ``focus`` tells from the unmutated ones at which paths a
    change is of interest; then only these are mutated, on a few samples.
    """
    plain = []
    for sample in samples:
        body = _body(sample, intent, schema)
        if body:
            plain.append(Document(sample=sample, schema=schema.name, body=body))
    paths = focus(plain) if focus is not None else None
    result = list(plain)
    for name in mutations.names():
        mutation = mutations.get(name)
        settings = (seed, paths)
        if mutation.evasion is None:
            subjects = list(_subjects(plain, once=mutation.once, few=paths is not None))
            result.extend(mutated(mutation, subjects, intent, schema, settings))
            if mutation.broad:
                taken = set(map(id, subjects))
                others = [one for one in plain if one.sample.family in BY_HOLDING]
                others = [one for one in others if id(one) not in taken]
                result.extend(mutated(mutation, others, intent, schema, settings, brief=True))
        else:
            result.extend(_evaded(mutation, plain, intent, schema, settings))
    return result


def _evaded(
    mutation: Mutation,
    plain: Sequence[Document],
    intent: Intent,
    schema: Schema,
    settings: tuple[int, frozenset[str] | None],
) -> Iterator[Document]:
    """Yield what an evasion makes of the first attacks that it can be applied to."""
    left = MOST_EVADED if settings[1] is None else FEW
    for document in _attacks(plain)[:MOST_LOOKED_AT]:
        if not left:
            return
        made = list(islice(mutated(mutation, [document], intent, schema, settings), MOST_VARIANTS))
        left -= bool(made)
        yield from made


def _attacks(plain: Sequence[Document]) -> list[Document]:
    """Return the malicious documents that evasions start from; all that were saved."""
    malicious = [one for one in plain if one.sample.label is Label.MALICIOUS]
    saved = [one for one in malicious if one.sample.family == REGRESSION]
    for family in ATTACKS:
        found = [one for one in malicious if one.sample.family == family]
        if found:
            return [*found, *saved]
    return saved


def _body(sample: Sample, intent: Intent, schema: Schema) -> Mapping[str, Any]:
    """Return the document of a sample: the recorded one in the data source that it is from."""
    if sample.recorded is not None and sample.recorded.schema == schema.label:
        return sample.recorded.document
    if schema.unrecorded(intent.kind, sample.activity.values):
        return {}
    return schema.render(intent.kind, sample.activity.values)


def mutated(
    mutation: Mutation,
    subjects: Iterable[Document],
    intent: Intent,
    schema: Schema,
    settings: tuple[int, frozenset[str] | None],
    *,
    brief: bool = False,
) -> Iterator[Document]:
    """Yield what a mutation makes of documents; ``settings`` are the seed and what to look at."""
    (seed, paths), name = settings, mutation.name
    for document in subjects:
        key = f"{seed}/{name}/{document.sample.name}/{schema.name}"
        subject = Subject(
            kind=intent.kind,
            schema=schema,
            values=document.sample.activity.values,
            document=document.body,
            read=intent.read_values(),
            fields=intent.read_fields(),
            chance=random.Random(zlib.crc32(key.encode())),  # noqa: S311 - reproducible data
            late_by=intent.late_by,
            focus=paths,
            brief=brief,
        )
        for changed in mutation.apply(subject):
            yield Document(
                sample=document.sample,
                schema=schema.name,
                body=changed.document,
                mutation=name,
                detail=changed.detail,
                family=changed.family or changed.detail,
                shape=changed.shape,
                mutated=changed.values,
                effect=_effect(name, changed, document, intent),
            )


def _effect(name: str, changed: Mutated, document: Document, intent: Intent) -> Effect:
    """Return what a mutation does to the label; nothing is promised where the rule itself turns.

    A rule that compares letter case means it: a translation that does the same is right. Where
    the rule promises to survive what an attacker may choose, its own verdict is no excuse.
    """
    if changed.effect is Effect.PROMISABLE:
        binds = name in intent.robust and document.malicious
        return Effect.KEEPS if binds else Effect.PROBES
    if changed.effect is not Effect.KEEPS or (changed.values is None and not changed.beside):
        return changed.effect
    values = document.sample.activity.values if changed.values is None else changed.values
    stays = intent.label(values, beside=changed.beside) is document.sample.label
    return Effect.KEEPS if stays else Effect.PROBES


def _subjects(plain: list[Document], *, once: bool, few: bool) -> Iterator[Document]:
    """Yield the documents that are mutated.

    One malicious a family; of the benign one for each condition of the reference that they
    turn, then the first ones. All that were saved: a mutation may be what they show.
    """
    saved = [one for one in plain if one.sample.family == REGRESSION]
    plain = [one for one in plain if one.sample.family != REGRESSION]
    malicious = list(
        {
            (one.sample.family, one.sample.family == "alternative" and one.sample.name): one
            for one in reversed(plain)
            if one.sample.label is Label.MALICIOUS
        }.values()
    )[::-1]
    benign = [one for one in plain if one.sample.label is Label.BENIGN]
    turning = list({one.sample.atom: one for one in reversed(benign)}.values())[::-1]
    taken = set(map(id, turning))
    rest = [one for one in benign if id(one) not in taken]
    count = max(MUTATED_BENIGN, min(len(turning), MOST_BENIGN))
    if few:
        malicious, count = malicious[:FEW], FEW
    yield from malicious[:1] if once else malicious
    yield from benign[:1] if once else [*turning, *rest][:count]
    yield from saved
