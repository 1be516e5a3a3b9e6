"""Why a watch fires or stays silent: how many documents each clause finds, and what is compared.

:func:`why` is pure; it is given the evaluator, because languages do not know it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from harness.errors import Fault
from harness.ir import Event, Predicate, Query, Truth
from harness.ir.cells import Lookup, cell
from harness.languages._elastic.dsl_base import Clause
from harness.languages.watcher.outcome import Watch
from harness.languages.watcher.search import Search
from harness.languages.watcher.values import ExecutionFailed, Unknowable, Unpredictable, select
from harness.source import Span

Holds = Callable[[Predicate, Event], Truth]
"""The evaluator: what a predicate gives on one document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClauseReport:
    """One query on one field: how many of the documents it finds.

    ``present`` counts the documents that have the field at all; ``mapped`` tells whether the
    index has it.
    """

    query: str
    field: str
    span: Span
    matching: int
    present: int
    documents: int
    mapped: bool

    @property
    def sentence(self) -> str:
        """The report in one sentence."""
        head = f"the {self.query} on {self.field!r} matches"
        if not self.documents:
            return f"{head} nothing: there are no documents"
        if self.matching:
            return f"{head} {self.matching} of {self.documents} documents"
        if not self.present:
            return f"{head} no document because the field is never present"
        if not self.mapped:
            return f"{head} no document because the field is not mapped"
        return f"{head} none of the {self.present} documents that have the field"


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchReport:
    """One search: how many documents it finds, and what each of its clauses finds."""

    span: Span
    matching: int
    documents: int
    clauses: tuple[ClauseReport, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedValue:
    """A payload path of the condition and what it holds; ``note`` says why nothing is known."""

    path: str
    value: Any
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionReport:
    """An action: whether its own condition lets it run if the watch fires (throttling aside)."""

    name: str
    type: str
    runs: Truth


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """What decides the outcome of a watch on some documents."""

    outcome: Truth
    searches: tuple[SearchReport, ...]
    condition: str
    span: Span
    compared: tuple[ComparedValue, ...]
    actions: tuple[ActionReport, ...]
    failure: str = ""
    """Why the execution fails; empty where it does not."""

    @property
    def sentences(self) -> tuple[str, ...]:
        """The explanation, one fact a sentence."""
        found = []
        for search in self.searches:
            found.append(f"the search finds {search.matching} of {search.documents} documents")
            found.extend(clause.sentence for clause in search.clauses)
        for item in self.compared:
            value = item.note or repr(item.value)
            found += [f"{item.path} is {value}"]
        if self.failure:
            found.append(f"the execution fails: {self.failure}")
        words = {Truth.TRUE: "is met", Truth.FALSE: "is not met"}
        verdict = words.get(self.outcome, "cannot be decided")
        found.append(f"the condition {self.condition} {verdict}")
        return tuple(found)


def why(query: Query, documents: Sequence[Event], *, holds: Holds) -> Why:
    """Explain the outcome of a watch on the documents of its index."""
    watch = query.outcome
    if not isinstance(watch, Watch):
        message = "this query is no watch"
        raise TypeError(message)
    hits = [[one for one in documents if holds(item, one) is Truth.TRUE] for item in watch.searches]
    reports = tuple(_search(part, documents, hits, holds) for part in watch.parts)
    model, failure = _model(watch, hits)
    outcome = watch.decide(hits)
    if not failure and model is not None:
        failure = _condition_failure(watch, model)
    return Why(
        outcome=outcome,
        searches=reports,
        condition=watch.condition.describe(),
        span=watch.condition.span,
        compared=tuple(_compared(path, model) for path in watch.condition.compared()),
        actions=tuple(_actions(watch, model)),
        failure=failure,
    )


def reasons(query: Query, documents: Sequence[Event], *, holds: Holds) -> tuple[str, ...]:
    """Return what the condition compares and whether it is met, one fact a sentence."""
    found = why(query, documents, holds=holds)
    searches = sum(1 + len(one.clauses) for one in found.searches)
    return found.sentences[searches:]


def _model(watch: Watch, hits: Sequence[Sequence[Event]]) -> tuple[dict[str, Any] | None, str]:
    try:
        return watch.context(hits), ""
    except ExecutionFailed as error:
        return None, str(error)
    except Unpredictable:
        return None, ""


def _condition_failure(watch: Watch, model: dict[str, Any]) -> str:
    try:
        watch.condition.met(model)
    except ExecutionFailed as error:
        return str(error)
    except Unpredictable:
        return ""
    return ""


def _search(
    part: Search, documents: Sequence[Event], hits: Sequence[Sequence[Event]], holds: Holds
) -> SearchReport:
    return SearchReport(
        span=part.span,
        matching=len(hits[part.first]),
        documents=len(documents),
        clauses=tuple(_clause(item, documents, holds) for item in part.clauses),
    )


def _clause(clause: Clause, documents: Sequence[Event], holds: Holds) -> ClauseReport:
    return ClauseReport(
        query=clause.query,
        field=clause.field,
        span=clause.span,
        matching=sum(holds(clause.predicate, one) is Truth.TRUE for one in documents),
        present=sum(any(_present(one, path) for path in clause.sources) for one in documents),
        documents=len(documents),
        mapped=clause.mapped,
    )


def _present(document: Event, path: str) -> bool:
    return bool(cell(document, path, Lookup.PATH).values)


def _compared(path: str, model: dict[str, Any] | None) -> ComparedValue:
    if model is None:
        return ComparedValue(path=path, value=None, note="not there: the input fails")
    try:
        value = select(path, model)
    except Fault as error:
        return ComparedValue(path=path, value=None, note=str(error))
    if isinstance(value, Unknowable):
        return ComparedValue(path=path, value=None, note=value.why)
    return ComparedValue(path=path, value=value)


def _actions(watch: Watch, model: dict[str, Any] | None) -> list[ActionReport]:
    found = []
    for action in watch.actions:
        runs = Truth.TRUE
        if action.condition is not None:
            runs = Truth.UNDEFINED if model is None else _met(action.condition, model)
        found.append(ActionReport(name=action.name, type=action.type, runs=runs))
    return found


def _met(condition: Any, model: dict[str, Any]) -> Truth:
    try:
        return Truth.of(condition.met(model))
    except ExecutionFailed:
        return Truth.FALSE
    except Unpredictable:
        return Truth.UNDEFINED
