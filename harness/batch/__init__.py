"""Many rules at once: in parallel, remembered between runs, and none stops the others."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator

from harness.batch.memory import Memory
from harness.batch.pool import in_processes
from harness.batch.work import Work, part_of
from harness.cache import Cache, folder
from harness.report.results import Collector, Part
from harness.run.plan import Plan

__all__ = ["default_jobs", "run"]

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
    cache = Cache(folder() if remember else None)
    work = Work(plan=plan, remember=remember)
    interrupted = False
    try:
        for part in _parts(work, Memory(plan, cache), cache, jobs):
            collector.add(part)
            if finished is not None:
                finished(part)
    except KeyboardInterrupt:
        interrupted = True
    finally:
        cache.close()
    collector.finish(seconds=time.perf_counter() - started, interrupted=interrupted)


def _parts(work: Work, memory: Memory, cache: Cache, jobs: int) -> Iterator[Part]:
    """Yield the part of every rule in order, known or made now."""
    rules = work.plan.rules
    known = [memory.recall(rule) for rule in rules]
    missing = [rule for rule, part in zip(rules, known, strict=True) if part is None]
    if jobs > 1 and len(missing) > 1:
        made = in_processes(work, missing, jobs)
    else:
        made = (part_of(work, rule, cache) for rule in missing)
    for rule, part in zip(rules, known, strict=True):
        if part is None:
            part = next(made)  # noqa: PLW2901 - the same part, made now
            memory.keep(rule, part)
        yield part
    memory.flush()
