"""Recorded events of the user's own as a labelled corpus of a rule, redacted.

An event is taken over where the reference, on what the event records, says what its label says,
before and after redaction. Everything else is refused with the reason; nothing is changed to fit.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import harness
from harness import schemas
from harness.corpora.formats._base import as_line
from harness.corpora.origin import digest
from harness.corpora.sheet import NAME as SHEET
from harness.corpora.sheet import text
from harness.errors import Diagnostic, InvalidInput
from harness.evaluate.explain import explain
from harness.events.intent import Intent, intent_of
from harness.events.model import Label
from harness.ir import Lookup
from harness.ir.cells import raw, walk
from harness.redaction import Profile, Redactor, Report
from harness.report._markdown import code, table
from harness.ruleset.model import Rule
from harness.ruleset.recorded import EVENTS, MAX_EVENTS
from harness.schemas import Activity, Schema, fitting
from harness.telemetry import inputs
from harness.telemetry.formats import Unreadable
from harness.telemetry.records import records

SCHEMA = "harness/recorded/1"
MANIFEST = "manifest.json"
_NAME = 12
"""Characters of the digest of its events that name an import."""
_ANY = "as_written"
_OPEN = "event"
"""The kind of events of any origin, of which no data source declares a path."""
_TIMES = ("@timestamp", "TimeCreated", "EventTime", "UtcTime", "Timestamp", "timestamp", "time")
_PLACES: Mapping[str, tuple[str, ...]] = {
    "Computer": ("Computer", "Hostname", "ComputerName", "host.name", "computer_name", "host"),
    "Timestamp": _TIMES,
    "TimeCreated": _TIMES,
}
"""Where events of any origin hold what every activity has and no rule is about."""

Event = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Found:
    """A record of a file: its number, and the event or what is wrong with it."""

    input: inputs.Input
    number: int
    event: Event | str

    @property
    def place(self) -> str:
        """File and number."""
        return f"{self.input.path}:{self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A record that was not taken over, and why."""

    place: str
    code: str
    message: str
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is asked for: the label of all events, how they are redacted, and where they are from.

    ``schema`` is found out for each event where it is empty; ``key`` is that of hashes.
    """

    label: str
    profile: Profile
    key: bytes = b""
    schema: str = ""


@dataclass(kw_only=True)
class Imported:
    """What came of the events of some files."""

    rule: Rule
    wanted: Wanted
    sources: list[inputs.Input]
    redactor: Redactor
    report: Report = field(default_factory=Report)
    events: list[dict[str, Any]] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    repeated: int = 0
    read: Counter[str] = field(default_factory=Counter)
    taken: Counter[str] = field(default_factory=Counter)
    known: dict[frozenset[str], str] = field(default_factory=dict)
    left: Counter[str] = field(default_factory=Counter)

    @cached_property
    def data(self) -> bytes:
        """The events, one a line."""
        return "".join(f"{as_line(one)}\n" for one in self.events).encode()

    @property
    def name(self) -> str:
        """A name for the import: the same for the same events."""
        return digest(self.data)[:_NAME]

    def files(self) -> dict[str, bytes]:
        """Return the files of the import by name, the manifest last."""
        page = (sheet(self) + "\n").encode("utf-8", "replace")
        found = {EVENTS: self.data, SHEET: page}
        manifest = json.dumps(self.manifest(digest(page)), indent=2) + "\n"
        return {**found, MANIFEST: manifest.encode()}

    def manifest(self, page: str) -> dict[str, Any]:
        """Return what was imported from where, and what was redacted; no value of it."""
        return {
            "schema": SCHEMA,
            "harness": harness.__version__,
            "rule": self.rule.key,
            "title": self.rule.metadata.title,
            "kind": self.rule.kind,
            "label": self.wanted.label,
            "sources": [
                {
                    "file": self.shown(one),
                    "format": one.format,
                    "records": self.read[one.path],
                    "taken": self.taken[one.path],
                }
                for one in self.sources
            ],
            "refused": dict(sorted(Counter(one.code for one in self.refused).items())),
            "repeated": self.repeated,
            "redaction": self.redaction(),
            "files": {
                EVENTS: {
                    "records": len(self.events),
                    "labels": {self.wanted.label: len(self.events)} if self.events else {},
                    "schemas": dict(sorted(Counter(e["schema"] for e in self.events).items())),
                    "sha256": digest(self.data),
                }
            },
            "data_sheet": {"name": SHEET, "sha256": page},
        }

    def redaction(self) -> dict[str, Any]:
        """Return which fields were redacted, and how often."""
        return {
            "profile": Path(self.wanted.profile.name).name,
            "fields": [
                {
                    "path": path,
                    "action": told.rule.action.value,
                    "as": told.rule.shape,
                    "values": len(told.values),
                    "count": told.count,
                }
                for path, told in sorted(self.report.fields.items())
            ],
            "in_texts": self.report.in_texts,
            "left": [{"path": path, "count": count} for path, count in sorted(self.left.items())],
        }

    def shown(self, one: inputs.Input) -> str:
        """Return the name of a file, redacted as well."""
        return self.redactor.text(Path(one.path).name)


def import_events(rule: Rule, paths: Sequence[str], wanted: Wanted) -> Imported:
    """Return what of the events in some files becomes part of a rule's corpus.

    Raises ``InvalidInput`` for what cannot be read, ``QuerySyntaxError`` or ``Unsupported`` where
    the reference cannot be.
    """
    intent = intent_of(rule)
    if wanted.schema:
        schemas.get(wanted.schema).kind(rule.kind)
    sources = [one for path in paths for one in inputs.find(path)]
    found = list(_read(sources))
    redactor = Redactor(wanted.profile, wanted.key)
    redactor.learn(one.event for one in found if not isinstance(one.event, str))
    made = Imported(rule=rule, wanted=wanted, sources=sources, redactor=redactor)
    seen: set[str] = set()
    for one in found:
        made.read[one.input.path] += 1
        _take(made, intent, one, seen)
    return made


def _read(sources: Sequence[inputs.Input]) -> Iterator[Found]:
    count = 0
    for one in sources:
        try:
            for number, event in records(one):
                count += 1
                if count > MAX_EVENTS:
                    message = f"there are more than {MAX_EVENTS} events"
                    hint = "import those that show something about the rule"
                    raise InvalidInput([_problem("too-many-events", one.path, message, hint)])
                yield Found(one, number, event)
        except Unreadable as error:
            raise InvalidInput([_problem("unreadable", one.path, str(error))]) from error
    if not count:
        places = ", ".join(one.path for one in sources)
        raise InvalidInput([_problem("no-event", places, "there is no event")])


def _problem(name: str, place: str, message: str, hint: str = "") -> Diagnostic:
    return Diagnostic(code=name, message=message, place=place, hint=hint)


def _take(made: Imported, intent: Intent, one: Found, seen: set[str]) -> None:
    """Take over one event, or say why not."""
    if isinstance(one.event, str):
        made.refused.append(Refused(place=one.place, code="no-event", message=one.event))
        return
    schema = _schema_of(made, one.event)
    if schema is None:
        message = "no data source of the rule is like that; name it with --schema"
        made.refused.append(Refused(place=one.place, code="unknown-source", message=message))
        return
    report = Report()
    document = made.redactor.apply(one.event, report)
    before = _activity(schema, made.rule.kind, one.event)
    after = _activity(schema, made.rule.kind, document)
    refused = (
        _not_of_the_kind(made.rule, schema, before)
        or _redacted_away(made.rule, intent, before, after)
        or _other_label(made, intent, after)
        or _told_otherwise(intent, schema, document, after)
    )
    if refused is not None:
        made.refused.append(replace(refused, place=one.place))
        return
    line = as_line(document)
    if line in seen:
        made.repeated += 1
        return
    seen.add(line)
    made.report.add(report)
    made.taken[one.input.path] += 1
    made.left.update(made.redactor.left(document))
    made.events.append(
        {
            "name": f"{len(made.events) + 1:04}",
            "label": made.wanted.label,
            "kind": made.rule.kind,
            "values": dict(sorted(after.items())),
            "schema": schema.label,
            "document": document,
            "source": {
                "file": made.shown(one.input),
                "record": one.number,
                "digest": _digest(made, one.event, line),
            },
        }
    )


def _digest(made: Imported, event: Event, redacted: str) -> str:
    """Return a digest that tells the record; without a key never one of what was redacted.

    Who knows all of an event but a name could find the name by trying.
    """
    original = as_line(event)
    if made.wanted.key:
        told = hmac.new(made.wanted.key, original.encode(), hashlib.sha256).hexdigest()
        return f"hmac-sha256:{told}"
    whose = "sha256" if redacted == original else "sha256-redacted"
    return f"{whose}:{digest(redacted.encode())}"


def _schema_of(made: Imported, event: Event) -> Schema | None:
    """Return the data source that an event is from, in the version or variant that fits best."""
    rule, name = made.rule, made.wanted.schema
    if not name:
        paths = frozenset(path for path, _ in walk(event))
        if paths not in made.known:
            made.known[paths] = _name_of(rule, paths, event)
        name = made.known[paths]
    return fitting(schemas.built_in_shapes(name), rule.kind, event) if name else None


def _name_of(rule: Rule, paths: frozenset[str], event: Event) -> str:
    """Return the data source that declares most of an event's paths; empty for none.

    Those that the rule is written for come first among equals.
    """
    listed = [*rule.reference.schemas, *(n for one in rule.translations for n in one.schemas)]
    own = [schemas.get(one).name for one in listed]
    best, found = 0, ""
    for name in dict.fromkeys((*own, *schemas.names())):
        if name == _ANY or rule.kind not in schemas.get(name).kinds:
            continue
        schema = fitting(schemas.built_in_shapes(name), rule.kind, event)
        count = len(paths & set(schema.paths(rule.kind)))
        if count > best:
            best, found = count, name
    return found or (own[0] if rule.kind == _OPEN else "")


def _activity(schema: Schema, kind: str, event: Event) -> Activity:
    """Return what an event records; when and where it was is looked for in any usual place.

    What has another type than the kind's value of that name is another thing, and left out.
    """
    declared = schemas.kind(kind)
    found = {
        name: value
        for name, value in schemas.activity_of(schema, kind, event).items()
        if value is None or name not in declared.values or declared.values[name].fits(value)
    }
    for name in set(_PLACES) & set(declared.required):
        if found.get(name) is None:
            held = (raw(event, path, Lookup.LITERAL_FIRST) for path in _PLACES[name])
            texts = (one for one in held if isinstance(one, str) and one)
            example = declared.values[name].example
            found[name] = next(texts, example) if name == "Computer" else _moment(texts, example)
    return found


def _moment(texts: Iterator[str], otherwise: str) -> str:
    """Return the first text that is a time, in UTC."""
    for text_ in texts:
        with suppress(ValueError, OverflowError):
            moment = datetime.fromisoformat(text_)
            moment = moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
            return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"
    return otherwise


def _not_of_the_kind(rule: Rule, schema: Schema, activity: Activity) -> Refused | None:
    declared = schemas.kind(rule.kind)
    reason = schema.unrecorded(rule.kind, activity)
    told = [one.message for one in declared.problems(declared.complete(activity))]
    if not told and not reason:
        return None
    message = f"it is no {rule.kind}: {'; '.join([*told[:3], *([reason] if reason else [])])}"
    return Refused(place="", code="another-kind", message=message)


def _other_label(made: Imported, intent: Intent, activity: Activity) -> Refused | None:
    label = intent.label(activity)
    if label.value == made.wanted.label:
        return None
    does = "fires" if label is Label.MALICIOUS else "stays silent"
    message = f"the reference {does} on it, and it is labelled {made.wanted.label}"
    return Refused(
        place="", code="label-disagrees", message=message, parts=_parts(made.rule, intent, activity)
    )


def _parts(rule: Rule, intent: Intent, activity: Activity) -> tuple[str, ...]:
    document = intent.document(activity)
    parts = explain(intent.predicate, document, intent.semantics, rule.reference.source)
    return tuple(
        f"{one.outcome.name.lower():<9} {one.text}" + (f"   ({one.seen})" if one.seen else "")
        for one in parts
    )


def _redacted_away(rule: Rule, intent: Intent, before: Activity, after: Activity) -> Refused | None:
    """Refuse an event on which the rule's verdict is another one once it is redacted."""
    if intent.label(before) is intent.label(after):
        return None
    source = rule.reference.source
    pairs = zip(
        explain(intent.predicate, intent.document(before), intent.semantics, source),
        explain(intent.predicate, intent.document(after), intent.semantics, source),
        strict=False,
    )
    changed = [
        f"{old.outcome.name.lower()}, then {new.outcome.name.lower()}: {new.text}"
        f"   ({', '.join(new.fields)})"
        for old, new in pairs
        if old.outcome is not new.outcome
    ]
    fields = ", ".join(sorted(name for name in after if after[name] != before.get(name)))
    message = (
        "redaction changes the reference's verdict; redact another way, or keep, one of what "
        f"changed: {fields or 'a field that was dropped'}"
    )
    return Refused(
        place="", code="redaction-changes-verdict", message=message, parts=tuple(changed)
    )


