"""Parts put together, in order, into what a scan says; hits are written as they come."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, TextIO

import harness
from harness.errors import Diagnostic
from harness.scan.expect import Expectation, judged
from harness.scan.part import EXAMPLES, MAX_TROUBLES, Part
from harness.scan.pool import Job
from harness.scan.queries import REFERENCE, Queries
from harness.telemetry.formats.jsonl import records_in
from harness.telemetry.inputs import Input
from harness.telemetry.logsources import LogSource, Member, covers_one

SCHEMA = "harness/scan/1"
_UNKNOWN = 10
"""Kinds of events of no known stream that are shown."""


@dataclass(slots=True)
class _File:
    records: int = 0
    events: int = 0
    troubles: list[dict[str, Any]] = field(default_factory=list)
    troubles_count: int = 0
    errors: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Found:
    hits: int = 0
    undefined: int = 0
    first: list[dict[str, Any]] = field(default_factory=list)
    missed: int = 0
    extra: int = 0
    missed_at: list[dict[str, Any]] = field(default_factory=list)
    extra_at: list[dict[str, Any]] = field(default_factory=list)


class Collector:
    """Puts parts together. ``hits`` is where each hit is written, ``events`` with its event."""

    def __init__(
        self,
        queries: Queries,
        inputs: Sequence[Input],
        *,
        hits: TextIO | None = None,
        events: bool = False,
    ) -> None:
        self._queries = queries
        self._inputs = inputs
        self._hits = hits
        self._events = events
        self._files = [_File() for _ in inputs]
        self._found = [_Found() for _ in queries.queries]
        self._seen: Counter[tuple[str, frozenset[Member]]] = Counter()
        self._unknown: Counter[str] = Counter()
        self._unknown_count = 0
        self._problems: list[dict[str, Any]] = []
        self._started = time.perf_counter()
        self.interrupted = False

    @property
    def events(self) -> int:
        """The events that were looked at so far."""
        return sum(one.events for one in self._files)

    def add_problems(self, problems: Iterable[Diagnostic]) -> None:
        """Add what is wrong with rules, and stops none of the others."""
        self._problems.extend(asdict(one) for one in problems)

    def add(self, job: Job, part: Part) -> None:
        """Add what a piece gave; pieces of a file come in order."""
        file = self._files[job.input]
        piece = job.piece
        base = file.records if piece.data is not None or not _counted(job) else piece.start

        def place(record: int) -> int:
            return piece.numbers[record] if piece.numbers else base + record + 1

        file.records += part.records
        file.events += part.events
        file.troubles_count += part.troubles_count
        for trouble in part.troubles[: MAX_TROUBLES - len(file.troubles)]:
            file.troubles.append({"record": place(trouble.record), "reason": trouble.reason})
        if part.error:
            file.errors.append(part.error)
            if job.format == "jsonl":  # so that what follows keeps its place
                file.records += records_in(piece)
        self._seen.update(part.seen)
        self._unknown.update(part.unknown_keys)
        self._unknown_count += part.unknown
        for number, count in part.undefined.items():
            self._found[number].undefined += count
        path = self._inputs[job.input].path
        for number, records in part.hits.items():
            found = self._found[number]
            found.hits += len(records)
            for record in records[: EXAMPLES - len(found.first)]:
                found.first.append({"file": path, "record": place(record)})
        for number, difference in part.differences.items():
            found = self._found[number]
            found.missed += difference.missed_count
            found.extra += difference.extra_count
            for some, into in (
                (difference.missed, found.missed_at),
                (difference.extra, found.extra_at),
            ):
                into.extend(
                    {"file": path, "record": place(one)} for one in some[: EXAMPLES - len(into)]
                )
        if self._hits is not None:
            self._write(job, part, place)

    def fail(self, number: int, message: str) -> None:
        """Note that the rest of a file cannot be read."""
        self._files[number].errors.append(message)

    def _write(self, job: Job, part: Part, place: Any) -> None:
        assert self._hits is not None
        path = self._inputs[job.input].path
        pairs = sorted(
            (record, number) for number, records in part.hits.items() for record in records
        )
        for record, number in pairs:
            about = self._queries.queries[number].about
            line: dict[str, Any] = {
                "file": path,
                self._inputs[job.input].record: place(record),
                "rule": about.rule,
                "id": about.id,
                "title": about.title,
                "level": about.level,
                "translation": about.translation,
            }
            if self._events:
                line["event"] = part.matched[record]
            self._hits.write(json.dumps(line, ensure_ascii=True) + "\n")
        self._hits.flush()

    def document(self, expectations: Sequence[Expectation] = ()) -> dict[str, Any]:
        """Return the ``harness/scan/1`` document."""
        seconds = time.perf_counter() - self._started
        rules = self._rules()
        judgements = judged(expectations, rules)
        troubles = sum(one.troubles_count for one in self._files)
        errors = sum(len(one.errors) for one in self._files)
        references = [one for one in rules if one["translation"] == REFERENCE]
        return {
            "schema": SCHEMA,
            "harness": harness.__version__,
            "summary": {
                "rules": len(references),
                "queries": len(rules),
                "not_run": len(self._queries.not_run),
                "problems": len(self._problems),
                "files": len(self._inputs),
                "records": sum(one.records for one in self._files),
                "events": self.events,
                "unreadable": troubles,
                "errors": errors,
                "unknown": self._unknown_count,
                "hits": sum(one["hits"] for one in references),
                "rules_with_hits": sum(bool(one["hits"]) for one in references),
                "rules_without_events": sum(not one["seen"] for one in references),
                "undecided": sum(one["undecided"] for one in rules),
                "disagreements": sum(bool(one["missed"] or one["extra"]) for one in rules),
                "unexpected": sum(not one["met"] for one in judgements),
                "interrupted": self.interrupted,
                "seconds": round(seconds, 3),
            },
            "problems": self._problems,
            "not_run": [
                {**asdict(one.about), "code": one.code, "reason": one.reason}
                for one in self._queries.not_run
            ],
            "files": [
                {"path": given.path, "format": given.format, "record": given.record, **asdict(one)}
                for given, one in zip(self._inputs, self._files, strict=True)
            ],
            "streams": self._streams(),
            "unknown": [
                {"keys": keys, "events": count}
                for keys, count in self._unknown.most_common(_UNKNOWN)
            ],
            "rules": rules,
            "expectations": judgements,
        }

    def _streams(self) -> list[dict[str, Any]]:
        rows = [
            {
                "stream": stream,
                "sources": sorted({str(one.source) for one in members}),
                "events": count,
            }
            for (stream, members), count in self._seen.items()
        ]
        return sorted(rows, key=lambda row: (-row["events"], row["stream"], row["sources"]))

    def _rules(self) -> list[dict[str, Any]]:
        known: dict[LogSource, int] = {}
        rows = []
        for query, found in zip(self._queries.queries, self._found, strict=True):
            asked = query.asked
            if asked is None:
                seen = sum(self._seen.values())
            else:
                if asked not in known:
                    known[asked] = self._events_of(asked)
                seen = known[asked]
            rows.append(
                {
                    **asdict(query.about),
                    "seen": seen,
                    "hits": found.hits,
                    "undecided": found.undefined,
                    "first": found.first,
                    "missed": found.missed,
                    "extra": found.extra,
                    "missed_at": found.missed_at,
                    "extra_at": found.extra_at,
                }
            )
        return rows

    def _events_of(self, asked: LogSource) -> int:
        return sum(
            count for (_, members), count in self._seen.items() if covers_one(asked, members)
        )


def _counted(job: Job) -> bool:
    """Return whether the number of a piece's first record is known before it is read."""
    return job.format == "parquet"
