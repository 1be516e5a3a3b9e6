"""The engine: a plan in, a stream of run events out."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from harness import languages, schemas
from harness.cache import Cache
from harness.checks import Cell, Finding, RuleResult, all_checks
from harness.checks.engine import leftover
from harness.conversion.translate import translated
from harness.documents.build import documents as build_documents
from harness.documents.document import Document
from harness.errors import Diagnostic, InvalidInput
from harness.evaluate.columns import Columns
from harness.evaluate.verdicts import outcomes
from harness.events.asked import Asked
from harness.events.corpus import samples_of
from harness.events.intent import Intent, intent_of
from harness.events.kinds import CLOCK
from harness.events.model import Samples
from harness.ir import Constant, Context, FieldType, Query, Semantics, Truth, fields_of
from harness.ir.cells import Lookup
from harness.ir.query import field_names
from harness.ruleset.files import MANIFEST
from harness.ruleset.mapping import index_types
from harness.ruleset.model import Known, Rule, Translation
from harness.ruleset.sources import from_syntax_error
from harness.run.cost import measure
from harness.run.events import CellFinished, RuleFinished, RunEvent, RunFinished, RunStarted
from harness.run.opinions import Beside, opinions, version_option
from harness.run.plan import Plan
from harness.run.profile import of_reference
from harness.run.queries import parse_query, read_by
from harness.schemas import Schema
from harness.source import QuerySyntaxError, Unsupported


def execute(plan: Plan, cache: Cache | None = None) -> Iterator[RunEvent]:
    """Run a plan; an interrupt ends it early with a valid last event."""
    cache = cache or Cache(None)
    started = time.perf_counter()
    tally: Counter[str] = Counter()
    severities: Counter[str] = Counter()
    yield RunStarted(rules=len(plan.rules), cells=plan.size, seed=plan.seed)
    interrupted = False
    try:
        for rule in plan.rules:
            for event in run_rule(plan, rule, cache):
                _count(event, tally, severities)
                yield event
    except KeyboardInterrupt:
        interrupted = True
    yield RunFinished(
        rules=tally["rules"],
        translations=tally["translations"],
        documents=tally["documents"],
        verdicts=tally["verdicts"],
        unsupported=tally["unsupported"],
        seconds=time.perf_counter() - started,
        interrupted=interrupted,
        counts=dict(severities),
    )


def _count(event: RunEvent, tally: Counter[str], severities: Counter[str]) -> None:
    if isinstance(event, CellFinished):
        tally["translations"] += 1
        tally["documents"] += len(event.cell.documents)
        tally["verdicts"] += len(event.cell.verdicts)
        tally["unsupported"] += isinstance(event.cell.error, Unsupported)
    if isinstance(event, RuleFinished):
        tally["rules"] += 1
    if isinstance(event, CellFinished | RuleFinished):
        for finding in event.findings:
            severities["known" if finding.known else finding.severity] += 1


def run_rule(plan: Plan, rule: Rule, cache: Cache) -> Iterator[RunEvent]:
    """Run one rule of a plan, converted first to what the plan asks for."""
    try:
        rule = translated(rule, plan.request, cache)
        intent = intent_of(rule)
    except QuerySyntaxError as error:
        yield _unusable(rule, from_syntax_error(error))
        return
    except Unsupported as error:
        yield from _not_evaluated(plan, rule, error)
        return
    except InvalidInput as error:
        yield _unusable(rule, *_placed(rule, error))
        return
    samples = samples_of(rule, intent, seed=plan.seed)
    cells: list[Cell] = []
    problems: list[Diagnostic] = []
    used: set[Known] = set()
    corpora: dict[str, Corpus] = {}
    with Beside(addresses=plan.servers) as beside:
        for translation, version, name in plan.columns(rule):
            if name not in corpora:
                corpora[name] = corpus_in(plan, rule, intent, samples, name)
            corpus = corpora[name].scoped(intent) if translation.scoped else corpora[name]
            try:
                cell = run_cell(plan, rule, (translation, version), intent, corpus)
            except InvalidInput as error:
                problems += [one for one in _placed(rule, error) if one not in problems]
                continue
            cell = asked_beside(cell, corpus, beside)
            cells.append(cell)
            yield CellFinished(cell=cell, findings=_excused(rule, _cell_findings(cell), used))
    done = _finished(rule, intent, samples, cells, used)
    left = tuple(leftover(rule, one.address.name, one.message, one.hint) for one in beside.left)
    own = corpora.get(rule.reference.schemas[0])
    robustness = of_reference(
        samples,
        intent,
        own.documents if own else None,
        seed=plan.seed,
        focused=rule.promises.focused,
    )
    yield replace(
        done,
        problems=tuple(problems),
        findings=(*done.findings, *left),
        robustness=robustness if cells else {},
    )


def _not_evaluated(plan: Plan, rule: Rule, error: Unsupported) -> Iterator[RunEvent]:
    """Tell for every column of a rule that its meaning is not known, and what stays to check."""
    used: set[Known] = set()
    cells: list[Cell] = []
    for translation, version, name in plan.columns(rule):
        schema, semantics = schemas.get(name), Semantics(lookup=Lookup.FLAT)
        nothing = Constant(Truth.UNDEFINED)
        cell = Cell(
            rule=rule,
            translation=translation,
            schema=schema,
            version=version,
            query=None,
            error=error,
            semantics=semantics,
            judge=_judge_nothing,
            intent=Intent(kind=rule.kind, schema=schema, predicate=nothing, semantics=semantics),
        )
        cells.append(cell)
        yield CellFinished(cell=cell, findings=_excused(rule, _cell_findings(cell), used))
    result = RuleResult(rule=rule, intent=None, cells=tuple(cells))
    found = [finding for check in all_checks() if check.rule for finding in check.rule(result)]
    if not cells:
        found.append(
            Finding(
                code="unsupported",
                severity="warning",
                rule=rule.key,
                message=f"uses {error.feature}, which the harness does not evaluate yet",
                hint=error.reason,
                place=error.place,
                excerpt=error.source.excerpt(error.span),
            )
        )
    findings = _excused(rule, found, used)
    yield RuleFinished(rule=rule, cells=len(cells), findings=findings)


def _judge_nothing(
    bodies: Sequence[Mapping[str, Any]] | Columns,
    now: datetime | None = None,
    types: Mapping[str, FieldType] | None = None,
) -> list[Truth]:
    """Stand for the translation of a rule that is not evaluated."""
    del now, types
    return [Truth.UNDEFINED] * len(bodies)


def _placed(rule: Rule, error: InvalidInput) -> list[Diagnostic]:
    """Return what is wrong with an option or the like, with the file that it stands in."""
    manifest = str(rule.folder / MANIFEST)
    return [replace(one, place=one.place or manifest) for one in error.diagnostics]


def _unusable(rule: Rule, *problems: Diagnostic) -> RuleFinished:
    return RuleFinished(rule=rule, cells=0, findings=(), problems=problems)


def _finished(
    rule: Rule, intent: Intent, samples: Samples, cells: list[Cell], used: set[Known]
) -> RuleFinished:
    gaps, facts = samples.gaps, samples.facts
    result = RuleResult(rule=rule, intent=intent, cells=tuple(cells), gaps=gaps, facts=facts)
    found = [finding for check in all_checks() if check.rule for finding in check.rule(result)]
    findings = list(_excused(rule, found, used))
    findings.extend(_unused_exceptions(rule, used))
    return RuleFinished(rule=rule, cells=len(cells), findings=tuple(findings), gaps=gaps)


@dataclass(frozen=True, kw_only=True)
class Corpus:
    """The documents of a rule in one schema, and how its store indexes their fields."""

    schema: Schema
    documents: Sequence[Document]
    types: Mapping[str, FieldType]
    _columns: list[Columns] = field(default_factory=list)
    _scoped: list[Corpus] = field(default_factory=list)

    def columns(self) -> Columns:
        """Return the documents as columns, taken apart once for all translations."""
        if not self._columns:
            self._columns.append(Columns([one.body for one in self.documents]))
        return self._columns[0]

    def scoped(self, intent: Intent) -> Corpus:
        """Return the part that is of the rule's log source."""
        if not intent.scope:
            return self
        if self._scoped:
            return self._scoped[0]
        inside: dict[str, bool] = {}
        for one in self.documents:
            if one.sample.name not in inside:
                inside[one.sample.name] = intent.in_scope(one.sample.activity.values)
        kept = [one for one in self.documents if inside[one.sample.name]]
        part = Corpus(schema=self.schema, documents=kept, types=self.types)
        self._scoped.append(part)
        return part


