"""Pieces in worker processes: the same parts in the same order as in one process."""

from __future__ import annotations

import multiprocessing
import signal
import sys
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from typing import NamedTuple

from harness.scan.part import Part
from harness.telemetry.formats import Piece

_TRIES = 2
"""Times that a piece is run alone after it may have killed its process."""
AHEAD = 2
"""Pieces per process that are handed out before the first of them is awaited."""

Make = Callable[[], Callable[[str, Piece], Part]]


class Job(NamedTuple):
    """A piece of an input, by the input's number."""

    input: int
    format: str
    piece: Piece


def in_one(make: Make, jobs: Iterable[Job]) -> Generator[tuple[Job, Part]]:
    """Yield the part of each piece, made here."""
    work = make()
    for job in jobs:
        yield job, work(job.format, job.piece)


def in_processes(make: Make, jobs: Iterable[Job], count: int) -> Generator[tuple[Job, Part]]:
    """Yield the part of each piece, in order.

    A process that dies takes the pool with it: the pieces under way are then run again, one at
    a time, and one whose process dies each time is reported as lost.
    """
    pending: deque[tuple[Job, Future[Part]]] = deque()
    source = iter(jobs)
    pool = _pool(make, count)
    try:
        while True:
            while len(pending) < count * AHEAD and (job := next(source, None)) is not None:
                pending.append((job, _submitted(pool, job)))
            if not pending:
                break
            try:
                part = pending[0][1].result()
            except BrokenProcessPool:
                pool.shutdown(wait=False, cancel_futures=True)
                for job, _ in pending:
                    yield job, _alone(make, job)
                pending.clear()
                pool = _pool(make, count)
                continue
            yield pending.popleft()[0], part
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _submitted(pool: ProcessPoolExecutor, job: Job) -> Future[Part]:
    """Hand out a piece, to a pool that may be broken already."""
    try:
        return pool.submit(_run, job)
    except BrokenProcessPool as error:
        broken: Future[Part] = Future()
        broken.set_exception(error)
        return broken


def _alone(make: Make, job: Job) -> Part:
    for _ in range(_TRIES):
        with _pool(make, 1) as pool, suppress(BrokenProcessPool):
            return pool.submit(_run, job).result()
    return Part(error=f"its process died {_TRIES} times, perhaps for lack of memory")


def _pool(make: Make, count: int) -> ProcessPoolExecutor:
    """Return processes that share what is made already, where the system can fork."""
    method = "fork" if sys.platform == "linux" else "spawn"
    context = multiprocessing.get_context(method)
    return ProcessPoolExecutor(count, context, initializer=_start, initargs=(make,))


_work: Callable[[str, Piece], Part]


def _start(make: Make) -> None:
    """Make a process ready; an interrupt is the parent's to handle."""
    global _work  # noqa: PLW0603 - the state of a worker process
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _work = make()


def _run(job: Job) -> Part:
    return _work(job.format, job.piece)
