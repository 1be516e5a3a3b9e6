"""From rules to the queries of a scan: references by log source, translations by stream."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from harness import languages
from harness.cache import Cache
from harness.errors import HarnessError
from harness.evaluate.program import Compiled
from harness.ir import Context, FieldType
from harness.ruleset.model import Rule, Translation
from harness.source import QuerySyntaxError, Source, Span, Unsupported
from harness.telemetry.logsources import LogSource

if TYPE_CHECKING:
    from harness.conversion.translate import Request

REFERENCE = "reference"
"""The name of a rule's own query among its translations."""


@dataclass(frozen=True, slots=True)
class About:
    """What the result says of a query."""

    rule: str
    id: str
    title: str
    level: str
    file: str
    translation: str
    language: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class Query:
    """A query to be run: on documents read under Sigma's names, or as recorded by a stream.

    ``asked`` is the log source of a query in Sigma; ``schemas`` are those of the streams whose
    documents another one is run on, empty for any.
    """

    about: About
    language: str
    compiled: Compiled
    asked: LogSource | None = None
    schemas: frozenset[str] = frozenset()
    source: Source | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    types: Mapping[str, FieldType] = field(default_factory=dict)
    pieces: tuple[str, ...] = ()
    """What the query is read from, and with: its text, options, types of the index, pieces."""


@dataclass(frozen=True, slots=True)
class NotRun:
    """A query that is not run, and why."""

    about: About
    code: str
    reason: str


@dataclass(slots=True)
class Queries:
    """All queries of a scan. ``references`` gives the number of a rule's own, by its key."""

    queries: list[Query] = field(default_factory=list)
    not_run: list[NotRun] = field(default_factory=list)
    references: dict[str, int] = field(default_factory=dict)
    rules: list[str] = field(default_factory=list)
    """The key of each query's rule."""


def queries_of(rules: Iterable[Rule], request: Request | None, cache: Cache) -> Queries:
    """Return the queries of some rules, with what converters make of them."""
    made = Queries()
    for rule in rules:
        full = rule
        if request:
            from harness.conversion.translate import translated  # noqa: PLC0415 (slow to import)

            full = translated(rule, request, cache)
        _add(made, full, full.reference, REFERENCE)
        for one in full.translations if request else ():
            _add(made, full, one, one.name)
        for failed in full.not_converted:
            about = _about(full, failed.translation, failed.language)
            made.not_run.append(NotRun(about, failed.code, failed.reason))
    return made


def _add(made: Queries, rule: Rule, translation: Translation, name: str) -> None:
    about = _about(rule, name, translation.language)
    try:
        if rule.unsupported is not None:
            raise rule.unsupported.error()
        query = _query(rule, translation, about)
    except QuerySyntaxError as error:
        made.not_run.append(NotRun(about, "rejected", _first_line(error)))
    except Unsupported as error:
        made.not_run.append(NotRun(about, "unsupported", _first_line(error)))
    else:
        if name == REFERENCE:
            made.references[rule.key] = len(made.queries)
        made.queries.append(query)
        made.rules.append(rule.key)


def _query(rule: Rule, translation: Translation, about: About) -> Query:
    if translation.language == "sigma":
        return _by_source(rule, translation, about)
    from harness import schemas  # noqa: PLC0415 (slow to import)
    from harness.ruleset.mapping import AS_WRITTEN, index_types  # noqa: PLC0415
    from harness.run.queries import parse_query  # noqa: PLC0415

    schema = schemas.get(translation.schemas[0])
    types = index_types(translation, schema.name, schema.types(rule.kind))
    context = Context(types=types, options=dict(translation.options))
    query = parse_query(translation, context)
    if query.stages or query.outcome or query.upstream or query.prepare:
        feature, reason = "a query that sees its whole result", "recorded events come in parts"
        if query.prepare is not None:
            feature, reason = "events that the product changes on their way in", "not here yet"
        raise Unsupported(feature, translation.source, _everything(translation), reason)
    language = languages.get(translation.language)
    compiled = Compiled.of(query.predicate, language.semantics, query.unknown)
    named = frozenset(one.partition("@")[0].partition(":")[0] for one in translation.schemas)
    return Query(
        about,
        language.name,
        compiled,
        schemas=named - {AS_WRITTEN},
        source=translation.source,
        options=dict(translation.options),
        types=types,
        pieces=translation.pieces,
    )


def _by_source(rule: Rule, translation: Translation, about: About) -> Query:
    language = languages.get(translation.language)
    options = dict(translation.options)
    query = language.parse(translation.source, Context(options=options))
    compiled = Compiled.of(query.predicate, language.semantics, query.unknown)
    asked = LogSource.of(rule.metadata.logsource)
    source = translation.source
    return Query(about, language.name, compiled, asked, source=source, options=options)


def _everything(translation: Translation) -> Span:
    return Span(0, len(translation.source.text))


def _about(rule: Rule, name: str, language: str) -> About:
    meta = rule.metadata
    return About(
        rule.name,
        meta.id,
        meta.title,
        meta.severity,
        rule.reference.source.name,
        name,
        language,
        str(LogSource.of(meta.logsource)) if meta.logsource else "",
    )


def _first_line(error: HarnessError) -> str:
    return str(error).split("\n")[0][:300]
