"""The search: activities on which a translation and the reference differ, shrunk and explained."""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st
from hypothesis.errors import HypothesisException

from harness import mutations
from harness.checks import Cell
from harness.checks._base import Step
from harness.checks._cause import silent_because
from harness.checks._witness import WORDS, steps, without_unread
from harness.documents.build import mutated
from harness.documents.document import Document
from harness.evaluate.explain import explain
from harness.evaluate.remembered import Remembered
from harness.events.model import Activity, Label, Sample
from harness.fuzz import _clock
from harness.fuzz._group import Group, deciding
from harness.fuzz._space import Space, space_of
from harness.ir import Query, Truth
from harness.mutations import Effect
from harness.ruleset.model import Known

EXAMPLES = 1500
"""Activities that are drawn for one disagreement; then none is expected any more."""
MOST_FOUND = 4
"""Disagreements of one translation after which it is left alone."""
MOST_KNOWN = 60
"""Events of ``harness test`` whose disagreements are told from new ones."""
MISSED, ALARM = "missed-malicious", "false-alarm"
_SAME = {"never-fires": MISSED}
"""Codes of findings that say the same of single events."""
_MUTATED = {MISSED: "mutation-missed", ALARM: "mutation-false-alarm"}
_CODES = {MISSED, ALARM, *_MUTATED.values(), "version-missed", "version-false-alarm"}
UNCHANGED = 12
"""Documents that are taken as they are for one to which a promised mutation is applied."""
MOST_CHANGED = 60
"""Documents that a mutation makes of one, among which one is drawn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """An activity on which a translation is wrong.

    ``values`` are the activity's, to be saved; ``expected`` and ``verdict`` what the reference
    and the translation do, each explained by its ``steps``. ``in_test`` where ``harness test``
    finds the same on the events that it generates.
    """

    group: Group
    message: str
    hint: str
    place: str
    excerpt: str
    values: Mapping[str, Any]
    mutation: str | None
    document: Mapping[str, Any]
    label: Label
    expected: str
    verdict: str
    reference: tuple[Step, ...]
    translation: tuple[Step, ...]
    in_test: bool


@dataclass(slots=True)
class Searched:
    """What the search came to for one translation on one data source.

    ``excused`` are the codes that the rule's owner accepts, so that nothing of that kind is
    looked for; ``out_of_time`` where the search was cut short. ``probed`` counts the verdicts that
    changed under a mutation that promises nothing.
    """

    cell: Cell
    examples: int = 0
    undefined: int = 0
    probed: int = 0
    found: list[Disagreement] = field(default_factory=list)
    excused: tuple[str, ...] = ()
    out_of_time: bool = False
    interrupted: bool = False


class _Differs(Exception):
    """An activity on which the two sides differ in a new way."""


def search(
    cell: Cell, samples: tuple[Sample, ...], *, seed: int, deadline: float, examples: int = EXAMPLES
) -> Searched:
    """Look for disagreements until none is found, some are, or the time is over.

    The same seed draws the same activities. Of an interrupted search what was found is left.
    """
    result = Searched(cell=cell)
    try:
        with _clock.limit(deadline - time.monotonic()):
            _Hunt(cell, samples, seed, deadline, examples, result).run()
    except _clock.TimeIsOver:
        result.out_of_time = True
    except KeyboardInterrupt:
        result.interrupted = True
    except HypothesisException as error:  # what ended the drawing of an event stands behind it
        behind = [type(one) for one in _behind(error)]
        result.interrupted = KeyboardInterrupt in behind
        result.out_of_time = _clock.TimeIsOver in behind
        if not (result.interrupted or result.out_of_time):
            raise
    return result


def _behind(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__context__


@dataclass
class _Hunt:
    cell: Cell
    samples: tuple[Sample, ...]
    seed: int
    deadline: float
    examples: int
    result: Searched
    _seen: list[Group] = field(default_factory=list)
    _best: tuple[dict[str, Any], Group] | None = None

    def run(self) -> None:
        """Find one disagreement after the other, each of which no earlier one explains."""
        query = self.cell.query
        assert query is not None
        in_test = list(self._in_test())
        self._excuse(in_test)
        self._seen += [group for _, _, group in in_test if group.mutation]  # told already
        space = space_of(self.cell.intent, self.cell.schema, [query], self.samples, seed=self.seed)
        for number in range(MOST_FOUND):
            self._best = None
            try:
                self._look(space, number)
            finally:  # also of a search that ends early
                if self._best is not None:
                    self._add(*self._best, [group for _, _, group in in_test])
            if self._best is None:
                return

    def _look(self, space: Space, number: int) -> None:
        key = f"{self.seed}/{self.cell.translation.name}/{self.cell.schema.label}/{number}"

        @seeded(zlib.crc32(f"{key}/{self.cell.version}".encode()))
        @settings(
            max_examples=self.examples,
            database=None,
            deadline=None,
            phases=(Phase.generate, Phase.shrink),
            report_multiple_bugs=False,
            print_blob=False,
            verbosity=Verbosity.quiet,
            suppress_health_check=list(HealthCheck),
        )
        @given(space.activities(), self._changes())
        def differ_nowhere(values: dict[str, Any], change: tuple[str, int]) -> None:
            _clock.check(self.deadline)
            self.result.examples += 1
            group = self._group(values)
            shown = (values, group) if group is not None else self._after(values, *change)
            if shown is not None and not any(one.covers(shown[1]) for one in self._seen):
                self._best = shown
                raise _Differs

        try:
            differ_nowhere()
        except _Differs:
            return

    def _changes(self) -> st.SearchStrategy[tuple[str, int]]:
        """Return the strategy for promised mutations, and which of the changed documents."""
        promised = sorted({*self.cell.rule.promises.robust} & {*mutations.names()})
        names = [""] * UNCHANGED if promised else [""]
        return st.tuples(st.sampled_from([*names, *promised]), st.integers(0, MOST_CHANGED))

    def _after(
        self, values: dict[str, Any], name: str, which: int
    ) -> tuple[dict[str, Any], Group] | None:
        """Return what is wrong on an activity once it is recorded differently, if anything is.

        Where a mutation changes the activity, that one may show the difference by itself.
        """
        if not name:
            return None
        changed = self._recorded(values, name)
        if not changed:
            return None
        document = changed[which % len(changed)]
        verdict = self.cell.judge([document.body])[0]
        if document.effect is not Effect.KEEPS:
            self.result.probed += (verdict is Truth.TRUE) is not document.malicious
            return None
        self.result.undefined += verdict is Truth.UNDEFINED
        if verdict is Truth.UNDEFINED or (verdict is Truth.TRUE) is document.malicious:
            return None
        plain = self._group(document.values) if document.mutated is not None else None
        if plain is not None:
            return dict(document.values), plain
        group = _changed_group(document)
        return None if group.code in self.result.excused else (values, group)

    def _recorded(self, values: Mapping[str, Any], name: str) -> list[Document]:
        """Return an activity as a mutation records it, where both sides agree without it."""
        cell, intent = self.cell, self.cell.intent
        body = cell.schema.render(intent.kind, values)
        if cell.schema.unrecorded(intent.kind, values) or not body:
            return []
        if cell.translation.scoped and not intent.in_scope(values):
            return []
        label = intent.label(values)
        if cell.judge([body]) != [Truth.of(label is Label.MALICIOUS)]:
            return []
        sample = Sample(
            name="fuzz",
            label=label,
            family="fuzz",
            because="drawn by harness fuzz",
            activity=Activity(kind=intent.kind, values=values),
        )
        plain = Document(sample=sample, schema=cell.schema.name, body=body)
        return list(mutated(mutations.get(name), [plain], intent, cell.schema, (self.seed, None)))

    def _group(self, values: Mapping[str, Any]) -> Group | None:
        """Return how the two sides differ on an activity, ``None`` where they do not."""
        cell, kind = self.cell, self.cell.intent.kind
        if cell.schema.unrecorded(kind, values):
            return None
        if cell.translation.scoped and not cell.intent.in_scope(values):
            return None
        body = cell.schema.render(kind, values)
        if not body:
            return None
        given_document = cell.intent.document(values)
        meant, verdict = cell.intent.truth_on(given_document), self._quick(body)
        if Truth.UNDEFINED in {meant, verdict}:
            self.result.undefined += 1
            return None
        malicious = meant is Truth.TRUE
        if (verdict is Truth.TRUE) is malicious or cell.judge([body]) != [verdict]:
            return None
        code = MISSED if malicious else ALARM
        if code in self.result.excused:
            return None
        silent, event = (cell, body) if malicious else (self._reference, given_document)
        return Group(code, deciding(silent, event))

    def _quick(self, body: Mapping[str, Any]) -> Truth:
        """Return the verdict of the translation on one document, and remember its parts."""
        query = self.cell.query
        assert query is not None
        if self._remembered is None:
            return self.cell.judge([body])[0]
        found = self._remembered.truth(query.prepare(body) if query.prepare else body)
        unknown = self.cell.semantics.unknown if query.unknown is None else query.unknown
        return unknown if found is Truth.UNKNOWN else found

    @cached_property
    def _remembered(self) -> Remembered | None:
        query = self.cell.query
        assert query is not None
        if query.stages or query.outcome or query.upstream:
            return None
        return Remembered(query.predicate, self.cell.semantics)

    @cached_property
    def _reference(self) -> Cell:
        return reference_of(self.cell)

    def _in_test(self) -> Iterator[tuple[str, str, Group]]:
        """Yield how the sides differ on the events of ``harness test``: code, family, group."""
        left = MOST_KNOWN
        for document, verdict in self.cell.pairs():
            wrong = {Truth.TRUE: not document.malicious, Truth.UNDEFINED: False}
            if not wrong.get(verdict, document.malicious) or not left:
                continue
            left -= 1
            told = document.mutation is None or document.mutated is not None
            group = self._group(document.values) if told else None
            plain = document.mutation is None
            family = document.sample.family if plain else document.family
            if group is not None:
                yield group.code if plain else _MUTATED[group.code], family, group
            if not plain and document.effect is Effect.KEEPS:
                yield _changed_group(document).code, family, _changed_group(document)

    def _excuse(self, in_test: list[tuple[str, str, Group]]) -> None:
        """Leave out what the rule's owner accepts."""
        promises, codes = self.cell.rule.promises, set[str]()
        codes |= {MISSED} if promises.recall < 1.0 else set()
        codes |= {ALARM} if promises.precision < 1.0 else set()
        for known in self.cell.rule.known:
            if not _concerns(known, self.cell):
                continue
            meant = _SAME.get(known.code, known.code)
            if known.family == "*":
                codes.add(meant)
            self._seen += [
                group
                for code, family, group in in_test
                if code == meant and (known.family in {"*", family} or code == MISSED)
            ]
        self.result.excused = tuple(sorted(codes & _CODES))

    def _add(self, values: dict[str, Any], group: Group, in_test: list[Group]) -> None:
        """Add a disagreement to the result, made as small as it can be."""
        self._seen.append(group)
        values = self._smallest(values, group)
        cell, intent = self.cell, self.cell.intent
        body, detail = self._shown(values, group)
        document = without_unread(cell, body, cell.schema)
        given_document = intent.document(values)
        verdict = cell.judge([body])[0]
        missed = group.code.endswith("missed") or group.code == MISSED
        silent = (cell, document) if missed else (self._reference, given_document)
        cause = silent_because(*silent)
        lead = "stays silent, and the reference fires" if missed else "fires, and the reference"
        lead += "" if missed else " stays silent"
        hint = cause.hint if missed else "the translation lacks that test, or reads it otherwise"
        self.result.found.append(
            Disagreement(
                group=group,
                message=f"{lead}{f' ({detail})' if detail else ''}: {cause.message}",
                hint=hint,
                mutation=group.mutation or None,
                place=cause.place,
                excerpt=cause.excerpt,
                values=values,
                document=document,
                label=intent.label(values),
                expected=WORDS[Truth.of(missed)],
                verdict=WORDS[verdict],
                reference=_all_steps(self._reference, given_document),
                translation=steps(cell, document),
                in_test=any(one.covers(group) for one in in_test),
            )
        )

    def _smallest(self, values: dict[str, Any], group: Group) -> dict[str, Any]:
        """Leave out values that the difference does not need."""
        required = self.cell.schema.kind(self.cell.intent.kind).required
        for name in sorted(values):
            fewer = {other: value for other, value in values.items() if other != name}
            if name not in required and self._is_of(fewer, group):
                values = fewer
        return values

    def _is_of(self, values: Mapping[str, Any], group: Group) -> bool:
        if not group.mutation:
            return self._group(values) == group
        return self._wrong(values, group) is not None

    def _wrong(self, values: Mapping[str, Any], group: Group) -> Document | None:
        """Return the first changed document of an activity that shows a group."""
        for document in self._recorded(values, group.mutation):
            if document.effect is not Effect.KEEPS or _changed_group(document) != group:
                continue
            verdict = self.cell.judge([document.body])[0]
            if verdict is not Truth.UNDEFINED and (verdict is Truth.TRUE) is not document.malicious:
                return document
        return None

    def _shown(self, values: Mapping[str, Any], group: Group) -> tuple[Mapping[str, Any], str]:
        """Return the document that shows a group, and what a mutation changed in it."""
        changed = self._wrong(values, group) if group.mutation else None
        if changed is None:
            return self.cell.schema.render(self.cell.intent.kind, values), ""
        return changed.body, f"{group.mutation}: {changed.detail}"


