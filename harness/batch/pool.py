"""Rules in worker processes: the same parts in the same order as in one process."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from harness.batch.work import Work, internal_error, part_of
from harness.cache import Cache, folder
from harness.report.results import Part, part
from harness.ruleset.model import Rule
from harness.run.events import RuleFinished

AHEAD = 8
"""Rules per process that are handed out before the first of them is awaited."""


def in_processes(work: Work, rules: Sequence[Rule], jobs: int) -> Iterator[Part]:
    """Yield the part of each rule, in order.

    A process that dies takes the pool with it: the rules that were under way are then run one
    at a time, so that the one to blame is known and the others lose nothing.
    """
    done = 0
    while done < len(rules):
        try:
            for made in _pooled(work, rules[done:], jobs):
                yield made
                done += 1
        except BrokenProcessPool:
            for rule in rules[done : done + jobs * AHEAD]:
                yield _alone(work, rule)
                done += 1


def _pooled(work: Work, rules: Sequence[Rule], jobs: int) -> Iterator[Part]:
    with _pool(work, jobs) as pool:
        pending: list[Future[Part]] = []
        try:
            for rule in rules:
                pending.append(pool.submit(_run, rule))
                if len(pending) >= jobs * AHEAD:
                    yield pending.pop(0).result()
            while pending:
                yield pending.pop(0).result()
        except (KeyboardInterrupt, GeneratorExit):
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _alone(work: Work, rule: Rule) -> Part:
    try:
        return next(_pooled(work, [rule], 1))
    except BrokenProcessPool:
        problem = internal_error(rule, "its process died, perhaps for lack of memory")
        return part([RuleFinished(rule=rule, cells=0, findings=(), problems=(problem,))])


def _pool(work: Work, jobs: int) -> ProcessPoolExecutor:
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(jobs, context, initializer=_start, initargs=(work.settings(),))


_work: Work
_cache: Cache


def _start(work: Work) -> None:
    """Make a process ready; an interrupt is the parent's to handle."""
    global _work, _cache  # noqa: PLW0603 - the state of a worker process
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _work = work
    _cache = Cache(folder() if work.remember else None)


def _run(rule: Rule) -> Part:
    return part_of(_work, rule, _cache)
