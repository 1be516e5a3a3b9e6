"""Rules in worker processes: the same parts in the same order as in one process."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from harness.batch.task import Part, Task, internal_error
from harness.cache import Cache, folder
from harness.ruleset.model import Rule

AHEAD = 8
"""Rules per process that are handed out before the first of them is awaited."""


def in_processes(task: Task, rules: Sequence[Rule], jobs: int) -> Iterator[Part]:
    """Yield the part of each rule, in order.

    A process that dies takes the pool with it: the rules that were under way are then run one
    at a time, so that the one to blame is known and the others lose nothing.
    """
    done = 0
    while done < len(rules):
        try:
            for made in _pooled(task, rules[done:], jobs):
                yield made
                done += 1
        except BrokenProcessPool:
            for rule in rules[done : done + jobs * AHEAD]:
                yield _alone(task, rule)
                done += 1


def _pooled(task: Task, rules: Sequence[Rule], jobs: int) -> Iterator[Part]:
    with _pool(task, jobs) as pool:
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


def _alone(task: Task, rule: Rule) -> Part:
    try:
        return next(_pooled(task, [rule], 1))
    except BrokenProcessPool:
        problem = internal_error(rule, "its process died, perhaps for lack of memory")
        return task.lost(rule, problem)


def _pool(task: Task, jobs: int) -> ProcessPoolExecutor:
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(jobs, context, initializer=_start, initargs=(task.settings(),))


_part_of: Callable[[Rule], Part]


def _start(task: Task) -> None:
    """Make a process ready; an interrupt is the parent's to handle."""
    global _part_of  # noqa: PLW0603 - the state of a worker process
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _part_of = task.start(Cache(folder() if task.remember else None))


def _run(rule: Rule) -> Part:
    return _part_of(rule)