def corpus_in(plan: Plan, rule: Rule, intent: Intent, samples: Samples, schema: str) -> Corpus:
    """Return the documents of a rule's samples in one schema, as a plan runs them."""
    readers = [one for one, _, name in plan.columns(rule) if name == schema]
    return corpus_of(
        samples,
        intent,
        schemas.get(schema),
        seed=plan.seed,
        readers=readers if rule.promises.focused else None,
    )


def corpus_of(
    samples: Samples,
    intent: Intent,
    schema: Schema,
    *,
    seed: int,
    readers: Sequence[Translation] | None = None,
) -> Corpus:
    """Return the documents of a rule's samples in one schema.

    With ``readers`` only what these translations read is mutated, on a few samples.
    """
    types: dict[str, FieldType] = {}

    def focus(plain: Sequence[Document]) -> frozenset[str] | None:
        types.update(types_of(intent, schema, [one.body for one in plain]))
        return None if readers is None else read_by(readers, schema.name, types)

    documents = build_documents(samples.samples, intent, schema, seed=seed, focus=focus)
    return Corpus(schema=schema, documents=documents, types=types)


def types_of(
    intent: Intent, schema: Schema, plain: Sequence[Mapping[str, Any]]
) -> dict[str, FieldType]:
    """Return how the store of a schema indexes the fields of unmutated documents."""
    named = dict.fromkeys(intent.read_fields(), "") if schema.name == intent.schema.name else {}
    types = schema.types_in(intent.kind, [*plain, named])
    if named:
        asked = intent.asked_types().items()
        types |= {path: FieldType(name="ip") for path, one in asked if one is Asked.ADDRESS}
    return types