def _told_otherwise(
    intent: Intent, schema: Schema, document: Event, activity: Activity
) -> Refused | None:
    """Refuse an event that the reference judges otherwise than the activity read off it."""
    if schema.label != intent.schema.label:
        return None
    told = intent.document(activity)
    if intent.truth_on(_over(told, document)) is intent.truth_on(told):
        return None
    message = "read off the event, what happened has another verdict than the event as it is"
    return Refused(place="", code="not-told", message=message)


def _over(below: Event, above: Event) -> dict[str, Any]:
    """Return an event with the values of another one, and where that has none with its own."""
    found = {**below, **above}
    for key in set(below) & set(above):
        one, other = below[key], above[key]
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            found[key] = _over(one, other)
    return found


def sheet(made: Imported) -> str:
    """Return the data sheet of an import, in Markdown."""
    return "\n".join((*_sheet_head(made), *_sheet_redaction(made)))


def _sheet_head(made: Imported) -> Iterator[str]:
    rule = made.rule
    yield f"# Recorded events: {text(rule.metadata.title or rule.name)}"
    yield ""
    yield (
        f"{len(made.events)} events that were recorded, labelled {made.wanted.label} by whoever "
        f"imported them, for the rule {code(rule.key)}. They are real events, redacted as told "
        "below. Every `harness test` of the rule runs its translations on them, beside the events "
        "that it makes itself."
    )
    yield ""
    rows = [
        (code(made.shown(one)), one.format, str(made.read[one.path]), str(made.taken[one.path]))
        for one in made.sources
    ]
    yield from table(("from", "format", "records", "taken over"), rows, "llrr")
    yield ""
    yield (
        f"{code(EVENTS)} holds one event a line. `document` is the event as its data source "
        "(`schema`) recorded it; `values` is what happened, read off the event, which is how it is "
        "written for other data sources; `label` is what the rule must do: `malicious` fire, "
        "`benign` stay silent. The reference of the rule says the same: an event on which it does "
        "not is refused. `source` is the file and the number of the record in it."
    )
    yield ""


def _sheet_redaction(made: Imported) -> Iterator[str]:
    told = made.redaction()
    yield "## Redaction"
    yield ""
    if not told["fields"] and not told["in_texts"]:
        yield f"Nothing was redacted (profile {code(told['profile'])}). Treat the events as secret."
        return
    yield (
        f"Profile {code(told['profile'])}. Values of these fields were replaced, and the same "
        f"values in other texts {told['in_texts']} times. The originals are in no file here."
    )
    yield ""
    rows = [
        (code(one["path"]), one["action"], one["as"], str(one["values"])) for one in told["fields"]
    ]
    yield from table(("field", "action", "shape", "different values"), rows, "lllr")
    yield ""
    if told["left"]:
        paths = ", ".join(code(one["path"]) for one in told["left"])
        yield (
            "Look at these: a replaced value still stands there, inside a longer word or because "
            f"the field is kept: {paths}."
        )
        yield ""
    yield (
        "What no field names is not recognised: names in free text, encoded values such as Base64, "
        "values of fewer than three characters in texts. Look through the events before you "
        "publish them."
    )
