"""The corpus of a rule as files: events in one format, a manifest, and a data sheet in words."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import harness
from harness import schemas
from harness.corpora import formats
from harness.corpora.formats import Format, Written
from harness.corpora.formats._base import as_line, lineage
from harness.corpora.origin import digest, path_of, rule_digest
from harness.corpora.sheet import NAME as SHEET
from harness.corpora.sheet import sheet
from harness.documents.build import documents
from harness.documents.document import Document
from harness.errors import Diagnostic, InvalidInput
from harness.events.corpus import RECORDED, samples_of
from harness.events.intent import Intent, intent_of
from harness.events.model import Fact, NotConstructed, Samples
from harness.ruleset.model import Rule
from harness.schemas import Schema
from harness.source import Span

SCHEMA = "harness/corpus/1"
MANIFEST = "manifest.json"
SIDECAR = ".labels.jsonl"
"""Takes the place of the ending where labels stand in a file beside the events."""
_NOTHING = "nothing of the activity is recorded there"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is asked for; ``schemas`` are those that the rule declares where none is named."""

    schemas: tuple[str, ...] = ()
    format: str = "jsonl"
    mutations: bool = True
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The file of one data source; ``sidecar`` is that of its labels, if they stand apart."""

    name: str
    schema: Schema
    written: Written
    sidecar: tuple[str, bytes] | None


@dataclass(frozen=True, kw_only=True)
class Corpus:
    """Everything that was made of a rule; ``path`` is where the rule lies, in words."""

    rule: Rule
    path: str
    intent: Intent
    wanted: Wanted
    parts: tuple[Part, ...]
    gaps: tuple[NotConstructed, ...]
    facts: tuple[Fact, ...] = ()

    @property
    def format(self) -> Format:
        """The format of the events."""
        return formats.get(self.wanted.format)

    def manifest(self) -> dict[str, Any]:
        """Return what was made of what, with digests: ``corpus.schema.json`` describes it."""
        rule, wanted = self.rule, self.wanted
        return {
            "schema": SCHEMA,
            "harness": harness.__version__,
            "rule": rule.key,
            "title": rule.metadata.title,
            "made_from": {
                "path": self.path,
                "sha256": rule_digest(rule),
                "saved": len(rule.regressions),
            },
            "format": wanted.format,
            "schemas": list(wanted.schemas),
            "mutations": wanted.mutations,
            "seed": wanted.seed,
            "not_constructed": [self._gap(one) for one in self.gaps],
            "proven": [
                {
                    "code": one.code.value,
                    "what": one.what,
                    "why": one.why,
                    "atom": self._text(one.atom),
                }
                for one in self.facts
            ],
            "files": {one.name: _facts(one) for one in self.parts},
            "data_sheet": {"name": SHEET, "sha256": digest(self.sheet())},
        }

    def _gap(self, gap: NotConstructed) -> dict[str, str]:
        return {"what": gap.what, "reason": gap.reason, "atom": self._text(gap.atom)}

    def _text(self, span: Span | None) -> str:
        text = self.rule.reference.source.text
        return text[span.start : span.end] if span else ""

    def sheet(self) -> bytes:
        """Return the data sheet: what the corpus is, in words for somebody who finds it."""
        return sheet(self).encode("utf-8", "replace")

    def files(self) -> dict[str, bytes]:
        """Return all files by name; the manifest, which vouches for the others, comes last."""
        found: dict[str, bytes] = {}
        for one in self.parts:
            found[one.name] = one.written.data
            if one.sidecar is not None:
                found[one.sidecar[0]] = one.sidecar[1]
        found[SHEET] = self.sheet()
        found[MANIFEST] = (json.dumps(self.manifest(), indent=2) + "\n").encode()
        return found


def make(rule: Rule, wanted: Wanted, path: str | None = None) -> Corpus:
    """Return the corpus of a rule; ``path`` is where it lies, found out where it is not given.

    Raises ``InvalidInput`` for what cannot be made so, ``QuerySyntaxError`` or ``Unsupported``
    where the reference cannot be read.
    """
    intent = intent_of(rule)
    chosen = _schemas(rule, wanted)
    samples = _generated(samples_of(rule, intent, seed=wanted.seed))
    parts = tuple(_part(one, samples, intent, wanted) for one in chosen)
    place = path_of(rule) if path is None else path
    return Corpus(
        rule=rule,
        path=place,
        intent=intent,
        wanted=wanted,
        parts=parts,
        gaps=samples.gaps,
        facts=samples.facts,
    )


def _generated(samples: Samples) -> Samples:
    """Return samples without those of recorded events, which have files of their own."""
    return replace(samples, samples=tuple(o for o in samples.samples if o.family != RECORDED))


def _schemas(rule: Rule, wanted: Wanted) -> list[Schema]:
    """Return the data sources to write for, in the order in which they are named."""
    format_ = formats.get(wanted.format)
    declared = tuple(dict.fromkeys(n for one in rule.translations for n in one.schemas))
    named = wanted.schemas or format_.schemas or declared
    found = [schemas.get(one) for one in dict.fromkeys(named)]
    if format_.schemas:
        held = [schemas.get(one) for one in format_.schemas]
        for one in found:
            if one.name not in {other.name for other in held}:
                message = f"{format_.name} is made of {held[0].name!r}, not of {one.label!r}"
                hint = "leave --schema out"
                raise InvalidInput([_problem("format-schema", message, hint)])
        found = held
        if rule.kind not in found[0].kinds:
            message = f"a {rule.kind!r} is in no channel of Windows, so not in {format_.name}"
            hint = f"it holds {', '.join(found[0].kinds)}; take another --format"
            raise InvalidInput([_problem("not-in-event-log", message, hint)])
    for one in found:
        one.kind(rule.kind)
    return found


def _problem(code: str, message: str, hint: str) -> Diagnostic:
    return Diagnostic(code=code, message=message, hint=hint)


def _part(schema: Schema, samples: Samples, intent: Intent, wanted: Wanted) -> Part:
    format_ = formats.get(wanted.format)
    made = documents(samples.samples, intent, schema, seed=wanted.seed)
    kept = [one for one in made if wanted.mutations or one.mutation is None]
    written = format_.write(kept)
    left_out = Counter(_unrecorded(samples, intent, schema)) + Counter(written.left_out)
    written = replace(written, left_out=dict(sorted(left_out.items())))
    name = _short(schema, wanted).replace(":", "-").replace("@", "-")
    sidecar = (f"{name}{SIDECAR}", _labels(written)) if format_.sidecar else None
    return Part(name=f"{name}{format_.ending}", schema=schema, written=written, sidecar=sidecar)


def _short(schema: Schema, wanted: Wanted) -> str:
    """Return the name that the user gave, or that is enough to find the schema."""
    for one in wanted.schemas:
        if schemas.get(one) is schema:
            return one
    plain = f"{schema.name}:{schema.variant}" if schema.variant else schema.name
    return plain if schemas.get(plain) is schema else schema.label


def _unrecorded(samples: Samples, intent: Intent, schema: Schema) -> Iterator[str]:
    """Yield for each activity that the data source does not report why."""
    for one in samples.samples:
        reason = schema.unrecorded(intent.kind, one.activity.values)
        if reason or not schema.render(intent.kind, one.activity.values):
            yield reason or _NOTHING


def _labels(written: Written) -> bytes:
    places: Sequence[Mapping[str, int]] = written.places or [
        {"record": number} for number in range(1, len(written.kept) + 1)
    ]
    rows = zip(written.kept, places, strict=True)
    return "".join(f"{as_line({**place, **lineage(one)})}\n" for one, place in rows).encode()


def _facts(part: Part) -> dict[str, Any]:
    kept = part.written.kept
    beside = part.sidecar
    return {
        "schema": part.schema.label,
        "records": len(kept),
        "labels": _counted(one.label for one in kept),
        "families": {
            family: _counted(one.label for one in _plain(kept) if one.sample.family == family)
            for family in sorted({one.sample.family for one in _plain(kept)})
        },
        "mutations": {
            name: _counted(one.effect.value for one in kept if one.mutation == name)
            for name in sorted({one.mutation for one in kept if one.mutation})
        },
        "left_out": [
            {"reason": reason, "count": count} for reason, count in part.written.left_out.items()
        ],
        "sha256": digest(part.written.data),
        "beside": {"name": beside[0], "sha256": digest(beside[1])} if beside else None,
    }


def _plain(documents_: Sequence[Document]) -> list[Document]:
    return [one for one in documents_ if one.mutation is None]


def _counted(words: Any) -> dict[str, int]:
    return dict(sorted(Counter(words).items()))
