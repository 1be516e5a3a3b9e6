"""The comparison itself: draw, ask both, and shrink what they disagree on."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any, Self

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from hypothesis.errors import HypothesisWarning

from harness import languages
from harness.engines import Connection, Store
from harness.engines._base import Declined
from harness.evaluate.oracle import evaluate
from harness.evaluate.verdicts import outcomes
from harness.ir import Atom, Condition, Constant, Context, Predicate, Truth, walk_predicate
from harness.ir.query import field_names
from harness.languages import Language
from harness.languages._base import Deviation
from harness.referee._base import Answer, Disagreement, Grammar, Report, World
from harness.run.opinions import version_option
from harness.source import QuerySyntaxError, Source, Unsupported

MOST_TRIES = 200
"""Smaller documents that are tried once the query is as small as it gets."""
_MEANING = {Truth.TRUE: True, Truth.FALSE: False, Truth.UNKNOWN: False, Truth.UNDEFINED: None}


class _TimeIsOver(BaseException):
    """The comparison has run as long as it may."""


def search(
    grammar: Grammar,
    connection: Connection,
    title: str,
    *,
    examples: int,
    seconds: float,
    seed: int,
    deviations: Sequence[Deviation] = (),
) -> Report:
    """Compare an engine with our reading until the first disagreement, or the end.

    The same seed makes up the same queries. ``deviations`` are those of this engine alone. Raises
    ``EngineFailure`` where the engine gives no answer.
    """
    report = Report(title, connection.version, grammar.language, seed)
    language = languages.get(grammar.language)
    language = replace(language, deviations=(*language.deviations, *deviations))
    with _Comparison(connection, language, report) as comparison:
        takes = getattr(connection, "takes", lambda _: True)
        deadline = time.monotonic() + seconds

        @seeded(seed)
        @settings(
            max_examples=examples,
            database=None,
            deadline=None,
            phases=(Phase.generate, Phase.shrink),
            report_multiple_bugs=False,
            print_blob=False,
            suppress_health_check=list(HealthCheck),
        )
        @given(query=grammar.queries, world=grammar.worlds(takes), options=grammar.options)
        def run(query: str, world: World, options: dict[str, Any]) -> None:
            if time.monotonic() > deadline and report.disagreement is None:
                raise _TimeIsOver
            comparison.check(query, world, {**world.options, **options})

        try:
            with warnings.catch_warnings():  # about how long a drawn world is when it is printed
                warnings.simplefilter("ignore", HypothesisWarning)
                run()
        except _TimeIsOver:
            pass
        except Disagreement as found:
            report.disagreement = comparison.smaller(found)
    return report


@dataclass(slots=True)
class _Comparison:
    """An engine and our reading of its language, side by side."""

    connection: Connection
    language: Language
    report: Report
    _stack: ExitStack = field(default_factory=ExitStack)
    _stores: dict[int, tuple[World, Store]] = field(default_factory=dict)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _meant(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Return the options that mean this version of the engine."""
        kind = self.report.engine.lower()
        meant = version_option(self.language.name, f"{kind} {self.connection.version}")
        return {**meant, **options}

    def ours(self, query: str, world: World, options: Mapping[str, Any]) -> Answer:
        """Return our answer."""
        documents = list(world.documents)
        names = field_names(documents) if self.language.semantics.typed and documents else None
        context = Context(types=world.types, fields=names, options=self._meant(options))
        try:
            parsed = self.language.parse(Source(query, "<query>"), context)
        except QuerySyntaxError:
            return "invalid"
        except Unsupported:
            return "unsupported"
        found = outcomes(parsed, world.documents, self.language.semantics)
        return [_MEANING[one] for one in found]

    def theirs(self, query: str, store: Store, options: Mapping[str, Any]) -> tuple[Answer, str]:
        """Return the engine's answer, and its words where it refuses the query."""
        try:
            return store.ask(self.language.name, query, options=options), ""
        except QuerySyntaxError as error:
            return "invalid", error.message

    def _store(self, world: World) -> Store:
        """Return the world as the engine stores it; one that is drawn again is stored once."""
        known = self._stores.get(id(world))
        if known is not None and known[0] is world:
            return known[1]
        store = self._stack.enter_context(self.connection.store(world.documents, world.types))
        self._stores[id(world)] = (world, store)
        return store

    def check(self, query: str, world: World, options: Mapping[str, Any]) -> None:
        """Ask both; raise ``Disagreement`` where they differ in what is not declared."""
        ours = self.ours(query, world, options)
        if ours == "unsupported":
            self.report.unsupported += 1
            return
        store = self._store(world)
        try:
            theirs, words = self.theirs(query, store, options)
        except Declined:
            self.report.unsupported += 1
            return
        kept = [at for at, taken in enumerate(store.taken) if taken]
        self._count(ours, theirs, kept)
        if _agree(ours, theirs, kept):
            return
        when = "we reject" if ours == "invalid" else "verdicts"
        when = "it rejects" if theirs == "invalid" else when
        if when == "verdicts" and self._only_fails(query, world, options, ours, theirs, kept):
            when = "it fails"
        for one in self.language.deviations:
            if one.when == when and one.covers(query):
                self.report.declared[one.name] = self.report.declared.get(one.name, 0) + 1
                return
        raise Disagreement(query, world, options, ours=ours, theirs=theirs, words=words)

    def _only_fails(
        self,
        query: str,
        world: World,
        options: Mapping[str, Any],
        ours: Answer,
        theirs: Answer,
        kept: Sequence[int],
    ) -> bool:
        """Return whether an engine only fails where a part of the query is undefined for us."""
        apart = [at for at in kept if ours[at] is not None and ours[at] != theirs[at]]
        if any(theirs[at] is not None for at in apart):
            return False
        names = field_names(list(world.documents)) if self.language.semantics.typed else None
        context = Context(types=world.types, fields=names, options=self._meant(options))
        parsed = self.language.parse(Source(query, "<query>"), context)
        leaves = [one for one in walk_predicate(parsed.predicate) if _is_leaf(one)]
        rows = [world.documents[at] for at in apart]
        seen = [parsed.prepare(row) if parsed.prepare else row for row in rows]
        semantics = self.language.semantics
        return all(
            any(evaluate(leaf, row, semantics) is Truth.UNDEFINED for leaf in leaves)
            for row in seen
        )

    def _count(self, ours: Answer, theirs: Answer, kept: Sequence[int]) -> None:
        report = self.report
        report.queries += 1
        if isinstance(theirs, str):
            report.rejected += 1
        elif isinstance(ours, list):
            open_ = sum(ours[at] is None and theirs[at] is not None for at in kept)
            report.undecided += open_
            report.verdicts += len(kept) - open_

    def smaller(self, found: Disagreement) -> Disagreement:
        """Return a disagreement on one document, with as little in it as shows it."""
        if isinstance(found.ours, str) or isinstance(found.theirs, str):
            best = self._refusal(found)
            return found if best is None else self._with_less(best)
        pairs = zip(found.world.documents, found.ours, found.theirs, strict=True)
        apart = [one for one, ours, theirs in pairs if ours is not None and ours != theirs]
        smallest = min(apart, key=lambda one: len(repr(one)))
        best = self._if_it_shows(found, World(found.world.types, (smallest,), found.world.options))
        return found if best is None else self._with_less(best)

    def _refusal(self, found: Disagreement) -> Disagreement | None:
        """Return a query that one side refuses, with no document or else with the smallest."""
        world = found.world
        smallest = tuple(sorted(world.documents, key=lambda one: len(repr(one)))[:1])
        for documents in ((), smallest):
            shown = self._if_it_shows(found, World(world.types, documents, world.options))
            if shown is not None:
                return shown
        return None

    def _with_less(self, best: Disagreement) -> Disagreement:
        for smaller in _without(best)[:MOST_TRIES]:
            best = self._if_it_shows(best, smaller(best.world)) or best
        return best

    def _if_it_shows(self, found: Disagreement, world: World) -> Disagreement | None:
        try:
            with self.connection.store(world.documents, world.types) as store:
                ours = self.ours(found.query, world, found.options)
                theirs, words = self.theirs(found.query, store, found.options)
                kept = [at for at, taken in enumerate(store.taken) if taken]
        except Exception:  # noqa: BLE001 - a smaller world that cannot be stored shows nothing
            return None
        if ours == "unsupported" or _agree(ours, theirs, kept):
            return None
        return Disagreement(
            found.query, world, found.options, ours=ours, theirs=theirs, words=words
        )


