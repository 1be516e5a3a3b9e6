"""What a process does with one piece: read it, sort its events, run what concerns them."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from harness import languages
from harness.evaluate.columns import Columns, Rows
from harness.evaluate.program import Outcome, Program
from harness.scan.part import EXAMPLES, MAX_TROUBLES, Difference, Part
from harness.scan.queries import REFERENCE, Queries, Query
from harness.telemetry.formats import Batch, Piece, Trouble, Unreadable, format_named
from harness.telemetry.formats._base import TOO_DEEP
from harness.telemetry.logsources import LogSource, covers_one
from harness.telemetry.streams import Table, keys_of, schema_of, tables

MAX_DEPTH = 64
"""Objects and lists within one another that are evaluated."""
_KEYS = 6


class Worker:
    """Runs the queries of a scan on pieces; programs are made when first needed, and kept."""

    def __init__(
        self, queries: Queries, *, declared: LogSource | None = None, keep: bool = False
    ) -> None:
        self._queries = queries
        self._declared = declared
        self._keep = keep
        self._programs: dict[object, list[tuple[list[int], Program]]] = {}
        fields = (one.compiled.fields for one in queries.queries)
        self._wanted = keys_of(frozenset().union(*fields))
        self._by_stream = any(one.asked is None for one in queries.queries)

    def __call__(self, format_name: str, piece: Piece) -> Part:
        """Return what a piece gives; what goes wrong with it is in the part."""
        gc.disable()  # what is made here holds no cycles, and would be looked at again and again
        try:
            batch = format_named(format_name).read(piece, self._wanted)
            try:
                return self._part(batch)
            except RecursionError:
                return self._part(_shallow(batch, self._wanted))
        except Unreadable as error:
            return Part(error=str(error))
        finally:
            gc.enable()

    def _part(self, batch: Batch) -> Part:
        part = Part(
            records=batch.records,
            events=len(batch.events),
            troubles=batch.troubles[:MAX_TROUBLES],
            troubles_count=len(batch.troubles),
        )
        sorted_, unknown = tables(batch, self._declared)
        part.unknown = len(unknown)
        for row in unknown[:MAX_TROUBLES].tolist():
            part.unknown_keys[", ".join(sorted(batch.events[row])[:_KEYS])] += 1
        found: dict[int, list[Rows]] = {}
        undefined: dict[int, list[Rows]] = {}
        for table in sorted_:
            part.seen[table.stream, table.members] += len(table.rows)
            for outcome in self._run(table):
                _collect(found, undefined, outcome, table.rows)
        for rows, columns, schema in _documents(sorted_) if self._by_stream else ():
            for outcome in self._run_on_documents(columns, schema):
                _collect(found, undefined, outcome, rows)
            self._compare(part, found, rows, schema, batch)
        for number in sorted(found):
            rows = _together(found[number])
            part.hits[number] = [batch.numbers[row] for row in rows.tolist()]
            if self._keep:
                part.matched |= {batch.numbers[row]: batch.events[row] for row in rows.tolist()}
        part.undefined = {number: len(_together(rows)) for number, rows in undefined.items()}
        return part

    def _run(self, table: Table) -> Iterable[Outcome]:
        """Run the queries in Sigma whose log source means the events of a table."""
        key = table.members
        if key not in self._programs:
            chosen = [
                number
                for number, one in enumerate(self._queries.queries)
                if one.asked is not None and covers_one(one.asked, table.members)
            ]
            self._programs[key] = self._programs_of(chosen)
        return self._outcomes(key, table.read())

    def _run_on_documents(self, columns: Columns, schema: str) -> Iterable[Outcome]:
        key = ("documents", schema)
        if key not in self._programs:
            chosen = [
                number
                for number, one in enumerate(self._queries.queries)
                if one.asked is None and (schema in one.schemas or not one.schemas)
            ]
            self._programs[key] = self._programs_of(chosen)
        return self._outcomes(key, columns)

    def _programs_of(self, chosen: Sequence[int]) -> list[tuple[list[int], Program]]:
        by_language: dict[str, list[int]] = {}
        for number in chosen:
            by_language.setdefault(self._queries.queries[number].language, []).append(number)
        return [
            (
                numbers,
                Program(
                    [self._queries.queries[number].compiled for number in numbers],
                    languages.get(language).semantics,
                ),
            )
            for language, numbers in by_language.items()
        ]

    def _outcomes(self, key: object, columns: Columns) -> Iterable[Outcome]:
        for numbers, program in self._programs[key]:
            for outcome in program.run(columns):
                yield Outcome(numbers[outcome.number], outcome.holds, outcome.undefined)
        self._programs[key] = [(some, one.learned()) for some, one in self._programs[key]]

    def _compare(
        self, part: Part, found: dict[int, list[Rows]], rows: Rows, schema: str, batch: Batch
    ) -> None:
        """Note where translations disagree with their rules' own queries on a stream."""
        for number, query in enumerate(self._queries.queries):
            if query.about.translation == REFERENCE or not _runs_on(query, schema):
                continue
            own = self._queries.references.get(self._queries.rules[number])
            if own is None or (own not in found and number not in found):
                continue
            theirs, mine = (
                np.intersect1d(_together(found.get(one, [])), rows) for one in (own, number)
            )
            missed, extra = (np.setdiff1d(*pair) for pair in ((theirs, mine), (mine, theirs)))
            if len(missed) or len(extra):
                difference = part.differences.setdefault(number, Difference())
                difference.missed_count += len(missed)
                difference.extra_count += len(extra)
                for some, into in ((missed, difference.missed), (extra, difference.extra)):
                    into.extend(batch.numbers[row] for row in some[:EXAMPLES].tolist())