def run_cell(
    plan: Plan,
    rule: Rule,
    column: tuple[Translation, str],
    intent: Intent,
    corpus: Corpus,
) -> Cell:
    """Run one translation on the documents of one schema."""
    translation, version = column
    schema, documents = corpus.schema, corpus.documents
    language = languages.get(translation.language)
    query: Query | None = None
    error: QuerySyntaxError | Unsupported | None = None

    def parse(now: datetime, more: Mapping[str, FieldType] | None = None) -> Query:
        options = {**translation.options, **({"version": version} if version else {})}
        types = {**index_types(translation, schema.name, corpus.types), **(more or {})}
        return parse_query(translation, Context(types=types, now=now, options=options))

    def judge(
        bodies: Sequence[Mapping[str, Any]] | Columns,
        now: datetime | None = None,
        types: Mapping[str, FieldType] | None = None,
    ) -> list[Truth]:
        parsed = query if now is None else parse(now, types)
        assert parsed is not None
        if parsed.outcome is None:
            return outcomes(parsed, bodies, language.semantics)
        bodies = bodies.events if isinstance(bodies, Columns) else bodies
        return [outcomes(parsed, [body], language.semantics)[0] for body in bodies]

    try:
        query = parse(CLOCK)
    except (QuerySyntaxError, Unsupported) as caught:
        error = caught
    verdicts = judge(corpus.columns()) if query is not None else []
    cell = Cell(
        rule=rule,
        translation=translation,
        schema=schema,
        version=version,
        semantics=language.semantics,
        query=query,
        error=error,
        documents=documents if query is not None else (),
        verdicts=verdicts,
        judge=judge,
        intent=intent,
    )
    if plan.measure and query is not None:
        cell = replace(cell, cost=measure(cell))
    if plan.engines or plan.named:
        read = fields_of(query.predicate) if query is not None else ()
        said = opinions(
            translation,
            cell.documents,
            {**dict.fromkeys(read, FieldType(name="keyword")), **corpus.types},
            known=index_types(translation, schema.name, corpus.types),
            named=plan.named,
            trusted=plan.engines,
            timeout=plan.patience,
        )
        cell = replace(cell, opinions=tuple(said))
    return cell


def asked_beside(cell: Cell, corpus: Corpus, beside: Beside) -> Cell:
    """Return a cell with what the user's servers say of its documents.

    They are asked also where we reject the query or do not evaluate it.
    """
    if not beside.addresses:
        return cell
    translation, schema = cell.translation, cell.schema.name
    language = languages.get(translation.language)
    wanted = set(field_names([one.body for one in corpus.documents]))
    wanted.update(cell.schema.types(cell.intent.kind))
    wanted.update(fields_of(cell.query.predicate) if cell.query is not None else ())
    every = index_types(translation, schema, corpus.types)
    types = {path: kind for path, kind in every.items() if path in wanted}

    def expected(version: str, stored: Mapping[str, FieldType]) -> Sequence[Truth]:
        if cell.error is not None:
            return cell.verdicts
        meant = version_option(translation.language, version)
        options = {**translation.options, **meant}
        context = Context(types={**every, **stored}, now=CLOCK, options=options)
        try:
            parsed = parse_query(translation, context)
        except (QuerySyntaxError, Unsupported):
            return ()
        return outcomes(parsed, corpus.columns(), language.semantics)

    said = beside.opinions(translation, corpus.documents, types, expected)
    return replace(cell, opinions=(*cell.opinions, *said))


def _cell_findings(cell: Cell) -> list[Finding]:
    return [finding for check in all_checks() if check.cell for finding in check.cell(cell)]


def _excused(rule: Rule, findings: Sequence[Finding], used: set[Known]) -> tuple[Finding, ...]:
    """Mark the findings that the rule's owner accepts."""
    result = []
    for finding in findings:
        known = next((one for one in rule.known if _covers(one, finding)), None)
        if known is not None:
            used.add(known)
            finding = replace(finding, known=known.reason)  # noqa: PLW2901 - the same finding, marked
        result.append(finding)
    return tuple(result)


def _covers(known: Known, finding: Finding) -> bool:
    return known.code == finding.code and all(
        pattern in {"*", value}
        for pattern, value in (
            (known.translation, finding.translation),
            (known.schema, finding.schema),
            (known.family, finding.family),
        )
    )


def _unused_exceptions(rule: Rule, used: set[Known]) -> Iterator[Finding]:
    for known in rule.known:
        if known not in used:
            yield Finding(
                code="known-no-more",
                severity="error",
                rule=rule.key,
                translation=known.translation,
                schema=known.schema,
                message=f"the known exception {known.code!r} matches no finding any more",
                hint="take it out of harness.yml",
                place=known.place,
            )