def _is_leaf(node: Predicate) -> bool:
    return isinstance(node, Atom | Condition | Constant)


def _agree(ours: Answer, theirs: Answer, kept: Sequence[int]) -> bool:
    """Return whether two answers are the same on the documents that the engine took.

    What we leave undefined is no claim. A query that we reject may as well fail on each of them.
    """
    if ours == "invalid" and isinstance(theirs, list) and kept:
        return all(theirs[at] is None for at in kept)
    if isinstance(ours, str) or isinstance(theirs, str):
        return ours == theirs
    return all(ours[at] is None or ours[at] == theirs[at] for at in kept)


def _without(found: Disagreement) -> list[Callable[[World], World]]:
    """Return ways to leave something out of a world of one document, or of none."""
    documents = found.world.documents
    fewer: list[Callable[[World], World]] = []

    def key(name: str) -> Callable[[World], World]:
        def change(world: World) -> World:
            left = [
                {other: value for other, value in one.items() if other != name}
                for one in world.documents
            ]
            return World(world.types, tuple(left), world.options)

        return change

    def kind(name: str) -> Callable[[World], World]:
        def change(world: World) -> World:
            left = {
                path: one
                for path, one in world.types.items()
                if path != name and not path.startswith(f"{name}.")
            }
            return World(left, world.documents, world.options)

        return change

    fewer.extend(key(name) for document in documents for name in document)
    fewer.extend(kind(name) for name in sorted(found.world.types, key=lambda one: one.count(".")))
    return fewer
