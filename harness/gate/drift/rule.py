"""One rule converted by two versions of a converter, and the events that tell the results apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import Any

from harness import conversion, schemas
from harness.batch import Part
from harness.cache import Cache
from harness.checks import Cell
from harness.conversion.translate import Request, translated
from harness.errors import Diagnostic
from harness.events.corpus import samples_of
from harness.events.intent import Intent, intent_of
from harness.events.model import Samples
from harness.gate.drift.changes import Change
from harness.gate.drift.reading import State, error_of, readings, state_of
from harness.gate.drift.verdicts import differences
from harness.ruleset.model import NotConverted, Rule, Translation
from harness.run.engine import Corpus, corpus_of, run_cell
from harness.run.plan import Plan
from harness.source import QuerySyntaxError, Unsupported

Json = dict[str, Any]
Made = Translation | NotConverted
"""What a converter makes of a rule for one target."""

_ACCIDENTS = frozenset({"converter-died", "no-converter"})
"""Failures that say nothing about the rule."""


def part(
    problems: Iterable[Diagnostic] = (),
    *,
    counts: Iterable[tuple[str, Change]] = (),
    entries: Iterable[Json] = (),
    documents: int = 0,
) -> Part:
    """Return what comes of one rule, as JSON: ``counts`` are the classes of its targets."""
    return {
        "counts": [[name, str(change)] for name, change in counts],
        "entries": list(entries),
        "documents": documents,
        "problems": [asdict(one) for one in problems],
    }


def drift_of(rule: Rule, requests: Sequence[Request], *, seed: int) -> Part:
    """Convert a rule by both sides and compare what comes out, target by target."""
    bare = replace(rule, translations=(), not_converted=())
    old, new = (_made(translated(bare, one, Cache(None))) for one in requests)
    problems = [
        Diagnostic(code=one.code, message=one.reason, place=rule.reference.source.name)
        for made in (*old.values(), *new.values())
        if isinstance(one := made, NotConverted) and one.code in _ACCIDENTS
    ]
    if problems:
        return part(dict.fromkeys(problems))
    comparison = _Comparison(rule=rule, seed=seed)
    entries: list[Json] = []
    counts: list[tuple[str, Change]] = []
    for target in conversion.targets_of(rule.kind, requests[0].choices):
        if any(name == target.name for name, _ in counts):
            continue
        outcome = comparison.outcome(old[target.name], new[target.name])
        counts.append((target.name, outcome.change))
        if outcome.change not in {Change.SAME, Change.NOT_CONVERTED}:
            pair = (old[target.name], new[target.name])
            entries.append(_entry(rule, target, pair, outcome))
    return part(counts=counts, entries=entries, documents=comparison.documents)


def _made(rule: Rule) -> dict[str, Made]:
    failed = {one.translation: one for one in rule.not_converted}
    return {**failed, **{one.name: one for one in rule.translations}}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    """What a comparison comes to; ``reasons`` say why a side is not readable."""

    change: Change
    states: tuple[State, State]
    reasons: tuple[str, str] = ("", "")
    message: str = ""
    verdicts: tuple[Json, ...] = ()


@dataclass(kw_only=True)
class _Comparison:
    """Compares translations of one rule; its documents are made when they are needed first."""

    rule: Rule
    seed: int
    documents: int = 0
    _corpora: dict[str, Corpus] = field(default_factory=dict)

    @cached_property
    def _intent(self) -> Intent:
        return intent_of(self.rule)

    @cached_property
    def _samples(self) -> Samples:
        return samples_of(self.rule, self._intent, seed=self.seed)

    def _corpus(self, old: Translation, new: Translation) -> Corpus:
        """Return the events of a target; where few are wanted, mutated at what its sides read."""
        name = new.schemas[0]
        key = new.name if self.rule.promises.focused else name
        if key not in self._corpora:
            readers = (old, new) if self.rule.promises.focused else None
            schema = schemas.get(name)
            self._corpora[key] = corpus_of(
                self._samples, self._intent, schema, seed=self.seed, readers=readers
            )
        corpus = self._corpora[key]
        return corpus.scoped(self._intent) if new.scoped else corpus

    def outcome(self, old: Made, new: Made) -> _Outcome:
        """Return what becomes of one target."""
        if isinstance(old, NotConverted) or isinstance(new, NotConverted):
            return _converted(old, new)
        if (old.source.text, old.pieces) == (new.source.text, new.pieces):
            return _Outcome(change=Change.SAME, states=(State.READABLE, State.READABLE))
        read = readings(old, new, schemas.get(new.schemas[0]), self.rule.kind)
        rejected = read.rejected()
        if rejected is not None:
            return _unreadable(*map(error_of, rejected))
        if read.same():
            return _Outcome(change=Change.TEXT, states=(State.READABLE, State.READABLE))
        try:
            corpus = self._corpus(old, new)
        except (QuerySyntaxError, Unsupported) as error:
            return self._no_corpus(error)
        before, after = (self._cell(one, corpus) for one in (old, new))
        self.documents += len(corpus.documents)
        if before.error is not None or after.error is not None:
            return _unreadable(before.error, after.error)
        verdicts = tuple(differences(before, after))
        change = Change.VERDICTS if verdicts else Change.TEXT
        readable = (State.READABLE, State.READABLE)
        return _Outcome(change=change, states=readable, verdicts=verdicts)

    def _cell(self, translation: Translation, corpus: Corpus) -> Cell:
        plan = Plan(rules=(), seed=self.seed, measure=False)
        return run_cell(plan, self.rule, (translation, ""), self._intent, corpus)

    def _no_corpus(self, error: QuerySyntaxError | Unsupported) -> _Outcome:
        """Return that there are no events, because the rule itself cannot be read."""
        message = f"the rule itself is not evaluated, so it has no events: {_why(error)}"
        states = (State.READABLE, State.READABLE)
        return _Outcome(change=Change.UNDECIDABLE, states=states, message=message)


def _converted(old: Made, new: Made) -> _Outcome:
    """Return what becomes of a target of which a side makes no query."""
    failed = [isinstance(one, NotConverted) for one in (old, new)]
    states = tuple(State.NOT_CONVERTED if one else State.READABLE for one in failed)
    reasons = tuple(
        f"{one.reason} ({one.code})" if isinstance(one, NotConverted) else "" for one in (old, new)
    )
    if all(failed):
        change = Change.NOT_CONVERTED
    else:
        change = Change.NEWLY_CONVERTIBLE if failed[0] else Change.NEWLY_NOT_CONVERTIBLE
    return _Outcome(change=change, states=(states[0], states[1]), reasons=(reasons[0], reasons[1]))


def _unreadable(
    old: QuerySyntaxError | Unsupported | None, new: QuerySyntaxError | Unsupported | None
) -> _Outcome:
    """Return what becomes of a target of which a side is no query that can be run."""
    states = (_state(old), _state(new))
    if State.UNSUPPORTED in states:
        change = Change.UNDECIDABLE
    elif states[0] is states[1]:
        change = Change.TEXT
    else:
        change = Change.NEWLY_INVALID if states[0] is State.READABLE else Change.NEWLY_READABLE
    return _Outcome(change=change, states=states, reasons=(_why(old), _why(new)))


def _state(error: QuerySyntaxError | Unsupported | None) -> State:
    return State.READABLE if error is None else state_of(error)


def _why(error: QuerySyntaxError | Unsupported | None) -> str:
    if error is None:
        return ""
    return f"{error.feature}: {error.reason}" if isinstance(error, Unsupported) else error.message


def _entry(
    rule: Rule, target: conversion.Target, made: tuple[Made, Made], outcome: _Outcome
) -> Json:
    sides = zip(made, outcome.states, outcome.reasons, strict=True)
    old, new = (_side(*one) for one in sides)
    return {
        "change": str(outcome.change),
        "rule": rule.key,
        "title": rule.metadata.title or rule.name,
        "place": rule.reference.source.name,
        "translation": target.name,
        "language": target.language,
        "schema": target.schema,
        "message": outcome.message or _message(outcome),
        "old": old,
        "new": new,
        "verdicts": list(outcome.verdicts),
    }


def _side(made: Made, state: State, reason: str) -> Json:
    text = made.source.text if isinstance(made, Translation) else ""
    return {"state": str(state), "reason": reason, "text": text}


def _message(outcome: _Outcome) -> str:
    """Return a change in a sentence."""
    if outcome.change is Change.VERDICTS:
        return "; ".join(_told(outcome.verdicts))
    told = [
        f"{name}: {reason}"
        for name, reason in zip(("old", "new"), outcome.reasons, strict=True)
        if reason
    ]
    return "; ".join(told)


def _told(verdicts: Sequence[Json]) -> Iterator[str]:
    for one in verdicts:
        number = one["documents"]
        events = "1 event" if number == 1 else f"{number} events"
        yield f"{events} {one['direction']}"