def _changed_group(document: Document) -> Group:
    """Return what disagreements after a change have in common."""
    missed = "missed" if document.malicious else "false-alarm"
    code = f"{'version' if document.shape else 'mutation'}-{missed}"
    name = document.mutation or ""
    return Group(code, frozenset({f"{name}: {document.family}"}), name)


def _concerns(known: Known, cell: Cell) -> bool:
    return known.translation in {"*", cell.translation.name} and known.schema in {
        "*",
        cell.schema.label,
    }


def reference_of(cell: Cell) -> Cell:
    """Return the reference as if it were a translation, in its own schema."""
    rule, intent = cell.rule, cell.intent

    def judge(bodies: Any, now: Any = None, types: Any = None) -> list[Truth]:
        del now, types
        return [intent.truth_on(one) for one in bodies]

    return Cell(
        rule=rule,
        translation=rule.reference,
        schema=intent.schema,
        version="",
        query=Query(predicate=intent.predicate),
        error=None,
        semantics=intent.semantics,
        judge=judge,
        intent=intent,
    )


def _all_steps(cell: Cell, document: Mapping[str, Any]) -> tuple[Step, ...]:
    """Return what each part of the reference came to, what its log source asks included."""
    assert cell.query is not None
    source = cell.translation.source
    return tuple(
        Step(text=one.text, outcome=one.outcome.name.lower(), values=one.seen)
        for one in explain(cell.query.predicate, document, cell.semantics, source)
    )