def _runs_on(query: Query, schema: str) -> bool:
    return query.asked is None and (schema in query.schemas or not query.schemas)


def _collect(
    found: dict[int, list[Rows]], undefined: dict[int, list[Rows]], outcome: Outcome, rows: Rows
) -> None:
    if len(outcome.holds):
        found.setdefault(outcome.number, []).append(rows[outcome.holds])
    if len(outcome.undefined):
        undefined.setdefault(outcome.number, []).append(rows[outcome.undefined])


def _together(parts: Sequence[Rows]) -> Rows:
    if not parts:
        return np.zeros(0, dtype=np.intp)
    return np.unique(np.concatenate(parts)) if len(parts) > 1 else np.sort(parts[0])


def _documents(sorted_: Sequence[Table]) -> Iterable[tuple[Rows, Columns, str]]:
    """Yield the documents of each stream as recorded, with its schema."""
    by_stream: dict[str, list[Table]] = {}
    for table in sorted_:
        by_stream.setdefault(table.stream, []).append(table)
    for stream, some in by_stream.items():
        rows, first = np.unique(np.concatenate([one.rows for one in some]), return_index=True)
        events: list[Any] = [event for one in some for event in one.columns.events]
        yield rows, Columns([events[at] for at in first.tolist()]), schema_of(stream)


def _shallow(batch: Batch, wanted: frozenset[str]) -> Batch:
    """Return a batch without the events that are nested so deeply that they cannot be walked."""
    events = list(batch.events)
    kept = [row for row, event in enumerate(events) if not _deep(event)]
    deep = sorted(set(range(len(events))) - set(kept))
    troubles = sorted([*batch.troubles, *(Trouble(batch.numbers[row], TOO_DEEP) for row in deep)])
    numbers = [batch.numbers[row] for row in kept]
    made = Batch.of([events[row] for row in kept], wanted, numbers, batch.records, troubles)
    exact, lines = batch.exact, batch.lines
    if exact is None or lines is None:
        return made
    return replace(made, exact=lambda row: exact(kept[row]), lines=[lines[row] for row in kept])


def _deep(event: Any) -> bool:
    level: list[Any] = [event]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for one in level
            for child in (one.values() if isinstance(one, dict) else one)
            if isinstance(child, dict | list)
        ]
        if not level:
            return False
    return True
