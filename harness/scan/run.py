"""A scan from begin to end: inputs in pieces, pieces to workers, parts to the collector."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from harness.scan.collect import Collector
from harness.scan.part import Part
from harness.scan.pool import Job, in_one, in_processes
from harness.scan.queries import Queries
from harness.scan.work import Worker
from harness.telemetry.formats import Unreadable
from harness.telemetry.inputs import Input
from harness.telemetry.logsources import LogSource


@dataclass(frozen=True, kw_only=True)
class Scan:
    """What is to be run, and on what.

    ``declared`` is the log source of events that cannot be told by themselves; with ``events``
    the hits hold their events; ``jobs`` are worker processes.
    """

    queries: Queries
    inputs: Sequence[Input]
    declared: LogSource | None = None
    events: bool = False
    jobs: int = 1


def run(
    scan: Scan, collector: Collector, progress: Callable[[int, int], None] | None = None
) -> None:
    """Run a scan into a collector, which is complete for what was read if it is interrupted.

    ``progress`` is told the bytes of the inputs that are done, and the events.
    """
    make = partial(Worker, scan.queries, declared=scan.declared, keep=scan.events)
    jobs = _jobs(scan.inputs, collector)
    parts: Generator[tuple[Job, Part]] = (
        in_one(make, jobs) if scan.jobs == 1 else in_processes(make, jobs, scan.jobs)
    )
    done = 0
    try:
        for job, part in parts:
            collector.add(job, part)
            done += job.piece.share
            if progress is not None:
                progress(done, collector.events)
    except KeyboardInterrupt:
        collector.interrupted = True
    finally:
        parts.close()


def _jobs(inputs: Sequence[Input], collector: Collector) -> Iterator[Job]:
    for number, one in enumerate(inputs):
        try:
            for piece in one.pieces():
                yield Job(number, one.format, piece)
        except Unreadable as error:
            collector.fail(number, str(error))
