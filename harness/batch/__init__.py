"""Many rules at once: in parallel, remembered between runs, and none stops the others."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence

from harness.batch.memory import Memory
from harness.batch.pool import in_processes
from harness.batch.task import Part, Task, internal_error
from harness.batch.work import Work
from harness.cache import Cache, folder
from harness.report.results import Collector
from harness.ruleset.model import Rule
from harness.run.plan import Plan

__all__ = ["Part", "Task", "default_jobs", "internal_error", "parts", "run"]

RULES_PER_JOB = 8
"""Rules from which a further process is worth its start."""


def default_jobs(rules: int) -> int:
    """Return how many processes are worth starting for some rules."""
    return max(1, min(_processors(), rules // RULES_PER_JOB))


def _processors() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # macOS and Windows
        return os.cpu_count() or 1


def run(
    plan: Plan,
    collector: Collector,
    *,
    jobs: int = 1,
    remember: bool = False,
    finished: Callable[[Part], None] | None = None,
) -> None:
    """Run a plan into a collector, rule by rule in the plan's order.

    With ``remember``, a rule of which nothing has changed is not run again. ``finished`` is
    told of every rule. An interrupt ends the run early; what is collected is complete.
    """
    started = time.perf_counter()
    interrupted = False
    try:
        for part in parts(Work(plan=plan, remember=remember), plan.rules, jobs=jobs):
            collector.add(part)
            if finished is not None:
                finished(part)
    except KeyboardInterrupt:
        interrupted = True
    collector.finish(seconds=time.perf_counter() - started, interrupted=interrupted)


def parts(task: Task, rules: Sequence[Rule], *, jobs: int = 1) -> Iterator[Part]:
    """Yield what comes of every rule, in order: known from an earlier run, or made now."""
    cache = Cache(folder() if task.remember else None)
    try:
        yield from _parts(task, rules, cache, jobs)
    finally:
        cache.close()


def _parts(task: Task, rules: Sequence[Rule], cache: Cache, jobs: int) -> Iterator[Part]:
    memory = Memory(task, cache)
    known = [memory.recall(rule) for rule in rules]
    missing = [rule for rule, part in zip(rules, known, strict=True) if part is None]
    if jobs > 1 and len(missing) > 1:
        made = in_processes(task, missing, jobs)
    else:
        made = map(task.start(cache), missing)
    for rule, part in zip(rules, known, strict=True):
        if part is None:
            part = next(made)  # noqa: PLW2901 - the same part, made now
            memory.keep(rule, part)
        yield part
    memory.flush()
