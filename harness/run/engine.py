"""The engine: a plan in, a stream of run events out."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from harness import languages, schemas
from harness.checks import Cell, Finding, RuleResult, all_checks
from harness.documents.build import documents as build_documents
from harness.documents.document import Document
from harness.errors import Diagnostic, InvalidInput
from harness.evaluate.verdicts import outcomes
from harness.events import solve
from harness.events.intent import Intent, intent_of
from harness.events.kinds import CLOCK
from harness.events.model import Samples
from harness.ir import Context, FieldType, Query, Truth
from harness.ruleset.files import MANIFEST
from harness.ruleset.load import from_syntax_error
from harness.ruleset.model import Known, Rule, Translation
from harness.run.cost import measure
from harness.run.events import CellFinished, RuleFinished, RunEvent, RunFinished, RunStarted
from harness.run.opinions import opinions
from harness.run.plan import Plan
from harness.schemas import Schema
from harness.source import QuerySyntaxError, Unsupported


def execute(plan: Plan) -> Iterator[RunEvent]:
    """Run a plan; an interrupt ends it early with a valid last event."""
    started = time.perf_counter()
    tally: Counter[str] = Counter()
    severities: Counter[str] = Counter()
    yield RunStarted(rules=len(plan.rules), cells=plan.size, seed=plan.seed)
    interrupted = False
    try:
        for rule in plan.rules:
            for event in _rule(plan, rule):
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


def _rule(plan: Plan, rule: Rule) -> Iterator[RunEvent]:
    try:
        intent = intent_of(rule)
    except QuerySyntaxError as error:
        yield _unusable(rule, from_syntax_error(error))
        return
    except Unsupported as error:
        problem = Diagnostic(
            code="unsupported-reference",
            message=f"the reference uses {error.feature}, which is not evaluated yet",
            place=error.place,
            hint=error.reason,
            excerpt=error.source.excerpt(error.span),
        )
        yield _unusable(rule, problem)
        return
    except InvalidInput as error:
        yield _unusable(rule, *_placed(rule, error))
        return
    samples = solve.samples(intent, seed=plan.seed)
    cells: list[Cell] = []
    problems: list[Diagnostic] = []
    used: set[Known] = set()
    corpora: dict[str, list[Document]] = {}
    for translation, version, name in plan.columns(rule):
        schema = schemas.get(name)
        if name not in corpora:
            corpora[name] = build_documents(samples.samples, intent, schema, seed=plan.seed)
        try:
            cell = run_cell(plan, rule, (translation, version, schema), intent, corpora[name])
        except InvalidInput as error:
            problems += [one for one in _placed(rule, error) if one not in problems]
            continue
        cells.append(cell)
        yield CellFinished(cell=cell, findings=_excused(rule, _cell_findings(cell), used))
    yield replace(_finished(rule, intent, samples, cells, used), problems=tuple(problems))


def _placed(rule: Rule, error: InvalidInput) -> list[Diagnostic]:
    """Return what is wrong with an option or the like, with the file that it stands in."""
    manifest = str(rule.folder / MANIFEST)
    return [replace(one, place=one.place or manifest) for one in error.diagnostics]


def _unusable(rule: Rule, *problems: Diagnostic) -> RuleFinished:
    return RuleFinished(rule=rule, cells=0, findings=(), problems=problems)


def _finished(
    rule: Rule, intent: Intent, samples: Samples, cells: list[Cell], used: set[Known]
) -> RuleFinished:
    result = RuleResult(rule=rule, intent=intent, cells=tuple(cells), gaps=samples.gaps)
    found = [finding for check in all_checks() if check.rule for finding in check.rule(result)]
    findings = list(_excused(rule, found, used))
    findings.extend(_unused_exceptions(rule, used))
    return RuleFinished(rule=rule, cells=len(cells), findings=tuple(findings), gaps=samples.gaps)


def run_cell(
    plan: Plan,
    rule: Rule,
    column: tuple[Translation, str, Schema],
    intent: Intent,
    corpus: Sequence[Document],
) -> Cell:
    """Run one translation on the documents of one schema."""
    translation, version, schema = column
    language = languages.get(translation.language)
    query: Query | None = None
    error: QuerySyntaxError | Unsupported | None = None

    def parse(now: datetime, more: Mapping[str, FieldType] | None = None) -> Query:
        options = {**translation.options, **({"version": version} if version else {})}
        types = {**schema.types(intent.kind), **(more or {})}
        return language.parse(translation.source, Context(types=types, now=now, options=options))

    def judge(
        bodies: Sequence[Mapping[str, Any]],
        now: datetime | None = None,
        types: Mapping[str, FieldType] | None = None,
    ) -> list[Truth]:
        parsed = query if now is None else parse(now, types)
        assert parsed is not None
        if parsed.outcome is None:
            return outcomes(parsed, bodies, language.semantics)
        return [outcomes(parsed, [body], language.semantics)[0] for body in bodies]

    try:
        query = parse(CLOCK)
    except (QuerySyntaxError, Unsupported) as caught:
        error = caught
    verdicts = judge([one.body for one in corpus]) if query is not None else []
    cell = Cell(
        rule=rule,
        translation=translation,
        schema=schema,
        version=version,
        semantics=language.semantics,
        query=query,
        error=error,
        documents=corpus if query is not None else (),
        verdicts=verdicts,
        judge=judge,
        intent=intent,
    )
    if query is None:
        return cell
    if plan.measure:
        cell = replace(cell, cost=measure(cell))
    if plan.engines:
        cell = replace(cell, opinions=tuple(opinions(translation, corpus)))
    return cell


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
                rule=rule.metadata.id or rule.name,
                translation=known.translation,
                schema=known.schema,
                message=f"the known exception {known.code!r} matches no finding any more",
                hint="take it out of harness.yml",
                place=known.place,
            )
