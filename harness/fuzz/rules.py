"""The search over whole rules: every translation on every data source, within a time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

from harness.cache import Cache
from harness.conversion.translate import translated
from harness.errors import Diagnostic, InvalidInput
from harness.events.corpus import samples_of
from harness.events.intent import intent_of
from harness.fuzz.search import EXAMPLES, Searched, search
from harness.ruleset.files import MANIFEST
from harness.ruleset.model import Rule
from harness.ruleset.sources import from_syntax_error
from harness.run.engine import Corpus, corpus_in, run_cell
from harness.run.plan import Plan
from harness.source import QuerySyntaxError, Unsupported


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A translation in which nothing was looked for, and why.

    ``status`` is ``unsupported``, ``rejected`` or ``not-converted``.
    """

    rule: Rule
    translation: str
    language: str
    schema: str
    version: str
    status: str
    reason: str
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unusable:
    """What is wrong with a rule or an option of it."""

    rule: Rule
    problems: tuple[Diagnostic, ...]


Step = Searched | Skipped | Unusable


def fuzz(
    plan: Plan, *, seconds: float, examples: int = EXAMPLES, cache: Cache | None = None
) -> Iterator[Step]:
    """Search the rules of a plan; each translation gets an equal share of the time that is left."""
    deadline = time.monotonic() + seconds
    left = max(1, plan.size)
    for rule in plan.rules:
        for step in _rule(plan, rule, cache or Cache(None), (deadline, left), examples):
            left = max(1, left - 1)
            yield step


def _rule(
    plan: Plan, rule: Rule, cache: Cache, time_left: tuple[float, int], examples: int
) -> Iterator[Step]:
    deadline, left = time_left
    try:
        rule = translated(rule, plan.request, cache)
        intent = intent_of(rule)
    except QuerySyntaxError as error:
        yield Unusable(rule=rule, problems=(from_syntax_error(error),))
        return
    except Unsupported as error:
        yield from _not_evaluated(plan, rule, error)
        return
    except InvalidInput as error:
        yield Unusable(rule=rule, problems=error.diagnostics)
        return
    yield from _not_converted(plan, rule)
    samples = samples_of(rule, intent, seed=plan.seed)
    corpora: dict[str, Corpus] = {}
    for translation, version, name in plan.columns(rule):
        if name not in corpora:
            corpora[name] = corpus_in(plan, rule, intent, samples, name)
        corpus = corpora[name].scoped(intent) if translation.scoped else corpora[name]
        try:
            cell = run_cell(plan, rule, (translation, version), intent, corpus)
        except InvalidInput as error:
            place = str(rule.folder / MANIFEST)
            problems = tuple(replace(one, place=one.place or place) for one in error.diagnostics)
            yield Unusable(rule=rule, problems=problems)
            continue
        if cell.error is not None:
            column = (translation.name, translation.language, cell.schema.label, version)
            yield _skipped(rule, column, cell.error)
            continue
        now = time.monotonic()
        share = max(0.0, deadline - now) / left
        left = max(1, left - 1)
        yield search(cell, samples.samples, seed=plan.seed, deadline=now + share, examples=examples)


def _not_evaluated(plan: Plan, rule: Rule, error: Unsupported) -> Iterator[Skipped]:
    """Tell of a rule whose meaning is not known."""
    columns = list(plan.columns(rule))
    if not columns:
        yield _skipped(rule, ("", "", "", ""), error)
    for translation, version, name in columns:
        yield _skipped(rule, (translation.name, translation.language, name, version), error)


def _not_converted(plan: Plan, rule: Rule) -> Iterator[Skipped]:
    for one in rule.not_converted:
        if plan.languages and one.language not in plan.languages:
            continue
        yield Skipped(
            rule=rule,
            translation=one.translation,
            language=one.language,
            schema="",
            version="",
            status="not-converted",
            reason=one.reason,
        )


def _skipped(
    rule: Rule, column: tuple[str, str, str, str], error: QuerySyntaxError | Unsupported
) -> Skipped:
    translation, language, schema, version = column
    unsupported = isinstance(error, Unsupported)
    reason = f"{error.message}: {error.hint}" if unsupported and error.hint else error.message
    return Skipped(
        rule=rule,
        translation=translation,
        language=language,
        schema=schema,
        version=version,
        status="unsupported" if unsupported else "rejected",
        reason=reason,
        place=error.place,
    )


__all__ = ["EXAMPLES", "Searched", "Skipped", "Unusable", "fuzz"]
